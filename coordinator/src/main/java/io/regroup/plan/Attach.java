package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Blank nodes join and become replicas: of a master that leaves and has nobody to hand over to first, then of orphaned ones, then
 * of those with the fewest. Replicas that follow nobody
 * who owns a slot follow one that does; a shard with more than its share gives one to an orphaned master.
 */
final class Attach implements Step {

    private static final long SETTLE_MS = 500;

    @Override
    public String name() {
        return "attach";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.unheard.isEmpty() || picture.nodes.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        Optional<Work> first = join(picture).or(() -> redirect(picture));
        if (first.isPresent()) {
            return first;
        }
        keepers(picture).forEach(h -> waits.add(new Wait("keys " + h.id(), h + " is a master without slots and has " + h.state().facts().keys()
            + " keys, which nobody may drop: delete its pod if they are not missed, and a blank one takes its place")));
        astray(picture).forEach(h -> waits.add(new Wait("astray " + h.id(), h + " copies "
            + h.state().copiesAsMaster().orElseThrow() + " and is a master by its table: its coordinator makes it that one's replica again; "
            + "if it stays so, restart its redis-server")));
        MasterPlan plan = picture.masters();
        List<Host> masters = Stream.concat(plan.staying().stream(), plan.coming().stream()).filter(h -> !Promote.isHandingOver(h.id(), picture))
            .filter(h -> !h.isLeaving() || stayingReplicas(h, picture).isEmpty()).toList();
        if (masters.isEmpty()) {
            return Optional.empty();
        }
        List<Host> free = new ArrayList<>(empties(picture));
        free.removeAll(plan.coming());
        free = free.subList(Math.min(free.size(), RepairSlots.reserved(picture)), free.size());
        List<Host> homeless = new ArrayList<>(free);
        homeless.addAll(strays(picture));
        astray(picture).filter(h -> isEmpty(h) && !h.isLeaving() && h.state().toFollowAgain().isEmpty()).forEach(homeless::add);
        homeless.removeIf(h -> picture.observation.sentWithin("replicate " + h.id(), SETTLE_MS));
        List<Host> ready = homeless.stream().filter(h -> knowsAll(h, masters) && !dialsItself(h) && !isTakenForOwner(h, picture)).toList();
        homeless.stream().filter(h -> !ready.contains(h)).forEach(h -> waits.add(new Wait("attach " + h.id(), h + " is joining: "
            + (dialsItself(h) ? "it does not know yet that who had its address is dead"
                : isTakenForOwner(h, picture) ? "others do not know yet that it has no slots any more" : "it does not know every master yet"))));
        if (!ready.isEmpty()) {
            List<Host> all = new ArrayList<>(homeless);
            picture.blanks.values().stream().filter(h -> !h.isLeaving()).forEach(all::add);
            return Optional.of(replicate(all, ready, masters, picture));
        }
        return homeless.isEmpty() ? relieve(masters, picture) : Optional.empty();
    }

