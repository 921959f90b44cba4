package io.regroup.lead;

import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.Ended;
import io.regroup.model.Report;
import io.regroup.model.ServerFacts;

/** Whether a report tells anything that a decision could depend on: most only repeat the one before, a little further on. */
final class News {

    private News() {
    }

    static boolean isNews(Report before, Report next) {
        return before.round() != next.round() || before.leaving() != next.leaving() || !before.stored().equals(next.stored())
            || !before.redis().equals(next.redis()) || !before.masterProbe().equals(next.masterProbe())
            || !before.primary().equals(next.primary()) || !isSame(before, next);
    }

    private static boolean isSame(Report before, Report next) {
        if (before.state() instanceof Answering was && next.state() instanceof Answering is) {
            ServerFacts a = was.facts();
            ServerFacts b = is.facts();
            return was.table().equals(is.table()) && a.stateOk() == b.stateOk() && a.linkUp() == b.linkUp()
                && a.synced() == b.synced() && (a.keys() == 0) == (b.keys() == 0);
        }
        return before.state() instanceof Ended && next.state() instanceof Ended || before.state().equals(next.state());
    }
}
