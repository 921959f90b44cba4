package io.regroup.kube;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The deployment that this pod belongs to, and the name of the group that follows from it (DESIGN.md, "Which
 * deployment is this"). Pods with the same group name form one cluster; no others do.
 *
 * @param kind           what {@code deploymentName} names: {@code Deployment}, or the pod's top controller if it is
 *                       another one, such as a bare {@code ReplicaSet} or a {@code StatefulSet}
 * @param deploymentUid  the controller's UID: a new Deployment of the same name has another one
 * @param groupName      {@code regroup-<uid>}, or {@code regroup-<uid>-<template hash>} when every template is a
 *                       cluster of its own
 * @param replicas       how many pods were asked for when this was read, if that stood there: good until the Deployment
 *                       itself is watched
 */
public record Identity(String kind, String deploymentName, String deploymentUid, Optional<String> zone,
                       String groupName, OptionalInt replicas) {

    public Identity(String kind, String deploymentName, String deploymentUid, Optional<String> zone, String groupName) {
        this(kind, deploymentName, deploymentUid, zone, groupName, OptionalInt.empty());
    }

    public Identity {
        Objects.requireNonNull(kind);
        Objects.requireNonNull(deploymentName);
        Objects.requireNonNull(deploymentUid);
        Objects.requireNonNull(zone);
        Objects.requireNonNull(groupName);
        Objects.requireNonNull(replicas);
    }

    /** Whether pods of this template are in the group: of every one, unless each template is a cluster of its own. */
    boolean hasTemplate(String hash) {
        return groupName.equals(groupOf(deploymentUid)) || groupName.equals(groupOf(deploymentUid, hash));
    }

    /** The group of all pods of a controller. */
    static String groupOf(String deploymentUid) {
        return "regroup-" + deploymentUid;
    }

    /** That of the pods of one template. */
    static String groupOf(String deploymentUid, String templateHash) {
        return groupOf(deploymentUid) + "-" + templateHash;
    }

    /** "Deployment redis", as sentences name it. */
    public String title() {
        return kind + " " + deploymentName;
    }
}
