package io.regroup.plan;

import io.regroup.model.NodeId;
import io.regroup.model.Report;
import io.regroup.plan.Decision.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A terminating pod may go once it owns no slot that another could own, or when nobody is left to take over (S7). */
final class Release implements Step {

    @Override
    public String name() {
        return "release";
    }

    /** The master, dead or unheard of, whose data nobody else here has who stays. */
    private static Optional<NodeId> shardItKeeps(Report report, Picture picture) {
        return Picture.tableAt(report).flatMap(table -> table.myself().master())
            .filter(picture.owned::containsKey)
            .filter(master -> !picture.nodes.containsKey(master))
            .filter(master -> picture.replicasOf(master).stream()
                .noneMatch(h -> !h.isLeaving() && h.state().facts().synced()));
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        boolean allGo = picture.observation.asked().filter(a -> a.nodes() == 0).isPresent()
            || picture.unheard.isEmpty() && picture.reports.values().stream().allMatch(Report::leaving) && Quorum.nobodyElseIsLeft(picture);
        List<Action> releases = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Report report : picture.reports.values()) {
            if (!report.leaving() || picture.observation.sentWithin("release " + report.member(), 2000)) {
                continue;
            }
            boolean owns = Picture.nodeAt(report).filter(picture.owned::containsKey).isPresent();
            Optional<NodeId> shard = shardItKeeps(report, picture);
            if (allGo || !owns && shard.isEmpty()) {
                releases.add(new Action.Release(report.member()));
                reasons.add(report.member() + (allGo ? " (all go)" : " (owns no slot)"));
            } else if (!owns) {
                waits.add(new Wait("leave " + report.member(), report.member() + " leaves, and has the only copy of the data of "
                    + picture.name(shard.get()) + " that is here"));
            }
        }
        return releases.isEmpty() ? Optional.empty()
            : Optional.of(new Work(releases, "may end: " + String.join(", ", reasons)));
    }
}
