package io.regroup.faults;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a story's time went into: one thing after the other, each with a name. */
final class Spent {

    private final Map<String, Long> nanos = new LinkedHashMap<>();
    private long since = System.nanoTime();

    /** All time from the last call until now went into this. */
    void on(String what) {
        long now = System.nanoTime();
        nanos.merge(what, now - since, Long::sum);
        since = now;
    }

    @Override
    public String toString() {
        return nanos.entrySet().stream().map(e -> String.format(Locale.ROOT, "%s %.1f s", e.getKey(), e.getValue() / 1e9))
            .collect(Collectors.joining(", "));
    }
}
