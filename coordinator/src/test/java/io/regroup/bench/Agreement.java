package io.regroup.bench;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.Servers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The same yardstick for everybody: every node says ok, and every node knows the role and slots of every node. */
final class Agreement implements AutoCloseable {

    private static final List<Command> QUESTIONS = List.of(
        new Command(List.of("CLUSTER", "NODES")), new Command(List.of("CLUSTER", "INFO")));
    private final Servers servers = new Servers(Duration.ofMillis(500));
    private final SortedMap<Address, List<Command>> questions = new TreeMap<>();
    private final int masters;

    Agreement(List<Address> addresses, int masters) {
        addresses.forEach(address -> questions.put(address, QUESTIONS));
        this.masters = masters;
    }

    boolean isReached() {
        List<ClusterTable> tables = new ArrayList<>();
        for (List<Reply> replies : servers.send(questions, Duration.ofSeconds(2)).values()) {
            if (!(replies.get(0) instanceof Reply.Answer nodes) || !(replies.get(1) instanceof Reply.Answer info)
                || !info.text().contains("cluster_state:ok")) {
                return false;
            }
            tables.add(NodesText.parse(nodes.text()));
        }
        SortedMap<NodeId, ClusterNode> truth = new TreeMap<>();
        tables.forEach(t -> truth.put(t.myself().id(), t.myself()));
        SlotSet served = truth.values().stream().map(ClusterNode::slots).reduce(SlotSet.NONE, SlotSet::plus);
        long ruling = truth.values().stream().filter(n -> n.isMaster() && !n.slots().isEmpty()).count();
        return served.equals(SlotSet.ALL) && ruling == masters
            && truth.values().stream().filter(ClusterNode::isReplica).count() == truth.size() - masters
            && tables.stream().allMatch(t -> t.others().size() == truth.size() - 1
                && t.others().values().stream().allMatch(n -> isTrue(n, truth.get(n.id()))));
    }

    private static boolean isTrue(ClusterNode line, ClusterNode itself) {
        return itself != null && line.isMaster() == itself.isMaster() && line.master().equals(itself.master())
            && line.slots().equals(itself.slots());
    }

    @Override
    public void close() {
        servers.close();
    }
}
