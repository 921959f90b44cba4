package io.regroup.kubernetes;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One Deployment's pods, and what each of their Redis servers says, at about one time. Regroup's own opinion is not asked:
 * this is what Regroup is judged by.
 *
 * @param answers by pod name; a pod whose Redis does not answer has none
 */
record Look(List<PodSeen> pods, SortedMap<String, Answer> answers) {

    /** @param keys DBSIZE */
    record Answer(ClusterTable table, boolean stateOk, boolean linkUp, long keys) {
    }

    /** A Redis node with its pod. */
    record Node(PodSeen pod, Answer answer) {

        NodeId id() {
            return answer.table().myself().id();
        }

        SlotSet slots() {
            return answer.table().myself().slots();
        }

        boolean isMaster() {
            return answer.table().myself().isMaster();
        }

        String name() {
            return pod.name();
        }

        String ip() {
            return pod.ip();
        }
    }

    /** Without the pods that terminate: kubelets of before 1.22 list one for up to a minute after its containers have ended. */
    Look staying() {
        List<PodSeen> staying = pods.stream().filter(pod -> !pod.terminating()).toList();
        SortedMap<String, Answer> theirs = new TreeMap<>(answers);
        theirs.keySet().retainAll(staying.stream().map(PodSeen::name).toList());
        return new Look(staying, theirs);
    }

    List<Node> nodes() {
        return pods.stream().filter(p -> answers.containsKey(p.name())).map(p -> new Node(p, answers.get(p.name()))).toList();
    }

    Node node(String pod) {
        return nodes().stream().filter(n -> n.name().equals(pod)).findFirst()
            .orElseThrow(() -> new AssertionError("the Redis of " + pod + " does not answer; these do: " + answers.keySet()));
    }

    /** In the order of their slots. */
    List<Node> masters() {
        return nodes().stream().filter(n -> n.isMaster() && !n.slots().isEmpty())
            .sorted((a, b) -> Integer.compare(a.slots().first(), b.slots().first())).toList();
    }

    List<Node> replicasOf(Node master) {
        return nodes().stream().filter(n -> n.answer().table().myself().master().filter(master.id()::equals).isPresent()).toList();
    }

    Node ownerOf(int slot) {
        return masters().stream().filter(m -> m.slots().contains(slot)).findFirst()
            .orElseThrow(() -> new AssertionError("nobody owns slot " + slot));
    }

    SortedSet<NodeId> ids() {
        SortedSet<NodeId> ids = new TreeSet<>();
        nodes().forEach(node -> ids.add(node.id()));
        return ids;
    }

    /** Every id that any of these nodes names, its own too. */
    SortedSet<NodeId> named() {
        SortedSet<NodeId> ids = new TreeSet<>();
        nodes().forEach(node -> {
            ids.add(node.id());
            ids.addAll(node.answer().table().others().keySet());
        });
        return ids;
    }

    /** Whether the containers of this pod run since another time than they did, or the pod is gone. */
    boolean isRestarted(PodSeen before, String container) {
        return pods.stream().filter(p -> p.uid().equals(before.uid())).findFirst()
            .map(now -> now.restarts(container) > before.restarts(container)).orElse(true);
    }

    boolean isGone(PodSeen before) {
        return pods.stream().noneMatch(p -> p.uid().equals(before.uid()));
    }

    /** Why this is not a whole cluster of so many nodes and masters, with the others evenly theirs; empty when it is. */
    Optional<String> pending(int asked, int masters) {
        for (PodSeen pod : pods) {
            if (pod.terminating()) {
                return Optional.of(pod.name() + " still terminates");
            }
        }
        if (pods.size() != asked) {
            return Optional.of(pods.size() + " of " + asked + " pods are there");
        }
        for (PodSeen pod : pods) {
            if (!answers.containsKey(pod.name())) {
                return Optional.of("the Redis of " + pod.name() + " does not answer");
            }
        }
        for (Node node : nodes()) {
            Optional<String> stray = stray(node);
            if (stray.isPresent()) {
                return stray;
            }
        }
        for (Node node : nodes()) {
            Optional<String> dispute = dispute(node, (asked - masters) / masters, (asked - 1) / masters);
            if (dispute.isPresent()) {
                return dispute;
            }
        }
        if (masters().size() != masters) {
            return Optional.of(masters().size() + " of " + masters + " masters have slots");
        }
        if (masters().stream().anyMatch(m -> m.slots().size() < SlotSet.COUNT / masters)) {
            return Optional.of("the masters' parts are not equal: " + masters().stream().map(m -> m.slots().size()).toList());
        }
        SlotSet served = masters().stream().map(Node::slots).reduce(SlotSet.NONE, SlotSet::plus);
        if (served.size() != SlotSet.COUNT) {
            return Optional.of(SlotSet.COUNT - served.size() + " slots have no owner");
        }
        return pods.stream().filter(p -> !p.ready()).findFirst().map(p -> p.name() + " is not Ready");
    }

    /** What one node's table says that is not so. */
    private Optional<String> stray(Node node) {
        SortedMap<NodeId, Node> real = new TreeMap<>();
        nodes().forEach(n -> real.put(n.id(), n));
        List<ClusterNode> lines = new ArrayList<>(node.answer().table().others().values());
        lines.add(node.answer().table().myself());
        for (ClusterNode line : lines) {
            if (line.is(NodeFlag.HANDSHAKE) || line.is(NodeFlag.NOADDR) || line.is(NodeFlag.FAIL) || line.is(NodeFlag.PFAIL)) {
                return Optional.of(node.name() + " names " + line.id().brief() + " with " + line.flags());
            }
            Node meant = real.get(line.id());
            if (meant == null) {
                return Optional.of(node.name() + " names " + line.id().brief() + ", which no pod has");
            }
            if (line.address().filter(a -> a.host().equals(meant.ip())).isEmpty()) {
                return Optional.of(node.name() + " names " + line.id().brief() + " at " + line.address() + ", its pod has " + meant.ip());
            }
            ClusterNode self = meant.answer().table().myself();
            if (!line.slots().equals(self.slots()) || line.isMaster() != self.isMaster() || !line.master().equals(self.master())) {
                return Optional.of(node.name() + " and " + meant.name() + " do not agree on what " + line.id().brief() + " is");
            }
        }
        return lines.size() == real.size() ? Optional.empty()
            : Optional.of(node.name() + " names " + lines.size() + " nodes, there are " + real.size());
    }

    private Optional<String> dispute(Node node, int least, int most) {
        if (!node.answer().stateOk()) {
            return Optional.of(node.name() + " says cluster_state:fail");
        }
        if (!node.isMaster()) {
            return node.answer().linkUp() ? Optional.empty() : Optional.of(node.name() + " is not in sync with its master");
        }
        int has = replicasOf(node).size();
        return least <= has && has <= most ? Optional.empty()
            : Optional.of("master " + node.name() + " has " + has + " replicas, not " + least + " to " + most);
    }
}
