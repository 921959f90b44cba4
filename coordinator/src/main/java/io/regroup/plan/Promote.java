package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A master that is gone, or that leaves, hands its slots to its best replica. Before anything is forgotten: voters that have
 * forgotten a dead master cannot vote for its replica. One at a time: each promotion changes the epoch.
 */
final class Promote implements Step {

    /** A TAKEOVER works at once or not at all. */
    private static final long TAKEOVER_MS = 1000;
    /** FORCE and HANDOVER time out in Redis after 5 s ({@code CLUSTER_MF_TIMEOUT}); never twice while one runs. */
    static final long ELECTION_MS = 6000;
    /** What a process has sent before its end reaches its replicas, and after it the end of the connection, within so long. */
    static final long READ_MS = 200;
    /** Moves that are told to stop have ended within so long, or wait for a node that does not answer. */
    private static final long STOP_MS = 1000;
    private static final String STOPPING = "stopping ";
    /** A container that has ended, and whose replica has been started again, is back with its data within so long, or waits longer to be started. */
    private static final long START_MS = 5000;
    /** A replica that has not heard within so long from whom its master's slots have gone to is promoted even so. */
    private static final long HEAR_MS = 1000;

    @Override
    public String name() {
        return "promote";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        for (NodeId owner : picture.owned.keySet()) {
            Optional<Work> work = promoteFor(owner, picture, waits);
            if (work.isPresent()) {
                return work;
            }
        }
        for (NodeId target : HalfMoved.targetsAway(picture)) {
            // With its data it comes back with what has arrived, and goes on itself.
            boolean mayReturn = Fate.mayReturn(target, picture) && picture.observation.waitedMs("return " + target) < Forget.RETURN_MS;
            Optional<Work> work = mayReturn || Heir.candidate(target, picture).isEmpty() ? Optional.empty() : promoteFor(target, picture, waits);
            if (work.isPresent()) {
                return work;
            }
        }
        return Optional.empty();
    }

