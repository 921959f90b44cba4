package io.regroup.kube;

import java.util.Arrays;
import java.util.Optional;

/** The controllers whose {@code spec.replicas} say how many nodes are asked for; all of the API group {@code apps}. */
enum ControllerKind {
    DEPLOYMENT("Deployment", "deployments"),
    STATEFUL_SET("StatefulSet", "statefulsets"),
    REPLICA_SET("ReplicaSet", "replicasets");

    private final String kind;
    private final String resource;

    ControllerKind(String kind, String resource) {
        this.kind = kind;
        this.resource = resource;
    }

    static Optional<ControllerKind> of(Identity identity) {
        return Arrays.stream(values()).filter(k -> k.kind.equals(identity.kind())).findFirst();
    }

    /** Its collection's name in the API's paths and in Roles. */
    String resource() {
        return resource;
    }

    Right list() {
        return new Right("list", "apps", resource);
    }

    Right watch() {
        return new Right("watch", "apps", resource);
    }
}
