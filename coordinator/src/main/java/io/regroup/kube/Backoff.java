package io.regroup.kube;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: doubling up to a limit, and at random between half of that and all of it,
 * so that the pods of a deployment do not all come at once when the API server is back.
 */
final class Backoff {
    private final long firstMillis;
    private final long maxMillis;
    private final RandomGenerator random;
    private long nextMillis;

    Backoff(Duration first, Duration max, RandomGenerator random) {
        this.firstMillis = first.toMillis();
        this.maxMillis = max.toMillis();
        this.random = random;
        this.nextMillis = firstMillis;
    }

    Duration next() {
        long whole = nextMillis;
        nextMillis = Math.min(maxMillis, whole * 2);
        return Duration.ofMillis(random.nextLong(whole / 2, whole + 1));
    }

    void reset() {
        nextMillis = firstMillis;
    }
}