    private Optional<Work> promoteFor(NodeId owner, Picture picture, List<Wait> waits) {
        Host host = picture.nodes.get(owner);
        boolean ownsNone = picture.slotsOf(owner).isEmpty();
        String shard = picture.name(owner) + (ownsNone ? ", which slots were on their way to," : ", master of " + picture.slotsOf(owner).size() + " slots");
        if (host != null) {
            if (host.isMaster() && host.isLeaving()) {
                return HandOver.of(host, picture, waits);
            }
            if (isHandingOver(owner, picture)) {
                waits.add(new Wait("handover " + owner, shard + " hands over"));
            }
            return Optional.empty();
        }
        Fate fate = Fate.of(owner, picture);
        if (fate instanceof Fate.Lives) {
            return Optional.empty();
        }
        if (fate instanceof Fate.Unknown) {
            waits.add(new Wait("fate " + owner, shard + ": " + fate.words()));
            return Optional.empty();
        }
        Optional<Host> best = Heir.candidate(owner, picture);
        if (best.isEmpty()) {
            waits.add(new Wait("dead " + owner, shard + " is dead (" + fate.words()
                + ") and no replica with its data is here"));
            return Optional.empty();
        }
        if (Heir.startsWithItsOwn(owner, best.get(), picture)) {
            waits.add(new Wait("start " + owner, shard + " waits at its gate with its data, and its replica " + best.get()
                + Heir.whyOlder(best.get(), owner, picture) + ": the master starts"));
            return Optional.empty();
        }
        if (Heir.mayStillStart(owner, best.get(), picture)) {
            String key = "start " + owner;
            waits.add(new Wait(key, shard + " has ended, and its replica " + best.get() + Heir.whyOlder(best.get(), owner, picture) + ": the master has "
                + START_MS / 1000 + " s to come back with its data"));
            if (picture.observation.waitedMs(key) < START_MS) {
                return Optional.empty();
            }
        }
        List<NodeId> starting = Heir.isOlder(best.get(), owner, picture) ? Heir.startingReplicas(owner, picture) : List.of();
        if (!starting.isEmpty()) {
            String key = "replicas start " + owner;
            waits.add(new Wait(key, shard + " is dead (" + fate.words() + "), and its replica " + best.get() + Heir.whyOlder(best.get(), owner, picture) + ": "
                + starting.stream().map(picture::name).collect(Collectors.joining(", ")) + ", which may have more of its data, has "
                + START_MS / 1000 + " s to start"));
            if (picture.observation.waitedMs(key) < START_MS) {
                return Optional.empty();
            }
        }
        if (!picture.isPrimary()) {
            return Optional.empty();
        }
        boolean proven = fate instanceof Fate.Proven;
        if (!proven && ownsNone) {
            // Nobody is elected for a master of nothing (clusterHandleSlaveFailover).
            waits.add(new Wait("vote " + owner, shard + " may be dead (" + fate.words() + "), and what has arrived there is on its replica " + best.get()
                + ", which nobody can vote for: it is promoted once that is certain"));
            return Optional.empty();
        }
        if (!proven && Heir.asksNobody(best.get())) {
            waits.add(new Wait("vote " + owner, shard + " may be dead (" + fate.words() + "), and its replica " + best.get()
                + (Heir.followsReplica(best.get()) ? " has it as a replica, without a slot" : " has heard of no slot of it")
                + ", for which it asks nobody's vote: it is promoted once that is certain"));
            return Optional.empty();
        }
        if (!proven && !Heir.canBeElected(best.get(), picture)) {
            waits.add(new Wait("vote " + owner, shard + " may be dead (" + fate.words() + "), and its replica " + best.get()
                + " does not hear a majority of the masters of this view, which would have to vote for it"));
            return Optional.empty();
        }
        if (!proven && best.get().isAsStarted()) {
            waits.add(new Wait("vote " + owner, shard + " may be dead (" + fate.words() + "), and its replica " + best.get() + " was started again itself"
                + " and has not found it since: it may serve at another address, where its coordinator is not in this view yet"));
            return Optional.empty();
        }
        if (proven && Heir.mistakesItsSide(best.get(), owner, picture)) {
            waits.add(new Wait("side " + owner, shard + " is dead (" + fate.words() + "), and its replica " + best.get()
                + " knows too few of the other masters to see that they may be the majority elsewhere: it waits until it hears of them, or their end is certain"));
            return Optional.empty();
        }
        if (picture.observation.sentWithin("promote for " + owner, proven ? TAKEOVER_MS : ELECTION_MS)) {
            waits.add(new Wait("promote " + owner, shard + ": its replica " + best.get() + " is being promoted"));
            return Optional.empty();
        }
        if (Rebalance.isMoving(owner, picture)) {
            String key = stopping(owner);
            waits.add(new Wait(key, shard + " is dead, and slots of it were on their way: first the moves stop where they are"));
            if (picture.observation.waitedMs(key) < STOP_MS) {
                return Optional.empty();
            }
        }
        List<Host> takers = takers(owner, picture);
        if (!takers.isEmpty()) {
            String key = "taken from " + owner;
            waits.add(new Wait(key, shard + " is dead, and " + takers + " may still take slots of it: first that ends"));
            Optional<Work> cancelled = cancel(takers, shard, picture);
            if (cancelled.isPresent() || picture.observation.waitedMs(key) < STOP_MS) {
                return cancelled;
            }
        }
        if (Heir.hasNotHeard(best.get(), owner, picture)) {
            String key = "unheard " + owner;
            waits.add(new Wait(key, shard + " is dead, and " + best.get() + " has not heard yet that slots of it have gone to another master"));
            if (picture.observation.waitedMs(key) < HEAR_MS) {
                return Optional.empty();
            }
        }
        if (proven && isBeingRead(owner, shard, picture, waits)) {
            return Optional.empty();
        }
        Action.Promote promotion = proven ? takeover(best.get(), owner, picture)
            : new Action.Promote(best.get().address(), best.get().id(), owner, Promotion.FORCE);
        List<Action> actions = new ArrayList<>(List.of(promotion));
        if (proven) {
            untold(owner, best.get(), promotion.takes(), picture).ifPresent(actions::add);
        }
        return Optional.of(new Work(actions, shard + " is dead (" + fate.words() + "): " + best.get() + " takes its place"
            + (proven ? "" : " if the majority of masters grants it")));
    }

    /**
     * Masters that take slots of this one by themselves. A source that only hangs can still send the end of what it has, and the target take
     * the slots after the promotion, with a newer epoch and older data.
     */
    private static List<Host> takers(NodeId owner, Picture picture) {
        return picture.liveMasters().stream().filter(host -> host.table().myself().importing().entrySet().stream()
            .anyMatch(e -> e.getValue().equals(owner) && host.state().facts().atomic().slots().contains(e.getKey()))).toList();
    }

    /** Valkey's target cannot be told so. It ends by itself when it loses the source, or hears of another owner of the slots. */
    private static Optional<Work> cancel(List<Host> takers, String shard, Picture picture) {
        List<Action> actions = new ArrayList<>();
        takers.stream().filter(host -> host.state().facts().atomic().by() == MoveBy.MIGRATION)
            .filter(host -> !picture.observation.sentWithin("cancel " + host.address(), STOP_MS))
            .forEach(host -> actions.add(new Action.CancelMoves(host.address(), MoveBy.MIGRATION)));
        return actions.isEmpty() ? Optional.empty()
            : Optional.of(new Work(actions, shard + " is dead, and " + takers + " may still take slots of it: that is cancelled"));
    }

    /** The key of a wait for the moves of this node's slots to stop: they are told to. */
    static String stopping(NodeId id) {
        return STOPPING + id;
    }

