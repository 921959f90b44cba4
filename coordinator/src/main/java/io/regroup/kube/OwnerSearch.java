package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/** From a pod to its top controller: pod, ReplicaSet, Deployment. */
final class OwnerSearch {

    /** A controller, as an object's {@code ownerReferences} name it. */
    record Owner(String apiVersion, String kind, String name, String uid) {

        boolean isReplicaSet() {
            return kind.equals("ReplicaSet") && apiVersion.startsWith("apps/");
        }
    }

    private final LightApi api;
    private final PodSettings pod;

    OwnerSearch(LightApi api, PodSettings pod) {
        this.api = api;
        this.pod = pod;
    }

    /**
     * Asks the API server once for the pod and, if a ReplicaSet controls it, once for that. The Deployment itself need
     * not be read: the ReplicaSet names it with its UID.
     *
     * @throws UnusableSettings when nothing controls the pod
     * @throws IOException      also when what is found is a namesake of what was looked for: looking again may help
     */
    Identity find() throws IOException, ApiRefused {
        JsonObject self = read(api.settings().core("pods/" + pod.name()), pod.uid(), Right.GET_POD);
        Owner owner = controller(self).orElseThrow(() -> new UnusableSettings("pod " + pod.name()
                + " belongs to no Deployment: nothing would replace it or say how many nodes are asked for;"
                + " create it through a Deployment, as k8s/deployment.yaml does"));
        OptionalInt replicas = OptionalInt.empty();
        if (owner.isReplicaSet()) {
            JsonObject replicaSet = read(api.settings().apps("replicasets/" + owner.name()), owner.uid(), Right.GET_REPLICA_SET);
            owner = controller(replicaSet).orElse(owner);
            replicas = desired(replicaSet);
        }
        return identity(owner, self, replicas);
    }

    /** What the Deployment asks for: the Deployment controller notes it on each of its ReplicaSets. */
    private static OptionalInt desired(JsonObject replicaSet) {
        try {
            return Fields.text(replicaSet, "metadata", "annotations", "deployment.kubernetes.io/desired-replicas")
                    .map(text -> OptionalInt.of(Integer.parseInt(text))).orElse(OptionalInt.empty());
        } catch (NumberFormatException e) {
            // Anybody may write annotations; the watch tells it soon.
            return OptionalInt.empty();
        }
    }

    private Identity identity(Owner owner, JsonObject self, OptionalInt replicas) {
        String group = Identity.groupOf(owner.uid());
        if (pod.rollout() == Rollout.FRESH) {
            group = Identity.groupOf(owner.uid(), pod.templateHash()
                    .or(() -> Fields.text(self, "metadata", "labels", "pod-template-hash"))
                    .or(() -> Fields.text(self, "metadata", "labels", "controller-revision-hash"))
                    .orElseThrow(() -> new UnusableSettings("pod " + pod.name() + " has no label pod-template-hash, so a"
                            + " fresh rollout cannot be told from the one before: set ROLLOUT to carry")));
        }
        return new Identity(owner.kind(), owner.name(), owner.uid(), pod.zone(), group, replicas);
    }

    private JsonObject read(String path, String uid, Right right) throws IOException, ApiRefused {
        JsonObject found = api.get(path, right);
        String foundUid = Fields.required(found, "metadata", "uid");
        if (!foundUid.equals(uid)) {
            throw new IOException("the UID of " + path + " is " + foundUid + ", but that of the one that is meant is " + uid
                    + ": it is another one of the same name");
        }
        return found;
    }

    private static Optional<Owner> controller(JsonObject object) throws IOException {
        Optional<JsonObject> reference = Fields.controller(object);
        return reference.isEmpty() ? Optional.empty() : Optional.of(new Owner(Fields.required(reference.get(), "apiVersion"),
                Fields.required(reference.get(), "kind"), Fields.required(reference.get(), "name"), Fields.required(reference.get(), "uid")));
    }
}
