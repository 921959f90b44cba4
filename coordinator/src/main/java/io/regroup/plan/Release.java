package io.regroup.plan;

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
            boolean owns = picture.nodeAt(report).filter(picture.owned::containsKey).isPresent();
            if (allGo || !owns) {
                releases.add(new Action.Release(report.member()));
                reasons.add(report.member() + (allGo ? " (all go)" : " (owns no slot)"));
            }
        }
        return releases.isEmpty() ? Optional.empty()
            : Optional.of(new Work(releases, "may end: " + String.join(", ", reasons)));
    }
}
