package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** S2, S3 and S7 of promotions: the leader's, an operator's and Redis' own. */
final class PromotionRules {

    /** CLUSTER_MF_TIMEOUT, and a moment. */
    private static final long FORCE_MS = 5500;
    /** A coordinator that runs has looked at its server within so long. */
    private static final long MOST_LOOK_MS = 500;
    /** What was tried while a cut lasted is evidence for so long. */
    static final long MOST_PROBE_MS = 600;

    private final World world;
    /** Replicas that an operator told to take over without their master's data, and how long they may. */
    private final SortedMap<NodeId, Long> heedlessByHand = new TreeMap<>();
    /** Masters whose replica an operator promoted without asking anybody: those that have not heard of it still vote on their side of a cut. */
    private final Set<NodeId> deposedByHand = new TreeSet<>();
    /** Masters that only had a majority because such voted for them: the other side of the cut has one too, by the operator's hand. */
    private final Set<NodeId> electedByDeposed = new TreeSet<>();

    PromotionRules(World world) {
        this.world = world;
    }

    /** An operator's FAILOVER at this server, which is about to be carried out. */
    void onOperator(SimRedis server, List<String> words) {
        if (words.contains("FAILOVER") && isHeedless(server, words)) {
            heedlessByHand.put(server.id(), world.now() + FORCE_MS);
        }
        if (words.contains("TAKEOVER") && server.myself.isReplica() && server.myself.slaveof != null) {
            deposedByHand.add(server.myself.slaveof.id);
        }
    }

    /**
     * FORCE does not wait for the master's data; nor does a plain FAILOVER where both were started again and have not synced since: all that
     * {@code clusterHandleManualFailover} asks for is equal offsets, and both show 0. The product hands over to replicas with a link only.
     */
    private static boolean isHeedless(SimRedis replica, List<String> words) {
        return words.contains("FORCE") || !replica.replication.isUp();
    }

    /** What a replica serves when it becomes a master: its master's slots, and those that it was given already. */
    private static SlotSet toBeServed(SimRedis replica) {
        return replica.myself.slaveof.slots().plus(replica.myself.slots());
    }

    /**
     * S2: a TAKEOVER asks nobody, so the old master must have ended. Where a split has just ended two lead: one has let it start with its data, and the other,
     * which has just found its port closed, does not know of that yet. It has served nobody (seed 121282, with more faults). Nor has it while it waits after its
     * start, for longer than a command from before that is good for (seed 217388, with more faults).
     */
    void checkProof(SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (replica.myself.isReplica() && master != null && !toBeServed(replica).isEmpty()) {
            for (SimRedis server : world.servers()) {
                if (server.id().equals(master.id) && !server.waitsAfterStart() && (server.isServing() || server.ageMs() > MOST_PROBE_MS)) {
                    throw world.broken("S2", "TAKEOVER by " + replica + " although its master " + server + " runs (" + server.phase + ")");
                }
            }
        }
    }

    /** S2: of the replicas that the leader hears of, the one with most of the master's data, as their reports show: what arrived since nobody could know. */
    void checkBest(SimMember leader, CarryOut what, SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (master == null || world.servers().stream().anyMatch(s -> s.id().equals(master.id))) {
            return;
        }
        for (SimMember.Heard heard : leader.heard.values()) {
            Report report = heard.report();
            if (!world.decisions.isUsed(leader, what, report) || !world.decisions.wasHeard(leader, heard) || report.leaving()
                || !(report.state() instanceof RedisState.Answering state) || isAsStarted(state) && replica.replication.offset > 1) {
                continue;
            }
            Optional<SimRedis> other = world.servers().stream().filter(s -> s.id().equals(state.table().myself().id())).findFirst();
            if (other.isPresent() && other.get() != replica && other.get().myself.slaveof != null && other.get().replication.appliedAt <= heard.readAt()
                && other.get().myself.slaveof.id.equals(master.id) && other.get().replication.isCopy(other.get().myself.slaveof)) {
                BitSet more = CopyRules.onSlots(other.get().data().writes(), toBeServed(replica));
                more.and(world.ledger.acknowledged());
                more.andNot(replica.data().writes());
                // Of one that was the master before and was overruled: it throws away at its next sync what the vote did not know.
                more.andNot(world.ledger.forgiven());
                if (!more.isEmpty()) {
                    throw world.broken("S2", replica + " is promoted although " + other.get() + " has " + more.cardinality() + " writes more");
                }
            }
        }
    }

    /** What one has that was started again no offset tells (seed 183601, with more faults). What the chosen one lacks is lag; {@link LeftBehind} looks at how old. */
    private static boolean isAsStarted(RedisState.Answering state) {
        return !state.facts().linkUp() && state.facts().offset() <= 1;
    }

