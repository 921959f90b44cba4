package io.regroup.plan;

import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Step.Work;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A master that leaves hands its slots to its best replica while it still serves: writers wait until that one has all, and nothing is lost
 * (CLUSTER FAILOVER without an option).
 */
final class HandOver {

    private HandOver() {
    }

    static Optional<Work> of(Host master, Picture picture, List<Wait> waits) {
        if (picture.observation.asked().filter(a -> a.nodes() == 0).isPresent()) {
            return Optional.empty();
        }
        if (picture.masters().isGoing(master.id()) && MasterPlan.heirs(master, picture) == 0) {
            waits.add(new Wait("handover " + master.id(), master + " leaves when its " + picture.slotsOf(master.id()).size()
                + " slots have gone to the other masters"));
            return Optional.empty();
        }
        if (!picture.isPrimary()) {
            waits.add(new Wait("handover " + master.id(), master + " leaves, and hands over when this view is primary"));
            return Optional.empty();
        }
        Optional<Host> best = picture.replicasOf(master.id()).stream()
            .filter(h -> !h.isLeaving() && picture.isInSync(h))
            .max(Comparator.<Host, Boolean>comparing(h -> hearsMostMasters(h, picture)).thenComparing(Heir.byOffset()));
        if (best.isEmpty()) {
            waits.add(new Wait("handover " + master.id(), master + " leaves, and waits for a replica in sync to hand its "
                + picture.slotsOf(master.id()).size() + " slots to"));
            return Optional.empty();
        }
        if (Promote.isHandingOver(master.id(), picture)) {
            waits.add(new Wait("handover " + master.id(), master + " hands over to " + best.get()));
            return Optional.empty();
        }
        if (!hearsMostMasters(best.get(), picture)) {
            waits.add(new Wait("handover " + master.id(), master + " leaves, and hands over to " + best.get()
                + " when that one hears a majority of the masters, which have to vote for it"));
            return Optional.empty();
        }
        if (Rebalance.isMoving(master.id(), picture) && HalfMoved.isBeingFinished(master.id(), picture)) {
            waits.add(new Wait("handover " + master.id(), master + " hands over to " + best.get() + " when what is half moved of its slots has arrived"));
            return Optional.empty();
        }
        if (Rebalance.isMoving(master.id(), picture)) {
            // A report may be older than the slot that was opened since, and the keys of that have gone already.
            waits.add(new Wait(Promote.stopping(master.id()), master + " hands over to " + best.get() + " when the moves of its slots have stopped"));
            return Optional.empty();
        }
        if (Rebalance.hasOpenSlots(master, picture) || HalfMoved.anyOf(master.id(), picture)) {
            waits.add(new Wait("handover " + master.id(), master + " hands over to " + best.get() + " when no slot of it is half moved"));
            return Optional.empty();
        }
        if (Heir.claimsAnothers(best.get(), master.id(), picture)) {
            // Also one that is not here now: what it has taken in since is nowhere else.
            waits.add(new Wait("handover " + master.id(), master + " hands over to " + best.get()
                + " when they have heard that slots of it have gone to another master"));
            return Optional.empty();
        }
        return Optional.of(new Work(
            new Action.Promote(best.get().address(), best.get().id(), master.id(), Promotion.HANDOVER),
            master + " leaves: " + best.get() + " takes over its slots"));
    }

    /**
     * A replica takes for voters the masters whose slots it knows, and only they themselves tell it (gossip names nodes, no slots). One that has joined on
     * the smaller side of a split knows its own master alone, which votes for it also where the other side has elected another one by now
     * ({@code clusterHandleSlaveFailover}). The one that leaves takes no writes there meanwhile: it knows that it hears too few.
     */
    private static boolean hearsMostMasters(Host heir, Picture picture) {
        long heard = picture.owned.keySet().stream().filter(owner -> heir.table().line(owner)
            .filter(line -> !line.slots().isEmpty() && Heir.isHeard(line)).isPresent()).count();
        return Quorum.isMajority(heard, picture.owned.size());
    }
}