    /**
     * Whether something waits for moves to stop, as a promotion does: a slot that is given to its target after the target was asked what it owns would be taken
     * back by the replica's higher epoch, and its keys be deleted.
     */
    static boolean waitsForMoves(Decision decision) {
        return decision.waits().stream().anyMatch(wait -> wait.key().startsWith(STOPPING));
    }

    /**
     * Of a master that has ended for certain. A replica that has it as a replica, without a slot, is given its slots first. It would not hear of them any
     * more: others are told whose they are when they claim them themselves ({@code clusterProcessPacket}).
     */
    static Action.Promote takeover(Host heir, NodeId owner, Picture picture) {
        NodeId follows = heir.master().orElse(owner);
        boolean fromReplica = Heir.followsReplica(heir);
        return new Action.Promote(heir.address(), heir.id(), owner, follows, fromReplica ? Promotion.FROM_REPLICA : Promotion.TAKEOVER,
            fromReplica ? picture.slotsOf(owner).minus(RepairSlots.heldBy(heir)) : SlotSet.NONE, halfMoved(owner, picture));
    }

    /**
     * A replica takes over what its own table gives to its master ({@code clusterFailoverReplaceYourMaster}). What nobody could tell it,
     * because the bus was cut, or an operator deleted there, it takes afterwards: it has the keys.
     */
    private static Optional<Action> untold(NodeId owner, Host heir, SlotSet takes, Picture picture) {
        SlotSet told = heir.table().line(owner).map(ClusterNode::slots).orElse(SlotSet.NONE).plus(heir.table().myself().slots()).plus(takes);
        SlotSet untold = picture.slotsOf(owner).minus(told);
        return untold.isEmpty() ? Optional.empty() : RepairSlots.donor(heir, picture)
            .map(from -> new Action.TakeSlots(heir.address(), heir.id(), untold, untold.and(RepairSlots.heldBy(heir)), from));
    }

    /**
     * Slots of the dead master that stand open: its replica knows nothing of that, and would tell clients of keys that have gone
     * already that there are none. So it opens them in the same breath in which it becomes the master.
     */
    static List<Action.Open> halfMoved(NodeId owner, Picture picture) {
        List<Action.Open> open = new ArrayList<>();
        for (Host other : picture.liveMasters()) {
            SlotSet atomic = other.state().facts().atomic().slots();
            other.table().myself().importing().forEach((slot, source) -> {
                if (!atomic.contains(slot) && source.equals(owner) && picture.slotsOf(owner).contains(slot)) {
                    open.add(new Action.Open(slot, "MIGRATING", other.id()));
                }
            });
            other.table().myself().migrating().forEach((slot, target) -> {
                if (!atomic.contains(slot) && target.equals(owner) && !picture.slotsOf(owner).contains(slot)) {
                    open.add(new Action.Open(slot, "IMPORTING", other.id()));
                }
            });
        }
        return List.copyOf(open);
    }

    /**
     * A replica whose link is still up has not come to the end of what its master has sent: what it has more than another one is not told by
     * its offset yet, and would be thrown away with the connection ({@code replicationUnsetMaster}).
     */
    private static boolean isBeingRead(NodeId owner, String shard, Picture picture, List<Wait> waits) {
        List<Host> readers = readersOf(owner, picture).toList();
        if (readers.isEmpty()) {
            return false;
        }
        String key = "read " + owner;
        waits.add(new Wait(key, shard + " is dead, and still read by " + readers));
        return picture.observation.waitedMs(key) < READ_MS;
    }

    private static Stream<Host> readersOf(NodeId owner, Picture picture) {
        return picture.replicasOf(owner).stream().filter(h -> h.state().facts().linkUp());
    }

    /** Members whose replica still reads what a master that has ended has sent. */
    static SortedSet<String> reading(Picture picture) {
        return picture.owned.keySet().stream()
            .filter(owner -> readersOf(owner, picture).findAny().isPresent() && Fate.of(owner, picture) instanceof Fate.Proven)
            .flatMap(owner -> readersOf(owner, picture)).map(Host::member).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Whether a replica has been asked to take its slots and it has not been seen yet what came of that. Those that have heard of it
     * already follow the new master, while that one's report may still call it a replica.
     */
    static boolean isHandingOver(NodeId master, Picture picture) {
        return picture.observation.sentWithin("promote for " + master, ELECTION_MS);
    }

    /** Whether it has been asked to become a master. */
    static boolean isBeingPromoted(NodeId replica, Picture picture) {
        return picture.observation.sentWithin("promote " + replica, ELECTION_MS);
    }

    /** Whether this node's slots can still be given to a replica, so that its own return has to wait for that. */
    static boolean isPending(NodeId owner, Picture picture) {
        SlotSet slots = picture.slotsOf(owner);
        return !slots.isEmpty() && Heir.candidate(owner, picture).filter(best -> !Heir.startsWithItsOwn(owner, best, picture)).isPresent();
    }
}