    /** S2: a replica that never finished a sync has to wait for whoever has the data, as long as that may come back. */
    void checkSynced(SimMember leader, CarryOut what, SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (master == null || replica.replication.isCopy(master)) {
            return;
        }
        for (Pod pod : world.pods()) {
            // What has been moved to a target that still imports the slot stays there: the move is finished.
            SlotSet importing = pod.redis().filter(SimRedis::isServing).filter(r -> r.myself.isMaster())
                .map(r -> SlotSet.of(r.slots.importing.keySet().stream().mapToInt(slot -> slot))).orElse(SlotSet.NONE);
            BitSet kept = CopyRules.onSlots(CopyRules.dataOf(pod).writes(), toBeServed(replica).minus(importing));
            kept.and(world.ledger.alive());
            kept.andNot(replica.data().writes());
            if (!kept.isEmpty() && what.view().members().contains(pod.name) && world.canReach(leader.pod.ip, pod.address()) && !Rules.isOutOfReach(pod)) {
                throw world.broken("S2", replica + " never finished a sync and is promoted although " + pod.name + " keeps " + kept.cardinality()
                    + " writes");
            }
        }
    }

    /** What the promoted replica had not received is lost by the rules of asynchronous replication. */
    void onPromoted(SimRedis server, NodeId old, SlotSet taken, String how) {
        world.copies.onFollowsNobody(server);
        deposedByHand.remove(server.id());
        if (how.equals("TAKEOVER") || server.election.isWonWithout(deposedByHand)) {
            electedByDeposed.remove(server.id());
        } else {
            electedByDeposed.add(server.id());
        }
        if (how.equals("election") && !server.replication.wasCopyOf(old) && isLookedAt(server)) {
            throw world.broken("S2", server + " is elected by Redis in place of " + old.brief() + ", and never had its data");
        }
        BitSet missing = missingAt(server, taken);
        world.trace(() -> server + " is master in place of " + old.brief() + " by " + how + ", epoch " + server.myself.configEpoch
            + ", " + taken.size() + " slots" + (missing.isEmpty() ? "" : ", without " + missing.cardinality() + " acknowledged writes"));
        boolean heedless = world.now() <= heedlessByHand.getOrDefault(server.id(), Long.MIN_VALUE);
        if (how.equals("FORCE") && !missing.isEmpty() && !heedless && !electedByDeposed.contains(server.id())) {
            checkDeposed(server, old, missing);
        }
        if (!how.equals("FAILOVER") && !heedless && isLookedAt(server)) {
            BitSet inexcusable = (BitSet) missing.clone();
            inexcusable.andNot(world.ledger.forgiven());
            LeftBehind.broken(world, server, old, inexcusable).ifPresent(words -> {
                throw world.broken("S2", server + " takes the place of " + old.brief() + " by " + how + " without " + words);
            });
        }
        BitSet lostNow = (BitSet) missing.clone();
        if (how.equals("FAILOVER")) {
            world.ledger.forgive(writtenApart(server, old, taken));
        }
        // What an earlier election overruled may still be with the master of before it, who throws it away at its next sync.
        lostNow.andNot(world.ledger.forgiven());
        lostNow.and(servedBefore(server, old, taken));
        if (how.equals("FAILOVER") && !lostNow.isEmpty() && !heedless) {
            throw world.broken("S7", "a planned hand-over to " + server + " lost " + lostNow.cardinality() + " acknowledged writes");
        }
        SlotSet behind = leftBehind(server, old, taken);
        if (!how.equals("FAILOVER") || heedless) {
            world.ledger.forgive(missing);
            // It is given these afterwards.
            world.ledger.forgive(missingAt(server, behind));
            forgiveImported(server, old);
        }
        BitSet left = CopyRules.onSlots(server.data().writes(), behind);
        left.and(world.ledger.acknowledged());
        world.ledger.forgive(left);
        world.ledger.lostByOrder(left);
    }

    /** Its pod's coordinator has had the time to see whom it follows. */
    private boolean isLookedAt(SimRedis server) {
        return world.now() - server.replication.followedAt > MOST_LOOK_MS && world.pods().stream().filter(pod -> pod.redis().filter(server::equals).isPresent())
            .flatMap(pod -> pod.coordinator().stream()).anyMatch(member -> member.view().isPresent() && member.slowness == 0 && !member.isPaused()
                && world.now() - member.pausedUntil > MOST_LOOK_MS);
    }

    private BitSet missingAt(SimRedis heir, SlotSet slots) {
        BitSet missing = new BitSet();
        for (Pod pod : world.pods()) {
            missing.or(CopyRules.onSlots(CopyRules.dataOf(pod).writes(), slots));
        }
        missing.and(world.ledger.acknowledged());
        missing.andNot(heir.data().writes());
        return missing;
    }

