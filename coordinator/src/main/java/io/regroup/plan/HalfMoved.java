package io.regroup.plan;

import io.regroup.model.Atomic;
import io.regroup.model.ClusterNode;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Step.Work;
import java.util.ArrayList;
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
 * Slots whose move was cut off: they stand open at one side or both, or keys of them are with another than their owner. They are carried on, or closed
 * where nothing is left to move.
 */
final class HalfMoved {

    /** What was sent needs this long to be seen by all, in ms. */
    private static final long SETTLE_MS = 1000;

    private HalfMoved() {
    }

    /**
     * Slots that a living master imports, or has keys of, and another living one owns: whoever moved them was cut off, and some of their keys may be
     * here and some there. To go on is right wherever that was; to go back would hide what clients have written here since. A target that knows of
     * no owner of them takes no key ({@code getNodeByQuery}): first it has to learn who that is, see {@link #close}.
     */
    static Optional<Work> finish(Picture picture, List<Wait> waits) {
        List<Action> actions = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        halfMoved(picture).forEach((source, targets) -> targets.forEach((target, slots) -> {
            if (Rebalance.isMoving(source, picture) || Rebalance.isMoving(target, picture)) {
                return;
            }
            String what = slots.size() + " slots stand open between " + picture.name(source) + " and " + picture.name(target) + " (" + slots.brief() + ")";
            waits.add(new Wait("half " + source + " " + target, what));
            if (picture.nodes.get(target).table().assigned().containsAll(slots) && seesServing(source, picture.nodes.get(target))
                && Rebalance.claimsItsOwn(picture.nodes.get(target), picture)
                && Rebalance.epochsAreSettled(picture.nodes.get(source), picture.nodes.get(target), picture)
                && !Promote.isHandingOver(source, picture) && !Promote.isHandingOver(target, picture)
                && !picture.observation.sentWithin("move " + source + " " + target, SETTLE_MS)) {
                actions.add(carryOn(source, target, slots, picture));
                reasons.add(what);
            }
        }));
        return actions.isEmpty() ? Optional.empty() : Optional.of(new Work(actions, String.join(", ", reasons) + ": their move is finished"));
    }

    /**
     * Whose copy a master of nothing has where its copying has ended is told only while it sees that one serve ({@link io.regroup.redis.Copied}): what it
     * has of slots of another may be such a copy, and no half of a move (seed 15668, with more faults).
     */
    private static boolean seesServing(NodeId source, Host target) {
        return target.table().line(source).filter(line -> !line.is(NodeFlag.FAIL) && line.address().isPresent()).isPresent();
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

    /**
     * Whether all that moves from or to this master now stood open already, or has arrived: it is moved to its end. Were that stopped because the master is to
     * leave, it would be begun anew each time, as it is to leave once nothing of it is half moved.
     */
    static boolean isBeingFinished(NodeId master, Picture picture) {
        return picture.observation.moving().stream().filter(move -> move.involves(master)).allMatch(move -> Optional.ofNullable(picture.nodes.get(move.target()))
            .filter(target -> taken(target).plus(target.table().myself().slots()).containsAll(move.slots())).isPresent());
    }

    /** Whether slots stand open that nobody moves: were they given to a third, their keys would be in three places. */
    static boolean any(Picture picture) {
        return picture.observation.moving().isEmpty() && !halfMoved(picture).isEmpty();
    }

    /** Whether another has keys of its slots, be they open there or not: its replicas have not. */
    static boolean anyOf(NodeId owner, Picture picture) {
        return halfMoved(picture).containsKey(owner);
    }

    private static Optional<NodeId> owner(int slot, Picture picture) {
        return picture.liveOwners().stream().filter(h -> picture.slotsOf(h.id()).contains(slot)).map(Host::id).findFirst();
    }

    /**
     * A slot that is open on one side only: whoever moved it was cut off. Redis never learns the owner of a slot that it imports
     * ({@code clusterUpdateSlotsConfigWith}), so it would have it wrong for ever; and where it knew of none when it began to import, it knows of
     * none until that is closed.
     */
    static Optional<Work> close(Picture picture, List<Wait> waits) {
        for (Host host : picture.nodes.values()) {
            ClusterNode myself = host.table().myself();
            if (myself.importing().isEmpty() && myself.migrating().isEmpty() || Rebalance.isMoving(host.id(), picture)) {
                continue;
            }
            SlotSet assigned = host.table().assigned();
            SlotSet open = SlotSet.of(IntStream.concat(
                myself.importing().keySet().stream()
                    .filter(slot -> !mayBeAnothers(slot, host, picture) || !assigned.contains(slot))
                    .mapToInt(slot -> slot),
                myself.migrating().entrySet().stream()
                    .filter(e -> !mayCome(e.getValue(), picture) && !isOpenAt(e.getValue(), e.getKey(), ClusterNode::importing, picture))
                    .mapToInt(Map.Entry::getKey)));
            if (open.isEmpty()) {
                continue;
            }
            String key = "open " + host.id();
            waits.add(new Wait(key, host + " has slots open that nobody moves: " + open.brief()));
            Atomic atomic = host.state().facts().atomic();
            Action action = atomic.slots().and(open).isEmpty() ? new Action.CloseSlots(host.address(), open)
                : new Action.CancelMoves(host.address(), atomic.by());
            if (picture.observation.waitedMs(key) >= SETTLE_MS && action.keys().stream().noneMatch(k -> picture.observation.sentWithin(k, SETTLE_MS))) {
                return Optional.of(new Work(action, host + " has slots open that nobody moves: " + open.brief()));
            }
        }
        return Optional.empty();
    }

    private static boolean mayBeAnothers(int slot, Host host, Picture picture) {
        return picture.owned.entrySet().stream().anyMatch(owned -> !owned.getKey().equals(host.id()) && owned.getValue().contains(slot));
    }

    /** It is not here now, and what it has of the slots that were on their way to it may be all there is: its coordinator is started again, or an heir comes. */
    private static boolean mayCome(NodeId target, Picture picture) {
        return !picture.nodes.containsKey(target) && picture.known().contains(target)
            && (!(Fate.of(target, picture) instanceof Fate.Proven) || !picture.slotsOf(target).isEmpty()
                || targetsAway(picture).contains(target) && Heir.candidate(target, picture).isPresent());
    }

    /**
     * Masters of nothing that are not here, and that slots are on their way to: what has arrived of these is on their replicas alone. Where another has
     * them open or has keys of them, it goes on there.
     */
    static SortedSet<NodeId> targetsAway(Picture picture) {
        SlotSet elsewhere = picture.liveMasters().stream().map(HalfMoved::taken).reduce(SlotSet.NONE, SlotSet::plus);
        SortedSet<NodeId> targets = new TreeSet<>();
        for (Host source : picture.liveMasters()) {
            // What is to come at once stays with its source until then.
            SlotSet settled = elsewhere.plus(source.state().facts().atomic().slots());
            source.table().myself().migrating().forEach((slot, target) -> {
                if (!settled.contains(slot) && !picture.nodes.containsKey(target) && picture.slotsOf(target).isEmpty()) {
                    targets.add(target);
                }
            });
        }
        return targets;
    }

    private static boolean isOpenAt(NodeId other, int slot, Function<ClusterNode, SortedMap<Integer, NodeId>> side, Picture picture) {
        return Optional.ofNullable(picture.nodes.get(other)).filter(h -> side.apply(h.table().myself()).containsKey(slot)).isPresent();
    }
}
