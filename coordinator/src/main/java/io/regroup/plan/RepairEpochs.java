package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.RedisState.AtGate;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A master of which others show a higher epoch than its own: a stranger answered at an address that it had, and Redis takes that one's epoch
 * before it looks who it is ({@code clusterProcessPacket}). From then on no vote would be granted to its replicas, hand-overs included, for they
 * ask with its own epoch ({@code clusterSendFailoverAuthIfNeeded}). It takes a new one.
 *
 * <p>So does one whose slots a server that waits at its gate has on its volume with an epoch that is not older: it had taken that just before its
 * end, and nobody had heard of it.
 */
final class RepairEpochs implements Step {

    /** News of a promotion is known to all within so long, in ms. */
    static final long SETTLE_MS = 2000;

    @Override
    public String name() {
        return "epochs";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary() || !picture.unheard.isEmpty()) {
            return Optional.empty();
        }
        List<Action> due = new ArrayList<>();
        List<String> which = new ArrayList<>();
        for (Host master : picture.liveOwners()) {
            long own = master.table().myself().configEpoch();
            long shown = picture.saidOf(master.id()).stream().filter(ClusterNode::isMaster).mapToLong(ClusterNode::configEpoch).max().orElse(own);
            long waiting = waitingClaim(master, picture);
            // While slots of it move, a new epoch would win them back from whom they have gone to.
            if (shown <= own && waiting < own || Rebalance.isMoving(master.id(), picture) || Rebalance.hasOpenSlots(master, picture)) {
                continue;
            }
            String key = "epoch " + master.id();
            String what = master + " has the epoch " + own + (shown > own ? ", and others show " + shown + " for it"
                : ", and a server that waits at its gate claims its slots with " + waiting);
            waits.add(new Wait(key, what));
            if (picture.observation.waitedMs(key) >= SETTLE_MS && !picture.observation.sentWithin("bump " + master.id(), SETTLE_MS)) {
                due.add(new Action.BumpEpoch(master.address(), master.id()));
                which.add(what);
                if (shown <= own) {
                    // Who has the highest epoch of all takes no other one (clusterBumpConfigEpochWithoutConsensus): then another goes first.
                    lower(own, picture).ifPresent(other -> due.add(new Action.BumpEpoch(other.address(), other.id())));
                }
            }
        }
        // Two that take the same one at once settle it between them (clusterHandleConfigEpochCollision).
        return due.isEmpty() ? Optional.empty()
            : Optional.of(new Work(due, String.join(", ", which) + (due.size() > which.size() ? ": its claim would win; it takes a new one"
                : ": nobody would vote for its replicas; it takes a new one")));
    }

    /** The highest epoch with which a server that waits at its gate claims slots of this master; -1: none does. */
    static long waitingClaim(Host master, Picture picture) {
        return picture.stored.values().stream().filter(report -> report.state() instanceof AtGate)
            .flatMap(report -> report.stored().stream()).map(ClusterTable::myself)
            .filter(node -> node.isMaster() && !node.id().equals(master.id()) && !node.slots().and(picture.slotsOf(master.id())).isEmpty())
            .mapToLong(ClusterNode::configEpoch).max().orElse(-1);
    }

    private static Optional<Host> lower(long epoch, Picture picture) {
        return picture.liveOwners().stream().filter(host -> host.table().myself().configEpoch() < epoch && !Rebalance.isMoving(host.id(), picture)
            && !Rebalance.hasOpenSlots(host, picture)).findFirst();
    }
}
