package io.regroup.kube;

/**
 * One right of the Role that this pod needs, so that a refusal can say what is missing.
 *
 * @param group the API group; empty for the core one
 */
record Right(String verb, String group, String resource) {
    static final Right GET_POD = new Right("get", "", "pods");
    static final Right LIST_PODS = new Right("list", "", "pods");
    static final Right PATCH_POD = new Right("patch", "", "pods");
    static final Right GET_REPLICA_SET = new Right("get", "apps", "replicasets");
    static final Right CREATE_EVENT = new Right("create", "", "events");
    static final Right PATCH_EVENT = new Right("patch", "", "events");

    String missing(String namespace) {
        return "may not " + verb + " " + resource + " in namespace " + namespace
                + ": the Role of this pod's ServiceAccount lacks apiGroups [\"" + group + "\"], resources [\"" + resource
                + "\"], verbs [\"" + verb + "\"]; k8s/deployment.yaml has it";
    }
}
