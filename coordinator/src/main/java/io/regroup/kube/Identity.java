package io.regroup.kube;

import java.util.Objects;
import java.util.Optional;

/**
 * The deployment that this pod belongs to, and the name of the group that follows from it (DESIGN.md, "Which
 * deployment is this"). Pods with the same group name form one cluster; no others do.
 *
 * @param kind           what {@code deploymentName} names: {@code Deployment}, or the pod's top controller if it is
 *                       another one, such as a bare {@code ReplicaSet} or a {@code StatefulSet}
 * @param deploymentUid  the controller's UID: a new Deployment of the same name has another one
 * @param groupName      {@code regroup-<uid>}, or {@code regroup-<uid>-<template hash>} when every template is a
 *                       cluster of its own
 */
public record Identity(String kind, String deploymentName, String deploymentUid, Optional<String> zone,
                       String groupName) {

    public Identity {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(deploymentName);
        Objects.requireNonNull(deploymentUid);
        Objects.requireNonNull(zone);
        Objects.requireNonNull(groupName);
    }

    /** "Deployment redis", as sentences name it. */
    public String title() {
        return kind + " " + deploymentName;
    }
}
