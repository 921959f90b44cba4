package io.regroup.move;

import java.util.Locale;
import java.util.Optional;

/**
 * How far the slots are that move now.
 *
 * @param ms   since when, in ms
 * @param left how long it will be until all have moved that are to, in ms, if they take as long as those that are done
 */
public record UnderWay(Progress progress, long ms, Optional<Long> left) {

    /** @param toMove slots that are to move in all, those under way among them */
    public static UnderWay of(Progress progress, long ms, int toMove) {
        return new UnderWay(progress, ms, progress.slots() == 0 ? Optional.empty() : Optional.of(ms * toMove / progress.slots()));
    }

    public double megabytesPerSecond() {
        return progress.bytes() / 1e3 / Math.max(1, ms);
    }

    /** For the status, the log and events. */
    public String words() {
        return String.format(Locale.ROOT, "%d slots, %d keys, %.1f MB in %.1f s (%.1f MB/s)%s", progress.slots(), progress.keys(),
            progress.bytes() / 1e6, ms / 1e3, megabytesPerSecond(), left.map(l -> ", about " + (l + 999) / 1000 + " s left").orElse(""));
    }
}
