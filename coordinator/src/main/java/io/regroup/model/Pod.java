package io.regroup.model;

/**
 * Where a member runs.
 *
 * @param name           unique name of the pod: the member's name in the group
 * @param uid            Kubernetes' uid, or the name again outside of Kubernetes
 * @param kubernetesNode the machine; empty when unknown
 * @param zone           failure domain of the machine; empty when unknown
 */
public record Pod(String name, String uid, String ip, String kubernetesNode, String zone) {
}
