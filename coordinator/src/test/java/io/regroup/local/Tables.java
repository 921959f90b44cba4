package io.regroup.local;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code CLUSTER NODES} of every pod's server, read one by one: what {@code redis-cli --cluster check} looks at, and more. The
 * test's own judgement, which does not ask the coordinators.
 *
 * @param byPod by pod number; pods whose server does not answer are absent
 */
record Tables(SortedMap<Integer, ClusterTable> byPod) {

    /** Why this is not a cluster of this shape whose nodes all agree; absent when it is. */
    Optional<String> problem(int nodes, int masters) {
        if (byPod.size() < nodes) {
            return Optional.of("servers that answer: pods " + byPod.keySet());
        }
        SortedMap<NodeId, SlotSet> owners = new TreeMap<>();
        SortedMap<NodeId, Integer> replicas = new TreeMap<>();
        SlotSet covered = SlotSet.NONE;
        for (var entry : byPod.entrySet()) {
            ClusterNode myself = entry.getValue().myself();
            if (!myself.migrating().isEmpty() || !myself.importing().isEmpty()) {
                return Optional.of("pod " + entry.getKey() + " has open slots");
            }
            if (myself.isMaster()) {
                if (!covered.and(myself.slots()).isEmpty()) {
                    return Optional.of("two masters claim " + covered.and(myself.slots()));
                }
                covered = covered.plus(myself.slots());
                owners.put(myself.id(), myself.slots());
            } else {
                replicas.merge(myself.master().orElseThrow(), 1, Integer::sum);
            }
        }
        if (covered.size() < SlotSet.COUNT) {
            return Optional.of("slots that no server claims: " + SlotSet.ALL.minus(covered));
        }
        if (owners.size() != masters || owners.values().stream().anyMatch(SlotSet::isEmpty)) {
            return Optional.of("masters and their slots: " + owners);
        }
        int least = (nodes - masters) / masters;
        if (owners.keySet().stream().anyMatch(master -> replicas.getOrDefault(master, 0) < least)) {
            return Optional.of("replicas by master: " + replicas + " of " + owners.keySet());
        }
        return byPod.entrySet().stream().flatMap(e -> disagreement(e.getKey(), e.getValue()).stream()).findFirst();
    }

    private Optional<String> disagreement(int pod, ClusterTable table) {
        if (table.others().size() != byPod.size() - 1) {
            return Optional.of("pod " + pod + " names " + table.others().size() + " others: " + table.others().keySet());
        }
        for (ClusterTable other : byPod.values()) {
            ClusterNode itself = other.myself();
            Optional<ClusterNode> line = table.line(itself.id());
            if (line.isEmpty()) {
                return Optional.of("pod " + pod + " does not know " + itself.id());
            }
            ClusterNode said = line.get();
            if (said.is(NodeFlag.FAIL) || said.is(NodeFlag.PFAIL) || said.is(NodeFlag.HANDSHAKE) || said.is(NodeFlag.NOADDR)) {
                return Optional.of("pod " + pod + " flags " + itself.id() + " as " + said.flags());
            }
            if (said.isMaster() != itself.isMaster() || !said.master().equals(itself.master()) || !said.slots().equals(itself.slots())
                || itself.isMaster() && said.configEpoch() != itself.configEpoch()) {
                return Optional.of("pod " + pod + " says " + said + " where the node itself says " + itself);
            }
        }
        return Optional.empty();
    }

    /** What each node says it is: id, role, master, slots, epoch. */
    SortedMap<Integer, String> roles() {
        SortedMap<Integer, String> roles = new TreeMap<>();
        byPod.forEach((pod, table) -> {
            ClusterNode itself = table.myself();
            roles.put(pod, itself.id() + itself.master().map(master -> " replica of " + master).orElse(" master of " + itself.slots())
                + " epoch " + itself.configEpoch());
        });
        return roles;
    }

    /** The pod that hosts this node. */
    int podOf(NodeId id) {
        return byPod.entrySet().stream().filter(e -> e.getValue().myself().id().equals(id)).findFirst().orElseThrow().getKey();
    }
}
