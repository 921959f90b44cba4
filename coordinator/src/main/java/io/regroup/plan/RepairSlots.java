package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.Atomic;
import io.regroup.model.ClusterNode;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.Report;
import io.regroup.model.ShardLoss;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Slots that nobody serves get a live master: those that a bootstrap that was cut off left over, and those of a shard
 * whose every copy is gone. One master at a time: each takes a new epoch.
 */
final class RepairSlots implements Step {

    /** What a bootstrap has sent needs this long to be seen by all. */
    private static final long SETTLE_MS = 1000;
    /** Blank pods that are on their way take an orphaned range in place of a busy master; this long it waits for one. */
    private static final long REPLACEMENT_MS = 30_000;
    private static final String UNCLAIMED = "unclaimed";

    @Override
    public String name() {
        return "repair";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (picture.nodes.isEmpty() || !picture.unheard.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        Optional<Work> finished = finish(picture, waits);
        if (finished.isPresent()) {
            return finished;
        }
        Optional<Work> closed = close(picture, waits);
        if (closed.isPresent()) {
            return closed;
        }
        for (var lost : lostShards(picture).entrySet()) {
            Optional<Work> work = giveUp(lost.getKey(), lost.getValue(), picture, waits);
            if (work.isPresent()) {
                return work;
            }
        }
        Optional<Work> given = picture.unclaimed.isEmpty() ? Optional.empty() : give(picture, waits);
        // How long it has waited counts on: what is decided in calm is looked at once more before it is done.
        given.ifPresent(work -> waits.add(new Wait(UNCLAIMED, work.reason())));
        return given;
    }

    /**
     * Slots that a living master imports, or has keys of, and another living one owns: whoever moved them was cut off, and some of their keys may be
     * here and some there. To go on is right wherever that was; to go back would hide what clients have written here since. A target that knows of
     * no owner of them takes no key ({@code getNodeByQuery}): first it has to learn who that is, see {@link #close}.
     */
    private static Optional<Work> finish(Picture picture, List<Wait> waits) {
        List<Action> actions = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        halfMoved(picture).forEach((source, targets) -> targets.forEach((target, slots) -> {
            if (Rebalance.isMoving(source, picture) || Rebalance.isMoving(target, picture)) {
                return;
            }
            String what = slots.size() + " slots stand open between " + picture.name(source) + " and " + picture.name(target) + " (" + slots + ")";
            waits.add(new Wait("half " + source + " " + target, what));
            if (picture.nodes.get(target).table().assigned().containsAll(slots) && !Promote.isHandingOver(source, picture) && !Promote.isHandingOver(target, picture)
                && !picture.observation.sentWithin("move " + source + " " + target, SETTLE_MS)) {
                actions.add(carryOn(source, target, slots, picture));
                reasons.add(what);
            }
        }));
        return actions.isEmpty() ? Optional.empty() : Optional.of(new Work(actions, String.join(", ", reasons) + ": their move is finished"));
    }

    /** A move that the servers carry out by themselves is watched to its end; a slot that stands open is moved as it was begun, key by key. */
    private static Action carryOn(NodeId source, NodeId target, SlotSet slots, Picture picture) {
        Atomic atomic = picture.nodes.get(target).state().facts().atomic();
        SlotSet moving = atomic.slots().and(slots);
        return moving.isEmpty() ? Rebalance.move(source, target, slots, MoveBy.MIGRATE, picture)
            : Rebalance.move(source, target, moving, atomic.by(), picture);
    }

    /** By source and target. */
    private static SortedMap<NodeId, SortedMap<NodeId, SlotSet>> halfMoved(Picture picture) {
        SortedMap<NodeId, SortedMap<NodeId, SlotSet>> open = new TreeMap<>();
        for (Host target : picture.liveMasters()) {
            taken(target).stream().forEach(slot -> owner(slot, picture).filter(source -> !source.equals(target.id()))
                .ifPresent(source -> open.computeIfAbsent(source, id -> new TreeMap<>()).merge(target.id(), SlotSet.of(slot), SlotSet::plus)));
        }
        return open;
    }

    /** Slots of others of which this master has keys, or may have. */
    static SlotSet taken(Host master) {
        return SlotSet.of(master.table().myself().importing().keySet().stream().mapToInt(slot -> slot)).plus(master.state().facts().strays());
    }

    /** Whether slots stand open that nobody moves: were they given to a third, their keys would be in three places. */
    static boolean isHalfMoved(Picture picture) {
        return picture.observation.moving().isEmpty() && !halfMoved(picture).isEmpty();
    }

    private static Optional<NodeId> owner(int slot, Picture picture) {
        return picture.liveOwners().stream().filter(h -> picture.slotsOf(h.id()).contains(slot)).map(Host::id).findFirst();
    }

    /**
     * A slot that is open on one side only: whoever moved it was cut off. Redis never learns the owner of a slot that it imports
     * ({@code clusterUpdateSlotsConfigWith}), so it would have it wrong for ever; and where it knew of none when it began to import, it knows of
     * none until that is closed.
     */
    private static Optional<Work> close(Picture picture, List<Wait> waits) {
        for (Host host : picture.nodes.values()) {
            ClusterNode myself = host.table().myself();
            if (myself.importing().isEmpty() && myself.migrating().isEmpty() || Rebalance.isMoving(host.id(), picture)) {
                continue;
            }
            SlotSet assigned = host.table().assigned();
            SlotSet open = SlotSet.of(IntStream.concat(
                myself.importing().keySet().stream()
                    .filter(slot -> owner(slot, picture).filter(id -> !id.equals(host.id())).isEmpty() || !assigned.contains(slot))
                    .mapToInt(slot -> slot),
                myself.migrating().entrySet().stream().filter(e -> !isOpenAt(e.getValue(), e.getKey(), ClusterNode::importing, picture))
                    .mapToInt(Map.Entry::getKey)));
            if (open.isEmpty()) {
                continue;
            }
            String key = "open " + host.id();
            waits.add(new Wait(key, host + " has slots open that nobody moves: " + open));
            Atomic atomic = host.state().facts().atomic();
            Action action = atomic.slots().and(open).isEmpty() ? new Action.CloseSlots(host.address(), open)
                : new Action.CancelMoves(host.address(), atomic.by());
            if (picture.observation.waitedMs(key) >= SETTLE_MS && action.keys().stream().noneMatch(k -> picture.observation.sentWithin(k, SETTLE_MS))) {
                return Optional.of(new Work(action, host + " has slots open that nobody moves: " + open));
            }
        }
        return Optional.empty();
    }

    private static boolean isOpenAt(NodeId other, int slot, Function<ClusterNode, SortedMap<Integer, NodeId>> side, Picture picture) {
        return Optional.ofNullable(picture.nodes.get(other)).filter(h -> side.apply(h.table().myself()).containsKey(slot)).isPresent();
    }

    /**
     * A shard of which no copy is left goes on with a replica that never finished a sync, if it has one, be it that of a pod that leaves where that
     * has keys: perhaps it has just handed over, and has them all. Else its master is forgotten, and its slots are nobody's. That stands in the
     * tables: whoever leads next sees it, and the address is free.
     */
    private static Optional<Work> giveUp(NodeId owner, String why, Picture picture, List<Wait> waits) {
        Long keys = picture.observation.keys().get(owner);
        String what = "every copy of " + picture.name(owner) + ", master of " + picture.slotsOf(owner).size() + " slots (" + picture.slotsOf(owner)
            + ") with " + (keys == null ? "an unknown number of" : "about " + keys) + " keys, is gone (" + why + ")";
        ShardLoss policy = picture.observation.policy();
        boolean waiting = !policy.reassign() || picture.observation.waitedMs("lost " + owner) < policy.graceMs();
        waits.add(new Wait("lost " + owner, what + (!policy.reassign() ? "; SHARD_LOSS is halt: its slots wait until one returns"
            : waiting ? "; its slots wait " + policy.graceMs() / 1000 + " s for one to return" : "; it is being given up")));
        if (waiting || picture.observation.sentWithin("promote for " + owner, SETTLE_MS)
            || picture.observation.sentWithin("forget " + owner, SETTLE_MS)) {
            return Optional.empty();
        }
        Optional<Host> heir = picture.replicasOf(owner).stream().filter(h -> !h.isLeaving() || h.state().facts().keys() > 0)
            .max(Comparator.<Host>comparingLong(h -> h.state().facts().keys()).thenComparing(h -> !h.isLeaving()).thenComparing(Host::id)).or(() -> earlierCopy(owner, picture));
        if (heir.isEmpty() && !picture.named().contains(owner)) {
            return Optional.empty();   // Only the volume of one that does not run yet names it.
        }
        return Optional.of(heir
            .map(h -> new Work(new Action.Promote(h.address(), h.id(), owner, Action.Promotion.TAKEOVER), what + ": " + h
                + (h.master().filter(owner::equals).isPresent() ? " goes on without its data" : " goes on with the data of the master before it")))
            .orElseGet(() -> new Work(Forget.everywhere(owner, picture), what + ": it is forgotten, its slots are free")));
    }

    /**
     * A replica that still follows the master that had these slots before, because it has not heard of the promotion: what was written
     * since is gone, the rest is there. By its own table it takes over the slots of its own master, who has ended.
     */
    private static Optional<Host> earlierCopy(NodeId owner, Picture picture) {
        return picture.nodes.values().stream().filter(h -> !h.isLeaving() && h.state().facts().synced())
            .filter(h -> h.master().filter(m -> !picture.owned.containsKey(m) && Fate.of(m, picture) instanceof Fate.Proven).flatMap(h.table()::line)
                .filter(line -> !line.slots().and(picture.slotsOf(owner)).isEmpty()).isPresent())
            .max(Comparator.<Host>comparingLong(h -> h.state().facts().offset()).thenComparing(Host::id));
    }

    /**
     * Owners that are proven dead, keep no data on any volume here, and have no replica with their data: none that answers, and
     * none that may return.
     */
    static SortedMap<NodeId, String> lostShards(Picture picture) {
        SortedMap<NodeId, String> lost = new TreeMap<>();
        for (NodeId owner : picture.owned.keySet()) {
            if (picture.hostOf(owner).isEmpty() && Fate.of(owner, picture) instanceof Fate.Proven proof
                && Promote.candidate(owner, picture).isEmpty() && copyThatMayReturn(owner, picture).isEmpty()) {
                lost.put(owner, proof.words());
            }
        }
        return lost;
    }

    /**
     * The shard, if any, that has come to own slots of this former master, and of which no copy is here: what the volume keeps is older than what was
     * there, and may be all that is left. Once that shard is given up, its slots are nobody's, and the claim on the volume counts again.
     */
    static Optional<NodeId> shardThatItHad(NodeId former, Report keeper, Picture picture) {
        SlotSet had = keeper.stored().map(table -> table.myself().slots()).orElse(SlotSet.NONE);
        if (had.isEmpty() || !picture.slotsOf(former).isEmpty()) {
            return Optional.empty();
        }
        return picture.owned.keySet().stream().filter(owner -> !picture.slotsOf(owner).and(had).isEmpty())
            .filter(owner -> picture.hostOf(owner).isEmpty() && Promote.candidate(owner, picture).isEmpty() && !(Fate.of(owner, picture) instanceof Fate.Lives))
            .findFirst();
    }

    /** A replica of this node that does not answer, and whose end is not certain or whose data is kept. */
    static Optional<NodeId> copyThatMayReturn(NodeId owner, Picture picture) {
        return picture.followersOf(owner).stream()
            .filter(id -> !picture.nodes.containsKey(id) && !picture.blanks.containsKey(id))
            .filter(id -> Optional.ofNullable(picture.stored.get(id)).flatMap(Report::stored).map(table -> table.myself().isReplica())
                .orElseGet(() -> !(Fate.of(id, picture) instanceof Fate.Proven))).findFirst();
    }

    private static Optional<Work> give(Picture picture, List<Wait> waits) {
        long waited = picture.observation.waitedMs(UNCLAIMED);
        String what = "no node owns " + picture.unclaimed.size() + " slots (" + picture.unclaimed + ")";
        if (waited < SETTLE_MS) {
            waits.add(new Wait(UNCLAIMED, what + "; they stay as they are for " + SETTLE_MS / 1000 + " s"));
            return Optional.empty();
        }
        Optional<Work> kept = giveToHolder(what, picture);
        if (kept.isPresent()) {
            return kept;
        }
        Optional<Work> back = giveBack(what, picture);
        if (back.isPresent()) {
            return back;
        }
        SortedSet<String> unmet = membersWithUnknownNodes(picture);
        ShardLoss policy = picture.observation.policy();
        boolean haveEnded = policy.reassign() && picture.observation.ended().keySet().containsAll(unmet) && waited >= policy.graceMs();
        if (!unmet.isEmpty() && !haveEnded) {
            waits.add(new Wait(UNCLAIMED, what + "; a bootstrap was cut off, and they may be those of nodes that no other has met: of " + unmet
                + ", which may return"));
            return Optional.empty();
        }
        int missing = missingMasters(picture);
        List<Host> empties = Attach.empties(picture);
        if (missing > 0 && empties.isEmpty() && waited < SETTLE_MS + REPLACEMENT_MS) {
            waits.add(new Wait(UNCLAIMED, what + "; they wait for a blank node to become their master"));
            return Optional.empty();
        }
        int pieces = empties.isEmpty() ? 1 : Math.max(1, missing - deserted(picture));
        SlotSet slots = picture.unclaimed.split(pieces).getFirst();
        Optional<Host> taker = missing > 0 && !empties.isEmpty() ? Optional.of(empties.getFirst())
            : picture.liveOwners().stream().filter(h -> !h.isLeaving())
                .min(Comparator.<Host>comparingInt(h -> picture.slotsOf(h.id()).size()).thenComparing(Host::id));
        if (taker.isEmpty()) {
            waits.add(new Wait(UNCLAIMED, what + "; no live master could take them"));
            return Optional.empty();
        }
        Host node = taker.get();
        if (picture.observation.sentWithin("take " + node.id(), SETTLE_MS)) {
            waits.add(new Wait(UNCLAIMED, what + "; " + node + " is taking them"));
            return Optional.empty();
        }
        Optional<NodeId> from = donor(node);
        if (from.isEmpty()) {
            waits.add(new Wait(UNCLAIMED, what + "; " + node + " knows no other master yet"));
            return Optional.empty();
        }
        return Optional.of(new Work(
            new Action.TakeSlots(node.address(), node.id(), slots, slots.and(heldBy(node)), from.get()),
            what + ": " + node + " takes " + slots.size() + " of them"));
    }

    /** Members that are away and had a node of which no table here tells: only that one itself knows what it owns. */
    private static SortedSet<String> membersWithUnknownNodes(Picture picture) {
        SortedSet<String> members = new TreeSet<>();
        picture.missing().forEach((member, seat) -> seat.node().filter(id -> !picture.known().contains(id)).ifPresent(id -> members.add(member)));
        return members;
    }

    /** Slots that were on their way to a master when their owner and all its replicas were lost: what has arrived there is all there is of them. */
    private static Optional<Work> giveToHolder(String what, Picture picture) {
        for (Host host : picture.liveMasters()) {
            // Of what was to come at once nothing is here: the server throws it away.
            SlotSet arrived = taken(host).minus(host.state().facts().atomic().slots()).and(picture.unclaimed);
            Optional<NodeId> from = donor(host);
            if (!arrived.isEmpty() && from.isPresent() && !picture.observation.sentWithin("take " + host.id(), SETTLE_MS)) {
                return Optional.of(new Work(new Action.TakeSlots(host.address(), host.id(), arrived, arrived.and(heldBy(host)), from.get()),
                    what + ": " + host + " has keys of " + arrived.size() + " of them, and takes those"));
            }
        }
        return Optional.empty();
    }

    /**
     * Slots that a master has dropped by an operator's hand, DELSLOTS, and that others still give to it: what it has of their keys is
     * there. Redis never takes a slot away from a node because that one does not claim it any more ({@code clusterUpdateSlotsConfigWith}).
     */
    private static Optional<Work> giveBack(String what, Picture picture) {
        for (Host host : picture.nodes.values()) {
            SlotSet had = picture.kins.stream().flatMap(kin -> kin.roster().line(host.id()).stream()).map(ClusterNode::slots)
                .reduce(SlotSet.NONE, SlotSet::plus).and(picture.unclaimed);
            Optional<NodeId> from = donor(host);
            if (host.isMaster() && !had.isEmpty() && from.isPresent() && !picture.observation.sentWithin("take " + host.id(), SETTLE_MS)) {
                return Optional.of(new Work(new Action.TakeSlots(host.address(), host.id(), had, SlotSet.NONE, from.get()),
                    what + ": " + host + " had " + had.size() + " of them, and takes them back"));
            }
        }
        return Optional.empty();
    }

    /** Slots that its table gives to anyone: Redis adds none of these. */
    static SlotSet heldBy(Host taker) {
        return taker.table().roster().lines().values().stream().map(ClusterNode::slots).reduce(SlotSet.NONE, SlotSet::plus);
    }

    /** Any other master: SETSLOT IMPORTING wants a source, and asks nothing of it. */
    static Optional<NodeId> donor(Host taker) {
        return taker.table().others().values().stream()
            .filter(n -> n.isMaster() && n.isIntroduced()).map(ClusterNode::id).findFirst();
    }

    /** How many of the masters that are asked for have no slots, or are gone and have nobody to follow them. */
    static int missingMasters(Picture picture) {
        int wanted = picture.observation.asked().map(Asked::masters).orElseGet(() -> picture.owned.size() + (picture.unclaimed.isEmpty() ? 0 : 1));
        return Math.max(0, wanted - (picture.owned.size() - deserted(picture)));
    }

    /** Shards without anyone here; whether they are lost may not be certain yet. */
    private static int deserted(Picture picture) {
        return (int) picture.owned.keySet().stream().filter(id -> picture.hostOf(id).isEmpty() && picture.replicasOf(id).isEmpty()
            && !(Fate.of(id, picture) instanceof Fate.Lives)).count();
    }

    /** Blank nodes that {@link Attach} leaves alone, because slots wait for a master. */
    static int reserved(Picture picture) {
        boolean waiting = !picture.unclaimed.isEmpty() || deserted(picture) > 0;
        return waiting ? missingMasters(picture) : 0;
    }
}