    /**
     * What a hand-over can lose: what the old master has, and what is with another who owns some of the slots by its own table, the one on its volume if it
     * does not run: the heir's newer claim takes them from it, keys and all. What a move has brought to a target that does not own its slot yet is not lost
     * by this: it is moved on, see {@link Wholeness}.
     */
    private BitSet servedBefore(SimRedis heir, NodeId old, SlotSet taken) {
        BitSet served = (BitSet) world.copies.dataOf(old).clone();
        for (Pod pod : world.pods()) {
            pod.redis().map(SimRedis::clusterTable).or(() -> pod.volume().table()).map(ClusterTable::myself)
                .filter(owner -> owner.isMaster() && !owner.id().equals(heir.id()))
                .ifPresent(owner -> served.or(CopyRules.onSlots(CopyRules.dataOf(pod).writes(), owner.slots().and(taken))));
        }
        return served;
    }

    /**
     * An operator's TAKEOVER during a cut leaves each side with a majority of masters, and the two may elect replicas of the same master. Nothing tells one
     * side of the other's: what that one alone took is lost by his order when it hears of the newer claim. What the old master has is not excused.
     */
    private BitSet writtenApart(SimRedis heir, NodeId old, SlotSet taken) {
        BitSet writes = new BitSet();
        for (Pod pod : world.pods()) {
            pod.redis().map(SimRedis::clusterTable).or(() -> pod.volume().table()).map(ClusterTable::myself)
                .filter(owner -> owner.isMaster() && electedByDeposed.contains(owner.id()) && isApart(pod, heir))
                .ifPresent(owner -> writes.or(CopyRules.onSlots(CopyRules.dataOf(pod).writes(), owner.slots().and(taken))));
        }
        writes.andNot(world.copies.dataOf(old));
        return writes;
    }

    /** Neither the bus nor the group tells the one of the other, or did until a moment ago. */
    private boolean isApart(Pod pod, SimRedis heir) {
        return world.now() - world.net.mendedAt() <= MOST_PROBE_MS || !world.busReaches(heir, pod.address())
            && !world.net.reach(Network.Plane.GROUP, heir.address.host(), pod.ip);
    }

    /** Keys of slots that were on their way to the old master: they replicate as all others do, and had not reached this replica. */
    private void forgiveImported(SimRedis heir, NodeId old) {
        BitSet imported = (BitSet) world.copies.dataOf(old).clone();
        imported.andNot(heir.data().writes());
        imported.and(world.ledger.acknowledged());
        world.ledger.forgive(imported);
    }

    /**
     * A replica takes over what its own table gives to its master ({@code clusterFailoverReplaceYourMaster}). Where an operator deleted slots
     * from that, and the master ended before it told the replica again, they stay with the dead one: what is in them is lost by his order.
     */
    private SlotSet leftBehind(SimRedis heir, NodeId old, SlotSet taken) {
        SlotSet told = world.servers().stream().filter(other -> other != heir).flatMap(other -> Optional.ofNullable(other.table.get(old)).stream())
            .map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
        return world.rules.deletedByHand(heir.id()).minus(taken).and(told);
    }

    /**
     * S3: a master that runs and that a majority of masters hears takes writes; what it took must not be thrown away. Who does not know where it
     * is now, after a restart of all, does not hear it, and without a majority it takes none ({@code clusterUpdateState}).
     */
    private void checkDeposed(SimRedis heir, NodeId old, BitSet missing) {
        List<SimRedis> masters = world.servers().stream().filter(s -> s.isServing() && s != heir && s.myself.isMaster() && s.myself.hasSlots()
            && !deposedByHand.contains(s.id())).toList();
        masters.stream().filter(s -> s.id().equals(old)).findFirst().ifPresent(deposed -> {
            long hear = masters.stream().filter(m -> m == deposed || knowsPlaceOf(deposed, m) && world.busReaches(m, deposed.address)
                && world.busReaches(deposed, m.address)).count();
            if (2 * hear > masters.size() && world.now() - world.net.mendedAt() > MOST_PROBE_MS) {
                throw world.broken("S3", heir + " takes over from " + deposed + ", which runs and is heard by " + hear + " of " + masters.size()
                    + " masters: " + missing.cardinality() + " acknowledged writes are lost");
            }
        });
    }

    private static boolean knowsPlaceOf(SimRedis server, SimRedis other) {
        return Optional.ofNullable(other.table.get(server.id())).filter(line -> line.hasAddress() && line.address.equals(server.address)).isPresent();
    }
}
