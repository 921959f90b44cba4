package io.regroup.plan;

import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What it would cost to lose each pod, for Kubernetes, which deletes the cheapest first when fewer are asked for
 * ({@code controller.kubernetes.io/pod-deletion-cost}): replicas that are over, then replicas, masters last. Among equals the shard
 * comes first that would be emptied.
 */
final class Worth {

    private static final int EXTRA = 100;
    private static final int REPLICA = 10_000;
    private static final int MASTER = 20_000;

    private Worth() {
    }

    /** By member; only of a whole cluster, in which nothing is on its way. */
    static SortedMap<String, Integer> of(Picture picture) {
        SortedMap<String, Integer> costs = new TreeMap<>();
        if (!picture.isPrimary() || picture.pending().isPresent() || picture.reports.values().stream().anyMatch(r -> r.leaving())) {
            return costs;
        }
        int each = MasterPlan.replicasEach(picture);
        List<Host> shards = picture.liveOwners().stream().sorted(Comparator.comparing(Host::id).reversed()).toList();
        for (int rank = 0; rank < shards.size(); rank++) {
            Host master = shards.get(rank);
            costs.put(master.member(), MASTER + rank);
            List<Host> replicas = picture.replicasOf(master.id());
            for (int i = 0; i < replicas.size(); i++) {
                costs.put(replicas.get(i).member(), (i < each ? REPLICA : EXTRA) + rank);
            }
        }
        return costs;
    }
}
