package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.NodeId;
import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who is to be a master: as many as are asked for, and those that are masters already before others. Nobody is emptied because
 * pods have died: only where no more are asked for, and no more are here.
 *
 * @param staying owners of slots that go on
 * @param going   owners of slots whose slots go to the others
 * @param coming  nodes without slots that are to get some, first those that some are on their way to: they have keys before the first slot is theirs
 * @param missing how many more could be masters, of the nodes that are here
 * @param awaited how many more are asked for, and their nodes are not here yet
 */
record MasterPlan(List<Host> staying, List<Host> going, List<Host> coming, int missing, int awaited) {

    static MasterPlan of(Picture picture) {
        List<Host> owners = picture.liveOwners();
        Optional<Asked> asked = picture.observation.asked().filter(a -> a.nodes() > 0);
        if (asked.isEmpty() || owners.isEmpty() || owners.size() < picture.owned.size() || !picture.unclaimed.isEmpty()) {
            return new MasterPlan(owners, List.of(), List.of(), 0, 0);
        }
        int here = here(picture);
        int wanted = Math.min(asked.get().masters(), asked.get().nodes());
        int surplus = here > asked.get().nodes() ? 0 : Math.max(0, owners.size() - wanted);
        List<Host> going = surplus == 0 ? List.of() : owners.stream().sorted(cheapestToEmpty(picture)).limit(surplus).toList();
        List<Host> staying = owners.stream().filter(h -> !going.contains(h)).toList();
        // Fewer than three masters have no majority that outlives one of them: three come before replicas do.
        int possible = Math.max(here / (1 + asked.get().replicas()), Math.min(Asked.LEAST_MASTERS, here));
        int lacking = Math.max(0, Math.min(wanted, possible) - staying.size());
        SortedMap<String, Integer> masters = new TreeMap<>();
        staying.forEach(h -> masters.merge(h.report().pod().kubernetesNode(), 1, Integer::sum));
        List<Host> coming = lacking == 0 ? List.of() : Attach.slotless(picture).filter(h -> Attach.isEmpty(h) || Rebalance.isMoving(h.id(), picture))
            .sorted(Comparator.<Host, Boolean>comparing(h -> !Rebalance.isMoving(h.id(), picture))
                .thenComparingInt(h -> -picture.replicasOf(h.id()).size())
                .thenComparingInt(h -> masters.getOrDefault(h.report().pod().kubernetesNode(), 0)).thenComparing(Host::id))
            .limit(lacking).toList();
        int awaited = here < asked.get().nodes() ? Math.max(0, wanted - staying.size() - lacking) : 0;
        return new MasterPlan(staying, going, coming, lacking - coming.size(), awaited);
    }

    /** Answering nodes whose pods stay. */
    private static int here(Picture picture) {
        return (int) (picture.nodes.values().stream().filter(h -> !h.isLeaving()).count()
            + picture.blanks.values().stream().filter(h -> !h.isLeaving()).count());
    }

    /** Those first whose pod goes and who have nobody to hand over to; then those whose shard is the smallest. */
    private static Comparator<Host> cheapestToEmpty(Picture picture) {
        return Comparator.<Host, Boolean>comparing(h -> !(h.isLeaving() && heirs(h, picture) == 0))
            .thenComparingLong(h -> heirs(h, picture)).thenComparing(h -> !h.isLeaving())
            .thenComparingInt(h -> picture.slotsOf(h.id()).size()).thenComparing(Host::id, Comparator.reverseOrder());
    }

    /** Replicas that stay when it goes. */
    static long heirs(Host master, Picture picture) {
        return picture.replicasOf(master.id()).stream().filter(h -> !h.isLeaving()).count();
    }

    /** How many replicas each master can have when all that are asked for are here. */
    static int replicasEach(Picture picture) {
        return picture.observation.asked().map(a -> Math.min(a.replicas(),
            Math.max(0, a.nodes() / Math.max(1, Math.min(a.masters(), a.nodes())) - 1))).orElse(0);
    }

    /** Fewer masters were asked for than Redis Cluster needs. */
    static Optional<String> remark(Picture picture) {
        return picture.observation.asked().filter(a -> a.nodes() > 0 && !picture.owned.isEmpty() && a.nodes() < a.masters() * (1 + a.replicas()))
            .map(a -> a.nodes() + " nodes are asked for, too few for " + a.masters() + " masters with " + a.replicas() + " replicas each: "
                + Math.min(a.nodes(), a.masters()) + " are masters, for fewer than " + Asked.LEAST_MASTERS
                + " have no majority that outlives one of them, and " + Math.max(0, a.nodes() - a.masters()) + " are replicas; ask for "
                + a.masters() * (1 + a.replicas()) + " or more");
    }

    boolean isGoing(NodeId id) {
        return going.stream().anyMatch(h -> h.id().equals(id));
    }

    boolean isComing(NodeId id) {
        return coming.stream().anyMatch(h -> h.id().equals(id));
    }
}
