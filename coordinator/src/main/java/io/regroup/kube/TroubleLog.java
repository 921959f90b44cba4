package io.regroup.kube;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/** Logs that something does not work when that begins or changes, and when it is over; not every attempt between. */
final class TroubleLog {
    private final Logger log;
    private final LongSupplier nanoTime;
    private Optional<String> last = Optional.empty();
    private long since;

    TroubleLog(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
    }

    synchronized void trouble(String sentence) {
        if (last.isEmpty()) {
            since = nanoTime.getAsLong();
        }
        if (!last.equals(Optional.of(sentence))) {
            log.warn("{}", sentence);
            last = Optional.of(sentence);
        }
    }

    synchronized void over(String sentence) {
        if (last.isPresent()) {
            log.info("{}, after {} s without", sentence, Duration.ofNanos(nanoTime.getAsLong() - since).toSeconds());
            last = Optional.empty();
        }
    }

    /** The trouble of now; empty when there is none. */
    synchronized Optional<String> now() {
        return last;
    }
}
