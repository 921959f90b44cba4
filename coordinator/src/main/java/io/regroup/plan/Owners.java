package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Roster;
import io.regroup.model.SlotSet;
import io.regroup.plan.Picture.Host;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who owns which slot, among all that the tables claim.
 *
 * <p>The rule is that of {@code clusterUpdateSlotsConfigWith}: the higher config epoch wins; and of {@code
 * clusterHandleConfigEpochCollision}: of equals the lower id goes its way. But a table's line of another node may be wrong in a way
 * that Redis itself lives with: {@code clusterProcessPacket} takes the epoch of whoever answers on a link before it looks who
 * that is, and the role only from pings. So a dead master gets the epoch of the node that came to its address, and a demoted
 * one that of its new master. Therefore a node that answers knows best what it owns; of equal epochs its own word wins; and what
 * is left in a table of a node that has no address any more comes last where nobody follows it, and else counts with the lowest epoch that
 * a table has with these slots, and not at all against a master that has heard of that epoch and serves the slots all the same.
 */
final class Owners {

    private record Claim(NodeId node, long epoch, boolean own, boolean ghost, SlotSet slots) {

        static final Comparator<Claim> BEST_FIRST = Comparator.comparing(Claim::ghost).thenComparing(Comparator.comparingLong(Claim::epoch).reversed())
            .thenComparing(Comparator.comparing(Claim::own).reversed()).thenComparing(Claim::node);
    }

    private final Collection<Roster> rosters;
    private final SortedMap<NodeId, Host> nodes;

    /** The owners; only non-empty sets. */
    final SortedMap<NodeId, SlotSet> owned = new TreeMap<>();
    /** Slots that no table gives to anyone. */
    final SlotSet unclaimed;

    /** @param nodes those that answer, whose tables are among the rosters */
    Owners(Collection<Roster> rosters, SortedMap<NodeId, Host> nodes) {
        this.rosters = rosters;
        this.nodes = nodes;
        SlotSet.Builder taken = new SlotSet.Builder();
        // Each claim in this order takes what is left.
        for (Claim claim : claims().stream().sorted(Claim.BEST_FIRST).toList()) {
            SlotSet won = taken.add(claim.slots());
            if (!won.isEmpty()) {
                owned.merge(claim.node(), won, SlotSet::plus);
            }
        }
        unclaimed = SlotSet.ALL.minus(taken.built());
    }

    private Set<Claim> claims() {
        Set<Claim> claims = new LinkedHashSet<>();
        for (Roster roster : rosters) {
            for (ClusterNode line : roster.lines().values()) {
                if (line.isReplica() || !line.isIntroduced() || line.slots().isEmpty()) {
                    continue;
                }
                Host itself = nodes.get(line.id());
                if (itself == null) {
                    boolean isNowhere = line.is(NodeFlag.NOADDR);
                    claims.add(new Claim(line.id(), isNowhere ? lowestEpoch(line) : line.configEpoch(), false, isNowhere && !isFollowed(line),
                        isNowhere ? line.slots().minus(servedAllTheSame(line)) : line.slots()));
                } else if (itself.isMaster()) {
                    ClusterNode own = itself.table().myself();
                    claims.add(new Claim(own.id(), own.configEpoch(), true, false, own.slots()));
                }
            }
        }
        return claims;
    }

    /** Of the tables that give it some of these slots: who came to its address may have raised it in others. */
    private long lowestEpoch(ClusterNode nowhere) {
        return rosters.stream().flatMap(roster -> roster.line(nowhere.id()).stream()).filter(line -> !line.slots().and(nowhere.slots()).isEmpty())
            .mapToLong(ClusterNode::configEpoch).min().orElse(nowhere.configEpoch());
    }

    /**
     * Slots of masters that answer, and have this node with as high an epoch and without them: had it won them with that epoch, it would
     * have taken them from there as well. The epoch is that of whoever came to its address.
     */
    private SlotSet servedAllTheSame(ClusterNode nowhere) {
        return nodes.values().stream().filter(Host::isMaster)
            .filter(host -> host.table().line(nowhere.id()).filter(line -> line.isMaster() && line.configEpoch() >= nowhere.configEpoch()).isPresent())
            .map(host -> host.table().myself().slots().minus(host.table().line(nowhere.id()).orElseThrow().slots()))
            .reduce(SlotSet.NONE, SlotSet::plus);
    }

    private boolean isFollowed(ClusterNode nowhere) {
        return rosters.stream().flatMap(roster -> roster.lines().values().stream())
            .anyMatch(line -> line.master().filter(nowhere.id()::equals).isPresent() && !hasSlotsOf(nowhere, line.id()));
    }

    /**
     * Whether a follower that is not here has some of these slots itself, by the table of one that answers: it has taken its master's place, and whoever was
     * not there then still calls it a replica.
     */
    private boolean hasSlotsOf(ClusterNode nowhere, NodeId follower) {
        return !nodes.containsKey(follower) && nodes.values().stream().flatMap(host -> host.table().line(follower).stream())
            .anyMatch(line -> line.isMaster() && !line.slots().and(nowhere.slots()).isEmpty());
    }
}
