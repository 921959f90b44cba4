package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.ShardLoss;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

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
        if (picture.nodes.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        Optional<Work> first = picture.unheard.isEmpty() ? HalfMoved.finish(picture, waits).or(() -> HalfMoved.close(picture, waits)) : Optional.empty();
        if (first.isEmpty() && picture.unheard.isEmpty()) {
            first = fromAstray(picture);
        }
        // Every grace runs, whatever else is to be done first, and while a report is late: on a busy machine one always is.
        for (var lost : LostShards.of(picture).entrySet()) {
            Optional<Work> work = LostShards.giveUp(lost.getKey(), lost.getValue(), picture, waits);
            first = first.isPresent() ? first : work;
        }
        if (!picture.unclaimed.isEmpty() && (first.isPresent() || !picture.unheard.isEmpty())) {
            waits.add(new Wait(UNCLAIMED, nobodys(picture)
                + (first.isPresent() ? "; something else comes first" : "; not all members have been heard")));
        } else if (!picture.unclaimed.isEmpty()) {
            first = give(picture, waits);
            // How long it has waited counts on: what is decided in calm is looked at once more before it is done.
            first.ifPresent(work -> waits.add(new Wait(UNCLAIMED, work.reason())));
        }
        return picture.unheard.isEmpty() ? first : Optional.empty();
    }

    /**
     * Slots of a server that takes no write: it had taken one to lose it again, and its master was told by hand to drop just that. The one that it copies
     * has all keys of them, and takes them back.
     */
    private static Optional<Work> fromAstray(Picture picture) {
        for (Host astray : picture.nodes.values()) {
            SlotSet slots = picture.slotsOf(astray.id());
            Optional<Host> master = astray.state().copiedAsMaster().or(() -> astray.state().toFollowAgain()).map(line -> picture.nodes.get(line.id()))
                .filter(h -> h.isMaster() && !h.copiesAsMaster() && !picture.observation.sentWithin("take " + h.id(), SETTLE_MS));
            Optional<NodeId> from = master.flatMap(h -> donor(h, picture));
            if (astray.copiesAsMaster() && !slots.isEmpty() && from.isPresent()) {
                Host taker = master.get();
                return Optional.of(new Work(new Action.TakeSlots(taker.address(), taker.id(), slots, slots.and(heldBy(taker)), from.get()),
                    astray + " has the slots " + slots + ", copies " + taker + ", and takes no write: " + taker + " takes them"));
            }
        }
        return Optional.empty();
    }

    private static String nobodys(Picture picture) {
        return "no node owns " + picture.unclaimed.size() + " slots (" + picture.unclaimed.brief() + ")";
    }

    /**
     * Replicas of each other: an UPDATE said that the one was the owner, as it had been before, and the master became its own replica's replica
     * ({@code clusterUpdateSlotsConfigWith}). They keep the keys, and nobody has the slots. Of one that is not here any more its follower's table tells:
     * nobody can forget its own master.
     */
    private static boolean isInCircle(Host host, Picture picture) {
        Optional<NodeId> next = host.master();
        for (int i = 0; i < picture.known().size() && next.isPresent(); i++) {
            if (next.get().equals(host.id())) {
                return true;
            }
            next = masterOf(next.get(), host, picture);
        }
        return false;
    }

    private static Optional<NodeId> masterOf(NodeId id, Host teller, Picture picture) {
        return Optional.ofNullable(picture.nodes.get(id)).map(Host::master).orElseGet(() -> teller.table().line(id).flatMap(ClusterNode::master));
    }

    private static boolean hasJustBeenLeft(Picture picture) {
        return picture.nodes.keySet().stream().anyMatch(id -> picture.observation.sentWithin("leave circle " + id, SETTLE_MS));
    }

    /**
     * Who has most of the data is a master of nothing again, and its keys tell which slots were its. One that is not here may have more of them, as long
     * as its end is not certain.
     */
    private static Optional<Work> leaveCircle(List<Host> circle, String what, Picture picture, List<Wait> waits) {
        String whose = what + ": " + circle.stream().map(h -> h + " follows " + picture.name(h.master().orElseThrow())).collect(Collectors.joining(", "))
            + ", in a circle, and may have them";
        Optional<NodeId> away = circle.stream().map(h -> h.master().orElseThrow()).filter(id -> !picture.nodes.containsKey(id))
            .filter(id -> !(Fate.of(id, picture) instanceof Fate.Proven)).findFirst();
        if (away.isPresent()) {
            waits.add(new Wait(UNCLAIMED, whose + "; " + picture.name(away.get()) + " is not here, and may have more of them ("
                + Fate.of(away.get(), picture).words() + ")"));
            return Optional.empty();
        }
        return circle.stream().max(Comparator.<Host, Boolean>comparing(h -> !h.isLeaving()).thenComparing(Heir.byOffset()))
            .map(h -> new Work(new Action.LeaveCircle(h.address(), h.id(), h.master().orElseThrow()), whose + ": " + h + " follows nobody any more"));
    }

    private static Optional<Work> give(Picture picture, List<Wait> waits) {
        long waited = picture.observation.waitedMs(UNCLAIMED);
        String what = nobodys(picture);
        if (waited < SETTLE_MS) {
            waits.add(new Wait(UNCLAIMED, what + "; they stay as they are for " + SETTLE_MS / 1000 + " s"));
            return Optional.empty();
        }
        List<Host> circle = picture.nodes.values().stream().filter(h -> isInCircle(h, picture)).toList();
        if (hasJustBeenLeft(picture)) {
            waits.add(new Wait(UNCLAIMED, what + "; it is still to be seen what the one has of them that followed its own replica"));
            return Optional.empty();
        }
        if (circle.stream().anyMatch(h -> h.state().facts().keys() > 0)) {
            return leaveCircle(circle, what, picture, waits);
        }
        Optional<Work> kept = giveToHolder(what, picture);
        if (kept.isPresent()) {
            return kept;
        }
        Optional<Work> back = giveBack(what, picture);
        if (back.isPresent()) {
            return back;
        }
        List<Host> copies = copies(picture);
        if (!copies.isEmpty()) {
            return unfollow(copies, what, picture, waits);
        }
        SortedSet<String> unmet = membersWithUnheardNodes(picture);
        ShardLoss policy = picture.observation.policy();
        boolean haveEnded = policy.reassign() && picture.observation.ended().keySet().containsAll(unmet) && waited >= policy.graceMs();
        if (!unmet.isEmpty() && !haveEnded) {
            waits.add(new Wait(UNCLAIMED, what + "; they may be those of nodes that none here has heard: of " + unmet + ", which may return"));
            return Optional.empty();
        }
        int missing = missingMasters(picture);
        List<Host> empties = Attach.empties(picture).stream().filter(h -> hasMetAnOwner(h, picture)).toList();
        if (missing > 0 && empties.isEmpty() && waited < SETTLE_MS + REPLACEMENT_MS && mayComeBlank(picture)) {
            waits.add(new Wait(UNCLAIMED, what + "; they wait for a blank node to become their master"));
            return Optional.empty();
        }
        // Of fewer slots than masters wait for some, each takes one: the first piece of a finer cut has none.
        int pieces = empties.isEmpty() ? 1 : Math.clamp(missing - deserted(picture), 1, picture.unclaimed.size());
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
        Optional<NodeId> from = donor(node, picture);
        if (from.isEmpty()) {
            waits.add(new Wait(UNCLAIMED, what + "; " + node + " knows no other master yet"));
            return Optional.empty();
        }
        return Optional.of(new Work(
            new Action.TakeSlots(node.address(), node.id(), slots, slots.and(heldBy(node)), from.get()),
            what + ": " + node + " takes " + slots.size() + " of them"));
    }

    /** With slots, those that have met only each other yet would be a cluster of their own. */
    private static boolean hasMetAnOwner(Host host, Picture picture) {
        return picture.liveOwners().isEmpty()
            || picture.liveOwners().stream().anyMatch(owner -> host.table().line(owner.id()).filter(ClusterNode::isIntroduced).isPresent());
    }

    /** Fewer pods are part of the cluster than are asked for, of those that stay: another one is here already, or Kubernetes will make it. */
    private static boolean mayComeBlank(Picture picture) {
        long part = picture.nodes.values().stream().filter(host -> !host.isLeaving()).count();
        return picture.observation.asked().filter(asked -> asked.nodes() <= part).isEmpty();
    }

    /** Members that are away and had a node of which no table here tells, or no more than that there is one: only that one itself knows what it owns. */
    private static SortedSet<String> membersWithUnheardNodes(Picture picture) {
        SortedSet<String> members = new TreeSet<>();
        picture.missing().forEach((member, seat) -> seat.node().filter(id -> !picture.known().contains(id) || isHearsay(id, picture))
            .ifPresent(id -> members.add(member)));
        return members;
    }

    /**
     * Whether those that are here know this node by gossip only, which names nodes and tells neither slots nor epochs ({@code
     * clusterProcessGossipSection}): they joined while it was cut off, and all that had heard it itself are gone. A blank one looks the same.
     */
    private static boolean isHearsay(NodeId id, Picture picture) {
        List<ClusterNode> said = picture.saidOf(id);
        return !said.isEmpty() && picture.slotsOf(id).isEmpty()
            && said.stream().allMatch(line -> line.configEpoch() == 0 && line.master().isEmpty());
    }

    /** Slots that were on their way to a master when their owner and all its replicas were lost: what has arrived there is all there is of them. */
    private static Optional<Work> giveToHolder(String what, Picture picture) {
        for (Host host : picture.liveMasters()) {
            // Of what was to come at once nothing is here: the server throws it away.
            SlotSet arrived = HalfMoved.taken(host).minus(host.state().facts().atomic().slots()).and(picture.unclaimed);
            Optional<NodeId> from = donor(host, picture);
            if (!arrived.isEmpty() && from.isPresent() && !picture.observation.sentWithin("take " + host.id(), SETTLE_MS)) {
                return Optional.of(new Work(new Action.TakeSlots(host.address(), host.id(), arrived, arrived.and(heldBy(host)), from.get()),
                    what + ": " + host + " has keys of " + arrived.size() + " of them, and takes those"));
            }
        }
        return Optional.empty();
    }

    /**
     * Replicas of a master that is not here, and has no slot by any table: who knew whose they are is gone, for only that master itself tells it on the bus
     * ({@code clusterProcessPacket}; gossip does not), and it was not heard there, while its data was copied. Their keys tell.
     */
    private static List<Host> copies(Picture picture) {
        return picture.nodes.values().stream()
            .filter(h -> h.master().filter(id -> !picture.owned.containsKey(id) && !picture.nodes.containsKey(id)).isPresent())
            .filter(h -> !h.state().facts().strays().and(picture.unclaimed).isEmpty()).toList();
    }

    /** As a master of nothing it takes those of which it has keys. Its master may have more, as long as its end is not certain. */
    private static Optional<Work> unfollow(List<Host> copies, String what, Picture picture, List<Wait> waits) {
        Host best = copies.stream().max(Comparator.<Host, Boolean>comparing(h -> !h.isLeaving()).thenComparing(Heir.byOffset())).orElseThrow();
        NodeId master = best.master().orElseThrow();
        String whose = what + ": " + best + " has keys of " + best.state().facts().strays().and(picture.unclaimed).size() + " of them, and follows "
            + picture.name(master);
        if (!(Fate.of(master, picture) instanceof Fate.Proven)) {
            waits.add(new Wait(UNCLAIMED, whose + ", which is not here, and may have more of them (" + Fate.of(master, picture).words() + ")"));
            return Optional.empty();
        }
        if (picture.observation.sentWithin("unfollow " + best.id(), SETTLE_MS)) {
            waits.add(new Wait(UNCLAIMED, whose + ": it becomes a master"));
            return Optional.empty();
        }
        return Optional.of(new Work(new Action.Unfollow(best.address(), best.id(), master,
            best.table().line(master).map(ClusterNode::slots).orElse(SlotSet.NONE)), whose + ", which is dead: it follows that one no more"));
    }

    /**
     * Slots that a master has dropped by an operator's hand, DELSLOTS, and that others still give to it: what it has of their keys is
     * there. Redis never takes a slot away from a node because that one does not claim it any more ({@code clusterUpdateSlotsConfigWith}).
     */
    private static Optional<Work> giveBack(String what, Picture picture) {
        for (Host host : picture.nodes.values()) {
            SlotSet had = picture.kins.stream().flatMap(kin -> kin.roster().line(host.id()).stream()).map(ClusterNode::slots)
                .reduce(SlotSet.NONE, SlotSet::plus).and(picture.unclaimed);
            Optional<NodeId> from = donor(host, picture);
            if (host.isMaster() && !host.copiesAsMaster() && !had.isEmpty() && from.isPresent() && !picture.observation.sentWithin("take " + host.id(), SETTLE_MS)) {
                return Optional.of(new Work(new Action.TakeSlots(host.address(), host.id(), had, had.and(heldBy(host)), from.get()),
                    what + ": " + host + " had " + had.size() + " of them, and takes them back"));
            }
        }
        return Optional.empty();
    }

    /** Slots that its table gives to anyone: Redis adds none of these. */
    static SlotSet heldBy(Host taker) {
        return taker.table().roster().lines().values().stream().map(ClusterNode::slots).reduce(SlotSet.NONE, SlotSet::plus);
    }

    /**
     * Any other master: SETSLOT IMPORTING wants a source, and asks nothing of it. The only master that is left is its own: none will come before it
     * has the slots.
     */
    static Optional<NodeId> donor(Host taker, Picture picture) {
        return taker.table().others().values().stream()
            .filter(n -> n.isMaster() && n.isIntroduced()).map(ClusterNode::id).findFirst()
            .or(() -> Optional.of(taker.id()).filter(id -> picture.liveMasters().stream().allMatch(h -> h.id().equals(id))));
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
