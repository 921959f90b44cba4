package io.regroup.kube;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Who this pod is, as the downward API tells it.
 *
 * @param templateHash the label {@code pod-template-hash}; empty where the pod has none (not of a Deployment)
 * @param zone         the failure domain of the pod's Kubernetes node, if somebody told; the node's label itself would
 *                     need rights on the whole Kubernetes cluster, and this package asks for none outside its namespace
 * @param dataDir      the pod's own directory, which lives as long as the pod does
 */
public record PodSettings(String name, String uid, Optional<String> templateHash, Rollout rollout,
                          Optional<String> zone, Path dataDir) {

    public PodSettings {
        Objects.requireNonNull(templateHash);
        Objects.requireNonNull(rollout);
        Objects.requireNonNull(zone);
        Objects.requireNonNull(dataDir);
        if (name.isBlank()) {
            throw new UnusableSettings("the name of this pod is not known: POD_NAME must give it");
        }
        if (uid.isBlank()) {
            throw new UnusableSettings("the UID of this pod is not known: POD_UID must give it");
        }
    }
}
