package io.regroup.kubernetes;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;

/** Waits for a condition that can say why it does not hold yet. */
final class Patience {

    /** How long a cluster may take to heal. A quiet machine needs seconds; this is for one that is busy with other things. */
    static final Duration HEALED = Duration.ofMinutes(4);

    private Patience() {
    }

    /** @param pending empty when it holds, otherwise the reason why not; a program that fails counts as such a reason */
    static void until(String what, Duration limit, Supplier<Optional<String>> pending) {
        AtomicReference<String> last = new AtomicReference<>("not looked yet");
        try {
            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(300)).atMost(limit).until(() -> {
                Optional<String> reason;
                try {
                    reason = pending.get();
                } catch (Program.Failed e) {
                    reason = Optional.of(e.getMessage());
                }
                reason.ifPresent(last::set);
                return reason.isEmpty();
            });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(what + ": not after " + limit.toSeconds() + " s: " + last.get(), e);
        }
    }
}
