package io.regroup.kube;

/** What a new pod template of the same Deployment means. */
public enum Rollout {
    /** Its pods join the running cluster and carry the data along. */
    CARRY,
    /** Its pods are a new, empty cluster beside the old one. */
    FRESH
}
