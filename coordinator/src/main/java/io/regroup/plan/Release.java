package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.Silent;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A terminating pod may go once it owns no slot that another could own, or when nobody is left to take over (S7); and, where Kubernetes
 * gives the time, once its replacement is in sync.
 */
final class Release implements Step {

    /** How long those that leave wait for the pods that are to take their places, in ms. */
    private static final long REPLACEMENT_MS = 10_000;

    @Override
    public String name() {
        return "release";
    }

    /** The master, dead or unheard of, whose data nobody else here has who stays, or only those that were started again like it. */
    private static Optional<NodeId> shardItKeeps(Report report, Picture picture) {
        return Picture.tableAt(report).map(ClusterTable::myself).flatMap(itself -> picture.owned.keySet().stream()
            .filter(owner -> hasDataOf(itself, owner, picture))
            .filter(owner -> !picture.nodes.containsKey(owner))
            .filter(owner -> stay(owner, picture).allMatch(Host::isAsStarted))
            .findFirst());
    }

    /** Its replicas that have its data, and stay. */
    private static Stream<Host> stay(NodeId owner, Picture picture) {
        return picture.replicasOf(owner).stream().filter(h -> !h.isLeaving() && h.state().facts().synced());
    }

    /** Its replica, or one that is a master by its table since, or who was the master before it and may have heard nothing of that, or a replica of that one. */
    private static boolean hasDataOf(ClusterNode itself, NodeId owner, Picture picture) {
        Host host = picture.nodes.get(itself.id());
        return itself.master().filter(owner::equals).isPresent()
            || itself.isMaster() && !itself.slots().and(picture.slotsOf(owner)).isEmpty()
            || host != null && LostShards.isOfFormer(host, owner, picture)
            || host != null && !host.state().facts().copies() && host.state().copiedAsMaster().filter(line -> line.id().equals(owner)).isPresent();
    }

    /**
     * It has keys, and neither it nor whom it follows has a slot: they may be the last of slots that are nobody's. {@link RepairSlots} sees whose they are.
     */
    private static boolean mayKeepUnclaimed(ClusterNode itself, Picture picture) {
        Host host = picture.nodes.get(itself.id());
        return !picture.unclaimed.isEmpty() && !picture.owned.containsKey(itself.id()) && itself.master().filter(picture.owned::containsKey).isEmpty()
            && (host == null ? picture.stored.containsKey(itself.id()) : host.state().facts().keys() > 0);
    }

    /** All leave, and those that are to take their places have not come: a Deployment that is deleted unseen, or a drain of everything. */
    private static boolean nobodyStays(Picture picture, List<Wait> waits) {
        if (!picture.unheard.isEmpty() || !picture.reports.values().stream().allMatch(Report::leaving) || !Quorum.nobodyElseIsLeft(picture)) {
            return false;
        }
        waits.add(new Wait("all leave", "all members leave, and wait for others to take over"));
        return picture.observation.waitedMs("all leave") >= REPLACEMENT_MS;
    }

    /** Why one that owns nothing does not go yet. */
    private static Optional<String> hold(Report report, Picture picture) {
        if (Picture.nodeAt(report).filter(id -> Promote.isBeingPromoted(id, picture)).isPresent()) {
            return Optional.of(report.member() + " leaves, and has just been asked to become a master: first it is to be seen what came of that");
        }
        Optional<SlotSet> arriving = Picture.nodeAt(report).map(picture.nodes::get).filter(Host::isMaster).map(HalfMoved::taken).filter(s -> !s.isEmpty());
        if (arriving.isPresent()) {
            return Optional.of(report.member() + " leaves when " + arriving.get().size() + " slots that are on their way to it have arrived, and gone on");
        }
        if (Picture.tableAt(report).filter(table -> mayKeepUnclaimed(table.myself(), picture)).isPresent()) {
            return Optional.of(report.member() + " leaves when the " + picture.unclaimed.size()
                + " slots that no node owns have one: it may have the only copy of their data");
        }
        Optional<NodeId> lost = report.state() instanceof Silent ? LostShards.of(picture).keySet().stream().findFirst() : Optional.empty();
        if (lost.isPresent() && picture.observation.waitedMs("leave " + report.member()) < REPLACEMENT_MS) {
            return Optional.of(report.member() + " leaves when its Redis answers: it may have the only copy of the data of " + picture.name(lost.get()));
        }
        return shardItKeeps(report, picture)
            .map(shard -> report.member() + " leaves, and " + (stay(shard, picture).findAny().isEmpty() ? "has the only copy of the data of " + picture.name(shard) + " that is here"
                : "may have more of the data of " + picture.name(shard) + " than those who stay, which were started again: first one takes its place"))
            .or(() -> masterLeftAlone(report, picture)
                .filter(master -> picture.observation.waitedMs("leave " + report.member()) < REPLACEMENT_MS)
                .map(master -> report.member() + " leaves when " + master + " has another replica in sync"));
    }

    /** Its master, if that would have fewer replicas in sync than it is to have, and a replacement is on its way. */
    private static Optional<Host> masterLeftAlone(Report report, Picture picture) {
        Optional<Asked> asked = picture.observation.asked();
        Host master = Picture.tableAt(report).flatMap(table -> table.myself().master()).map(picture.nodes::get).orElse(null);
        if (asked.isEmpty() || master == null || !picture.owned.containsKey(master.id())) {
            return Optional.empty();
        }
        int wanted = Math.min(asked.get().replicas(), asked.get().nodes() / Math.max(1, asked.get().masters()) - 1);
        long others = picture.replicasOf(master.id()).stream().filter(h -> !h.isLeaving() && picture.isInSync(h)).count();
        return others >= wanted ? Optional.empty() : Optional.of(master);
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        boolean allGo = picture.observation.asked().filter(a -> a.nodes() == 0).isPresent() || nobodyStays(picture, waits);
        List<Action> releases = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Report report : picture.reports.values()) {
            if (!report.leaving() || picture.observation.sentWithin("release " + report.member(), 2000)) {
                continue;
            }
            if (!allGo && Picture.nodeAt(report).filter(picture.owned::containsKey).isPresent()) {
                continue;
            }
            Optional<NodeId> moving = Picture.nodeAt(report).filter(id -> Rebalance.isMoving(id, picture));
            if (!allGo && moving.isPresent()) {
                // Its report may be older than the slot that was opened for it since, and keys of that are here already.
                boolean ends = HalfMoved.isBeingFinished(moving.get(), picture);
                waits.add(new Wait(ends ? "leave " + report.member() : Promote.stopping(moving.get()),
                    report.member() + " leaves when the moves to it have " + (ends ? "ended" : "stopped")));
                continue;
            }
            Optional<String> hold = allGo ? Optional.empty() : hold(report, picture);
            if (hold.isPresent()) {
                waits.add(new Wait("leave " + report.member(), hold.get()));
            } else {
                releases.add(new Action.Release(report.member(), allGo));
                reasons.add(report.member() + (allGo ? " (all go)" : " (owns no slot)"));
            }
        }
        return releases.isEmpty() ? Optional.empty()
            : Optional.of(new Work(releases, "may end: " + String.join(", ", reasons)));
    }
}
