package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.LastAnswer;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.RedisState.Ended;
import io.regroup.model.Report;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The replica that is to take a master's place: which one that is, what others may have that it lacks, and what it does not know. */
final class Heir {

    private Heir() {
    }

    /**
     * The replica that has most of the master's data; one that never finished a sync has none of it (S2). One that leaves only
     * where no other is: then it holds the last copy, and hands it on before it goes. Of those that have the same, one that the other masters
     * hear on the bus: of a promotion that they do not hear of they know nothing, so they elect another replica beside it, with the same epoch.
     */
    static Optional<Host> candidate(NodeId master, Picture picture) {
        return picture.replicasOf(master).stream()
            .filter(h -> h.state().facts().synced())
            .max(Comparator.<Host, Boolean>comparing(h -> !h.isLeaving()).thenComparing(byData())
                .thenComparingLong(h -> mastersHeardBy(h, picture)).thenComparing(Host::id, Comparator.reverseOrder()));
    }

    /** A server that was started again on an append-only file has no offset: the number of its keys is all that tells what it has. */
    static Comparator<Host> byOffset() {
        return byData().thenComparing(Host::id, Comparator.reverseOrder());
    }

    private static Comparator<Host> byData() {
        return Comparator.<Host>comparingLong(h -> h.state().facts().offset()).thenComparingLong(h -> h.state().facts().keys());
    }

    /**
     * After a restart of all: a replica that was started again as well has at most what its master has on its volume, and less by what
     * was under way.
     */
    static boolean startsWithItsOwn(NodeId owner, Host best, Picture picture) {
        return Optional.ofNullable(picture.stored.get(owner)).filter(r -> r.state() instanceof AtGate).isPresent() && isOlder(best, owner, picture);
    }

    /** The master's machine was started again as its replica's was, only later. Its volume may be kept. */
    static boolean mayStillStart(NodeId owner, Host best, Picture picture) {
        return isOlder(best, owner, picture) && Fate.hasEndedForNow(owner, picture);
    }

    /** Whether what its master keeps on its volume is newer than what this replica has, by more than the second that the append-only file may lack. */
    static boolean isOlder(Host replica, NodeId owner, Picture picture) {
        return replica.isAsStarted() || isBehind(replica, owner, picture);
    }

    static String whyOlder(Host replica, NodeId owner, Picture picture) {
        return replica.isAsStarted() ? " was started again itself and has nothing newer"
            : " had nothing from it in the last " + missedMs(replica, owner, picture) / 1000 + " s in which it was heard";
    }

    /**
     * Whether its master has gone on without it. Redis' own election does not ask that before 20 s, and TAKEOVER never: they may be cut off from each other, or
     * the master cannot fork and refuses each sync. The replica itself knows where it heard its master on the bus meanwhile; where it did not, who led
     * while that still answered knows since when it does not, and its volume when it was written last.
     */
    static boolean isBehind(Host replica, NodeId owner, Picture picture) {
        return missedMs(replica, owner, picture) > ServerFacts.IN_SYNC_MS;
    }

    private static long missedMs(Host replica, NodeId owner, Picture picture) {
        ServerFacts facts = replica.state().facts();
        LastAnswer last = picture.observation.masters().get(owner);
        long written = Optional.ofNullable(picture.stored.get(owner)).flatMap(Heir::writtenMs).map(ago -> facts.quietMs() - ago).orElse(0L);
        return Math.max(Math.max(facts.behindMs(), written), last == null ? 0 : facts.quietMs() - (picture.observation.now() - last.at()));
    }

    private static Optional<Long> writtenMs(Report keeper) {
        return switch (keeper.state()) {
            case AtGate gate -> gate.writtenMs();
            case Ended ended -> ended.writtenMs();
            default -> Optional.empty();
        };
    }

    /** They keep its data, and do not answer yet. */
    static List<NodeId> startingReplicas(NodeId owner, Picture picture) {
        return picture.stored.entrySet().stream()
            .filter(kept -> kept.getValue().stored().flatMap(table -> table.myself().master()).filter(owner::equals).isPresent()).map(Map.Entry::getKey).toList();
    }

    /**
     * FORCE asks for votes for 5 s, and a master grants its vote although it hears the one that is to be replaced. So it is sent only
     * where the votes come at once: the majority of masters is in this view and heard by the replica, and then the other side of a
     * split has none and takes no writes. Sent without it, it would win when the split ends, and all that the other side took be lost.
     */
    static boolean canBeElected(Host replica, Picture picture) {
        return Quorum.isMajority(mastersHeardBy(replica, picture), picture.owned.size());
    }

    /**
     * On the smaller side of a split a master takes no writes: it counts the masters whose slots it knows, and hears too few ({@code clusterUpdateState}).
     * Only they themselves tell it their slots (gossip names nodes, no slots): one that has joined since the split knows none of the other side's, would be
     * the majority by itself, and take writes while that side elects another replica.
     */
    static boolean mistakesItsSide(Host heir, NodeId owner, Picture picture) {
        List<NodeId> others = picture.owned.keySet().stream().filter(id -> !id.equals(owner) && !(Fate.of(id, picture) instanceof Fate.Proven)).toList();
        List<ClusterNode> known = others.stream().flatMap(id -> heir.table().line(id).stream()).filter(line -> !line.slots().isEmpty()).toList();
        return known.size() < others.size() && !Quorum.isMajority(1 + known.stream().filter(Heir::isHeard).count(), 1 + others.size());
    }

    private static long mastersHeardBy(Host replica, Picture picture) {
        return picture.liveOwners().stream()
            .filter(master -> replica.table().line(master.id()).filter(Heir::isHeard).isPresent()).count();
    }

    static boolean isHeard(ClusterNode line) {
        return line.linkUp() && !line.is(NodeFlag.PFAIL) && !line.is(NodeFlag.FAIL);
    }

    /**
     * A promoted replica claims all slots that its table gives to its master, with a new epoch: whoever had got some of them just before would
     * lose them again, and delete their keys ({@code clusterUpdateSlotsConfigWith}).
     */
    static boolean hasNotHeard(Host replica, NodeId owner, Picture picture) {
        return claimsThoseOf(picture.liveOwners().stream().map(Host::id), replica, owner, picture);
    }

    /** So it is with slots of a master that is not here now, which comes back with an older claim to them. */
    static boolean claimsAnothers(Host replica, NodeId owner, Picture picture) {
        return claimsThoseOf(picture.owned.keySet().stream(), replica, owner, picture);
    }

    private static boolean claimsThoseOf(Stream<NodeId> others, Host replica, NodeId owner, Picture picture) {
        SlotSet claims = replica.table().line(owner).map(ClusterNode::slots).orElse(SlotSet.NONE);
        return others.anyMatch(other -> !other.equals(owner) && !claims.and(picture.slotsOf(other)).isEmpty());
    }

    /**
     * Whether it follows one that is a replica by its own table: what that one sent before its promotion came after the word of it, on another connection,
     * and was believed ({@code clusterProcessPacket}).
     */
    static boolean followsReplica(Host replica) {
        return replica.master().flatMap(replica.table()::line).filter(ClusterNode::isReplica).isPresent();
    }

    /** By its own table its master has no slot: as a replica, or as it has never heard that one on the bus. Then Redis asks for no vote ({@code clusterHandleSlaveFailover}). */
    static boolean asksNobody(Host replica) {
        return replica.master().flatMap(replica.table()::line).filter(line -> line.slots().isEmpty()).isPresent();
    }
}