    /**
     * A replica that was told by gossip where its master is now, and not by the master itself, has it right in its table and still dials
     * the old address: {@code clusterProcessGossipSection} changes the one, only {@code nodeUpdateAddressIfNeeded} both. It is told again. A master
     * that leaves needs it most.
     */
    private static Optional<Work> redirect(Picture picture) {
        for (Host master : picture.liveOwners()) {
            for (Host replica : picture.replicasOf(master.id())) {
                boolean knows = replica.table().line(master.id()).flatMap(ClusterNode::address).filter(master.address()::equals).isPresent();
                Optional<Address> dials = replica.state().facts().masterAt().filter(at -> !at.equals(master.address()));
                if (knows && dials.isPresent() && !Promote.isHandingOver(master.id(), picture)
                    && !picture.observation.sentWithin("replicate " + replica.id(), 2000)) {
                    return Optional.of(new Work(new Action.Replicate(replica.address(), replica.id(), master.id()),
                        replica + " looks for its master " + master + " at " + dials.get() + ", where it was: it is told again"));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Work> join(Picture picture) {
        SortedSet<Address> peers = new TreeSet<>();
        picture.nodes.values().forEach(h -> peers.add(h.address()));
        List<Action> joins = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Host blank : picture.blanks.values()) {
            if (!blank.isLeaving() && !picture.observation.sentWithin("join " + blank.address(), Heal.MEETING_MS)) {
                joins.add(new Action.Join(blank.address(), !blank.table().myself().slots().isEmpty(), peers));
                names.add(blank.toString());
            }
        }
        return joins.isEmpty() ? Optional.empty()
            : Optional.of(new Work(joins, "blank nodes join the cluster: " + String.join(", ", names)));
    }

    /** Masters of nothing that hold no key. */
    static List<Host> empties(Picture picture) {
        return slotless(picture).filter(Attach::isEmpty).toList();
    }

    static boolean isEmpty(Host slotless) {
        return slotless.table().myself().slots().isEmpty() && slotless.state().facts().keys() == 0;
    }

    /** Masters of nothing that hold keys, and that no slots are on their way to, or were: Redis refuses REPLICATE there, and so do we (S1). */
    private static List<Host> keepers(Picture picture) {
        return slotless(picture).filter(h -> h.state().facts().keys() > 0 && !Rebalance.isMoving(h.id(), picture) && HalfMoved.taken(h).isEmpty()).toList();
    }

    static Stream<Host> slotless(Picture picture) {
        return picture.nodes.values().stream().filter(h -> h.isMaster() && !h.copiesAsMaster() && !h.isLeaving() && !picture.owned.containsKey(h.id()));
    }

    /** Masters by their table that copy another. Redis takes REPLICATE there as long as they have no key. */
    private static Stream<Host> astray(Picture picture) {
        return picture.nodes.values().stream().filter(Host::copiesAsMaster);
    }

    /**
     * Replicas of a node that owns no slot, when whoever owns the ones that it had answers: what the replica holds is no last copy (S1).
     * It may not have heard of a promotion whose winner has died since. Of slots that were on their way to its master it has keys that whoever owns
     * them has no more.
     */
    private static List<Host> strays(Picture picture) {
        SortedSet<NodeId> targets = HalfMoved.targetsAway(picture);
        return picture.nodes.values().stream()
            .filter(h -> !h.isLeaving() && !picture.owned.containsKey(h.id())
                && h.master().filter(m -> !targets.contains(m) && !Rebalance.isMoving(m, picture))
                    .filter(m -> !picture.owned.containsKey(m) && !picture.masters().isComing(m) && !Promote.isBeingPromoted(m, picture)).isPresent())
            .filter(h -> areServed(hadBy(h), picture)).toList();
    }

    /** What its master has by its table. Where that is nothing and it has keys, somebody has taken the slots away there, and they may be of any (S1). */
    private static SlotSet hadBy(Host replica) {
        SlotSet slots = replica.master().flatMap(replica.table()::line).map(ClusterNode::slots).orElse(SlotSet.NONE);
        return slots.isEmpty() && replica.state().facts().keys() > 0 ? SlotSet.ALL : slots;
    }

    private static boolean areServed(SlotSet slots, Picture picture) {
        return picture.liveOwners().stream().map(h -> picture.slotsOf(h.id())).reduce(SlotSet.NONE, SlotSet::plus).containsAll(slots);
    }

    private static boolean knowsAll(Host host, List<Host> masters) {
        return masters.stream().allMatch(m -> host.table().line(m.id())
            .filter(line -> line.isIntroduced() && line.isMaster() && !line.is(NodeFlag.NOADDR)).isPresent());
    }

    /**
     * It talks to itself by a dead node's line: what it said before REPLICATE and hears after it would make it a master again, for good
     * ({@code clusterProcessPacket} sets the role of whoever the packet names).
     */
    private static boolean dialsItself(Host host) {
        return host.table().others().values().stream().anyMatch(line -> line.address().filter(host.address()::equals).isPresent());
    }

    /**
     * Somebody's table still gives it slots. As a replica it tells its new master's epoch, which may be higher than that of whoever has those slots
     * now; in such a table that makes its claim the newer one, and an UPDATE takes them from there, with their keys ({@code clusterProcessPacket}
     * takes the epoch from each packet, the role only from pings). The table on the volume of one that is just starting again is one of these.
     */
    private static boolean isTakenForOwner(Host slotless, Picture picture) {
        return Stream.concat(picture.saidOf(slotless.id()).stream(), picture.stored.values().stream().flatMap(report -> report.stored().stream())
            .flatMap(table -> table.line(slotless.id()).stream())).anyMatch(line -> line.isMaster() && !line.slots().isEmpty());
    }

    /** Places for all of them, so that the ones that are ready first leave good ones to the others; only they are sent. */
    private static Work replicate(List<Host> nodes, List<Host> ready, List<Host> masters, Picture picture) {
        SortedMap<NodeId, Integer> count = new TreeMap<>();
        masters.forEach(m -> count.put(m.id(), stayingReplicas(m, picture).size()));
        List<Host> places = new ArrayList<>();
        for (Host node : nodes) {
            Host next = masters.stream().filter(m -> !m.isLeaving() || count.get(m.id()) == 0)
                .min(Comparator.<Host, Boolean>comparing(m -> !m.isLeaving()).thenComparingInt(m -> count.get(m.id()))
                    .thenComparingInt(m -> closeness(node, m)).thenComparing(Host::id))
                .orElse(masters.getFirst());
            count.merge(next.id(), 1, Integer::sum);
            places.add(next);
        }
        spread(nodes, places);
        List<Action> actions = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (!ready.contains(nodes.get(i))) {
                continue;
            }
            actions.add(new Action.Replicate(nodes.get(i).address(), nodes.get(i).id(), places.get(i).id()));
            reasons.add(nodes.get(i) + " of " + places.get(i));
        }
        return new Work(actions, "masters without enough replicas get one: " + String.join(", ", reasons));
    }

    /** Swaps places as long as that takes replicas away from their master's machine or zone. */
    private static void spread(List<Host> nodes, List<Host> places) {
        boolean better = true;
        while (better) {
            better = false;
            for (int i = 0; i < places.size(); i++) {
                for (int j = i + 1; j < places.size(); j++) {
                    int now = closeness(nodes.get(i), places.get(i)) + closeness(nodes.get(j), places.get(j));
                    int swapped = closeness(nodes.get(i), places.get(j)) + closeness(nodes.get(j), places.get(i));
                    if (swapped < now) {
                        Host other = places.get(i);
                        places.set(i, places.get(j));
                        places.set(j, other);
                        better = true;
                    }
                }
            }
        }
    }

    /** What a replica shares with its master: a machine weighs more than a zone. Unknown is shared with nobody. */
    static int closeness(Host replica, Host master) {
        String machine = replica.report().pod().kubernetesNode();
        String zone = replica.report().pod().zone();
        return (!machine.isEmpty() && machine.equals(master.report().pod().kubernetesNode()) ? 2 : 0)
            + (!zone.isEmpty() && zone.equals(master.report().pod().zone()) ? 1 : 0);
    }

    private static List<Host> stayingReplicas(Host master, Picture picture) {
        return picture.replicasOf(master.id()).stream().filter(h -> !h.isLeaving()).toList();
    }

    /** One surplus replica goes to a master that leaves and has nobody to hand over to, or else to an orphaned one. */
    private static Optional<Work> relieve(List<Host> masters, Picture picture) {
        int wanted = picture.observation.asked().map(Asked::replicas).orElse(0);
        SortedMap<NodeId, Integer> counts = new TreeMap<>();
        masters.forEach(m -> counts.put(m.id(), stayingReplicas(m, picture).size()));
        Comparator<Host> bySize = Comparator.<Host>comparingInt(m -> counts.get(m.id())).thenComparing(Host::id);
        Host poorest = masters.stream().min(Comparator.<Host, Boolean>comparing(m -> !m.isLeaving()).thenComparing(bySize)).orElseThrow();
        int least = counts.get(poorest.id());
        int most = Collections.max(counts.values());
        if (poorest.isLeaving() ? most <= MasterPlan.replicasEach(picture) : least >= wanted || most < least + 2) {
            return Optional.empty();
        }
        return masters.stream().filter(m -> counts.get(m.id()) == most).flatMap(richest -> stayingReplicas(richest, picture).stream()
                .filter(h -> knowsAll(h, List.of(poorest)) && !isTakenForOwner(h, picture) && !picture.observation.sentWithin("replicate " + h.id(), 2000))
                .filter(h -> MasterPlan.replicasEach(picture) == 0 || stayingReplicas(richest, picture).stream().anyMatch(o -> o != h && picture.isInSync(o)))
                .map(h -> new Relief(h, richest, closeness(h, poorest) - closeness(h, richest))))
            .min(Comparator.comparingInt(Relief::loss).thenComparing(r -> r.replica().id()))
            .map(r -> new Work(new Action.Replicate(r.replica().address(), r.replica().id(), poorest.id()), poorest
                + (poorest.isLeaving() ? " leaves and has nobody to hand over to" : " is orphaned") + " and " + r.from()
                + " has more replicas than its share: " + r.replica() + " moves"));
    }

    private record Relief(Host replica, Host from, int loss) {
    }
}
