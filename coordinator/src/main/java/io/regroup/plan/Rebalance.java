package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * As many masters as are asked for, each with an equal part of the slots. New ones get theirs once they have a replica in sync, so
 * that no slot is without a copy; those that are too many are emptied and become replicas. Slots move aside from all other work.
 */
final class Rebalance implements Step {

    /** So many slots of a pair are decided on at a time: what is asked for may change, and a pod that leaves wants to hand over. */
    private static final int AT_A_TIME = 1024;
    /** How long a new master waits for its replica, in ms: one that is on its way is in sync by then. */
    private static final long REPLICA_MS = 30_000;
    /** How long a RESET may take to show, in ms: whoever is the replica still by then has not had it. */
    private static final long RESET_MS = 2000;

    @Override
    public String name() {
        return "rebalance";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary() || !picture.unheard.isEmpty()) {
            return Optional.empty();
        }
        Optional<Work> reset = reset(picture, waits);
        if (reset.isPresent()) {
            return reset;
        }
        List<Layout.Share> shares = picture.shares();
        if (shares.isEmpty() || HalfMoved.any(picture) || !isUrgent(picture) && (!waits.isEmpty() || !allAreHere(picture))) {
            return Optional.empty();
        }
        if (!picture.observation.moving().isEmpty()) {
            waits.add(new Wait("moving", "slots move: " + describe(picture.observation.moving().stream()
                .map(m -> new Layout.Share(m.source(), m.target(), m.slots())), picture)));
            return Optional.empty();
        }
        List<Layout.Share> ready = new ArrayList<>();
        for (Layout.Share share : shares) {
            Optional<String> obstacle = obstacle(share, picture);
            if (obstacle.isPresent()) {
                waits.add(new Wait("move " + share.source() + " " + share.target(), obstacle.get()));
            } else {
                ready.add(share);
            }
        }
        return ready.isEmpty() ? Optional.empty()
            : Optional.of(new Work(ready.stream().map(share -> move(share.source(), share.target(), share.slots().highest(AT_A_TIME), by(share, picture), picture)).toList(),
                reason(picture) + ": " + describe(ready.stream(), picture)));
    }

    /** Where other masters are wanted and no pod is blank, replicas that are over become some, all at once: slots move once. Only when all else is well. */
    private static Optional<Work> reset(Picture picture, List<Wait> waits) {
        boolean calm = picture.masters().missing() > 0 && picture.masters().coming().isEmpty() && picture.blanks.isEmpty() && waits.isEmpty()
            && picture.observation.moving().isEmpty() && picture.reports.values().stream().noneMatch(Report::leaving)
            && picture.nodes.size() == picture.observation.asked().map(Asked::nodes).orElse(0);
        List<Host> over = calm ? over(picture).stream().filter(replica -> !picture.observation.sentWithin("reset " + replica.id(), RESET_MS)).toList() : List.of();
        return over.isEmpty() ? Optional.empty()
            : Optional.of(new Work(over.stream().<Action>map(replica -> new Action.Reset(replica.address(), replica.id(), replica.master().orElseThrow())).toList(),
                (over.size() == 1 ? "another master is" : over.size() + " more masters are") + " asked for, and no pod is blank: " + over + ", which "
                    + (over.size() == 1 ? "its shard does not need, becomes one" : "their shards do not need, become some")));
    }

    /** As many replicas as masters are missing, from those shards that have most. */
    private static List<Host> over(Picture picture) {
        int least = MasterPlan.replicasEach(picture);
        SortedMap<NodeId, List<Host>> rest = new TreeMap<>();
        picture.liveOwners().stream().filter(master -> master.state().facts().stateOk())
            .forEach(master -> rest.put(master.id(), new ArrayList<>(picture.replicasOf(master.id()))));
        List<Host> over = new ArrayList<>();
        while (over.size() < picture.masters().missing()) {
            Optional<Map.Entry<NodeId, List<Host>>> most = rest.entrySet().stream()
                .filter(shard -> shard.getValue().stream().filter(picture::isInSync).count() > least)
                .max(Comparator.<Map.Entry<NodeId, List<Host>>>comparingInt(shard -> shard.getValue().size()).thenComparing(Map.Entry::getKey));
            if (most.isEmpty()) {
                break;
            }
            over.add(most.get().getValue().removeLast());
        }
        return over;
    }

    /** Unequal parts alone wait until all else is well. */
    private static boolean isUrgent(Picture picture) {
        return !picture.masters().going().isEmpty() || !picture.masters().coming().isEmpty() || !picture.observation.moving().isEmpty();
    }

    private static boolean allAreHere(Picture picture) {
        return picture.blanks.isEmpty() && picture.nodes.size() >= picture.observation.asked().map(Asked::nodes).orElse(0);
    }

    /** See {@link Picture#shares}; nothing while somebody owns slots and is not here. */
    static List<Layout.Share> shares(Picture picture) {
        MasterPlan plan = picture.masters();
        if (picture.liveOwners().isEmpty() || picture.liveOwners().size() < picture.owned.size() || !picture.unclaimed.isEmpty()
            || picture.observation.asked().filter(a -> a.nodes() > 0).isEmpty()) {
            return List.of();
        }
        SortedSet<NodeId> masters = Stream.concat(plan.staying().stream(), plan.coming().stream()).map(Host::id)
            .collect(Collectors.toCollection(TreeSet::new));
        return masters.isEmpty() ? List.of() : Layout.shares(new TreeMap<>(picture.owned), masters, plan.awaited());
    }

    private static String reason(Picture picture) {
        MasterPlan plan = picture.masters();
        int wanted = plan.staying().size() + plan.coming().size();
        if (!plan.going().isEmpty()) {
            return wanted + " masters are asked for and " + (wanted + plan.going().size()) + " own slots";
        }
        return plan.coming().isEmpty() ? "the masters' parts are not equal" : wanted + " masters are asked for and " + plan.staying().size() + " own slots";
    }

    private static String describe(Stream<Layout.Share> shares, Picture picture) {
        return shares.map(share -> share.slots().size() + " slots from " + picture.name(share.source()) + " to " + picture.name(share.target()))
            .collect(Collectors.joining(", "));
    }

    private static Optional<String> obstacle(Layout.Share share, Picture picture) {
        Host source = picture.nodes.get(share.source());
        Host target = picture.nodes.get(share.target());
        String what = share.slots().size() + " slots are to go from " + source + " to " + target;
        for (Host each : List.of(source, target)) {
            if (Promote.isHandingOver(each.id(), picture) || each.isLeaving() && !(picture.masters().isGoing(each.id()) && MasterPlan.heirs(each, picture) == 0)) {
                return Optional.of(what + ", after " + each + " has handed over");
            }
            if (!each.state().facts().stateOk()) {
                return Optional.of(what + ": " + each + " says cluster_state:fail");
            }
            ClusterNode myself = each.table().myself();
            if (by(share, picture) == MoveBy.MIGRATION && !(myself.migrating().isEmpty() && myself.importing().isEmpty())) {
                // Redis refuses it: "all slot states must be STABLE to start a slot migration task".
                return Optional.of(what + ", when no slot stands open at " + each + " any more");
            }
        }
        if (mayBeHandingOver(source, picture) && picture.observation.waitedMs("move " + source.id() + " " + target.id()) < Promote.ELECTION_MS) {
            return Optional.of(what + ", when no replica of " + source + " that is not here can be taking over any more");
        }
        if (!knows(source, target) || !knows(target, source)) {
            return Optional.of(what + ", and they do not know each other yet");
        }
        if (!target.table().assigned().containsAll(share.slots())) {
            // Once it imports them it does not learn that any more.
            return Optional.of(what + ", and that one does not know yet whose they are");
        }
        if (!claimsItsOwn(target, picture)) {
            return Optional.of(what + ", and that one has not heard yet that others have slots of it");
        }
        if (!epochsAreSettled(source, target, picture)) {
            return Optional.of(what + ", and not all masters have heard of each other's epochs yet");
        }
        boolean waits = picture.masters().isComing(target.id()) && MasterPlan.replicasEach(picture) > 0
            && picture.replicasOf(target.id()).stream().noneMatch(picture::isInSync)
            && picture.observation.waitedMs("move " + source.id() + " " + target.id()) < REPLICA_MS;
        return waits ? Optional.of(what + ", when it has a replica in sync") : Optional.empty();
    }

    /**
     * Who led before may have asked a replica that is not here now for a hand-over; not one that was leaving. It knows of no slot that stands open, would
     * tell clients of keys that have gone already that there are none, and win back slots of which it has not heard yet that they have gone.
     */
    private static boolean mayBeHandingOver(Host source, Picture picture) {
        return source.isLeaving() && picture.followersOf(source.id()).stream()
            .anyMatch(id -> !picture.nodes.containsKey(id) && !Fate.hasLeft(id, picture) && !(Fate.of(id, picture) instanceof Fate.Proven));
    }

    /**
     * The target takes the slots with an epoch higher than all that it knows of ({@code clusterBumpConfigEpochWithoutConsensus}). If another master has
     * that one, or the source has one that another has as well, one of the two takes a new one ({@code clusterHandleConfigEpochCollision}): a source that
     * does so while it still claims the slots gets them back, and then gives them to a target that does not know of it.
     */
    static boolean epochsAreSettled(Host source, Host target, Picture picture) {
        return picture.liveMasters().stream().map(host -> host.table().myself()).allMatch(line -> line.configEpoch() <= target.state().facts().currentEpoch()
            && (line.id().equals(source.id()) || line.configEpoch() != source.table().myself().configEpoch()));
    }

    /** With a new epoch it would win back what others have got of its slots, and does not know of yet. */
    static boolean claimsItsOwn(Host master, Picture picture) {
        return picture.slotsOf(master.id()).containsAll(master.table().myself().slots());
    }

    private static boolean knows(Host who, Host whom) {
        return who.table().line(whom.id()).filter(line -> line.isIntroduced() && line.isMaster() && !line.is(NodeFlag.NOADDR)
            && !line.is(NodeFlag.FAIL) && line.address().filter(whom.address()::equals).isPresent()).isPresent();
    }

    /** Where the target has a replica in sync, that one is to have the keys too before more are moved. */
    static Action.MoveSlots move(NodeId source, NodeId target, SlotSet slots, MoveBy by, Picture picture) {
        SortedSet<Address> others = new TreeSet<>();
        picture.liveOwners().stream().filter(h -> !h.id().equals(source) && !h.id().equals(target)).forEach(h -> others.add(h.address()));
        boolean copied = picture.replicasOf(target).stream().anyMatch(picture::isInSync);
        return new Action.MoveSlots(new Move(source, picture.nodes.get(source).address(), target, picture.nodes.get(target).address(), slots, others),
            copied ? 1 : 0, by);
    }

    /** By themselves, if both servers have the same command for it. */
    private static MoveBy by(Layout.Share share, Picture picture) {
        MoveBy source = picture.nodes.get(share.source()).state().facts().atomic().by();
        return source == picture.nodes.get(share.target()).state().facts().atomic().by() ? source : MoveBy.MIGRATE;
    }

    /** Whether this node gives or takes slots now: what others know of it lags behind, and that is no fault. */
    static boolean isMoving(NodeId id, Picture picture) {
        return picture.observation.moving().stream().anyMatch(move -> move.involves(id));
    }

    /** Whether slots of it stand open, at itself or at another: who would take its place does not know of that. */
    static boolean hasOpenSlots(Host master, Picture picture) {
        ClusterNode myself = master.table().myself();
        return !myself.migrating().isEmpty() || !myself.importing().isEmpty() || isOpenTo(master.id(), picture.nodes.values());
    }

    private static boolean isOpenTo(NodeId id, Collection<Host> hosts) {
        return hosts.stream().map(h -> h.table().myself())
            .anyMatch(line -> line.migrating().containsValue(id) || line.importing().containsValue(id));
    }
}
