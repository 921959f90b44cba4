package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Picture.Kin;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The push: wherever a node is not shown as what it says it is, it meets the one that has it wrong, so that all know at
 * once what gossip would tell them in seconds. A voter that does not know a replica as such refuses it its vote.
 */
final class Tell implements Step {

    /** A MEET opens its link on the next tick of {@code clusterCron} (100 ms). */
    private static final long SETTLE_MS = 250;

    @Override
    public String name() {
        return "tell";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary()) {
            return Optional.empty();
        }
        Set<NodeId> misled = RepairEpochs.misled(picture).keySet();
        SortedMap<Address, SortedSet<Address>> meetings = new TreeMap<>();
        SortedSet<String> wrong = new TreeSet<>();
        for (Host about : picture.nodes.values()) {
            if (Rebalance.isMoving(about.id(), picture) || misled.contains(about.id())) {
                continue;
            }
            for (Kin kin : picture.kins) {
                if (kin.roster().line(about.id()).filter(line -> isWrong(line, about, picture)).isEmpty()) {
                    continue;
                }
                wrong.add(about.toString());
                for (Host teller : kin.hosts()) {
                    if (!misled.contains(teller.id()) && !picture.observation.sentWithin("meet " + about.address() + " " + teller.address(), SETTLE_MS)) {
                        meetings.computeIfAbsent(about.address(), a -> new TreeSet<>()).add(teller.address());
                    }
                }
            }
        }
        if (meetings.isEmpty()) {
            if (!wrong.isEmpty()) {
                waits.add(new Wait("tell", "not all nodes know yet what these are: " + String.join(", ", wrong)));
            }
            return Optional.empty();
        }
        return Optional.of(new Work(new Action.Meet(meetings),
            "others do not know yet what these are: " + String.join(", ", wrong)));
    }

    private static boolean isWrong(ClusterNode line, Host about, Picture picture) {
        ClusterNode itself = about.table().myself();
        if (line.isMaster() != itself.isMaster() || !line.master().equals(itself.master())) {
            return true;
        }
        return itself.isMaster() && (line.configEpoch() < itself.configEpoch()
            || !line.slots().containsAll(itself.slots().and(picture.slotsOf(about.id()))));
    }
}
