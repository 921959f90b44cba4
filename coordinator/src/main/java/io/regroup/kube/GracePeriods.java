package io.regroup.kube;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the API server how long a pod that is being deleted may still run. */
final class GracePeriods {

    private static final Logger log = LoggerFactory.getLogger(GracePeriods.class);

    private final LeaderApi api;
    private final Clock clock;

    GracePeriods(LeaderApi api, Clock clock) {
        this.api = api;
        this.clock = clock;
    }

    /**
     * By {@code metadata.deletionTimestamp}, which is when the grace period is over, whoever chose it, not when the deletion was asked for.
     * Blocks as {@link PodEnds#ask} does, and never throws for what the network or the API server does.
     *
     * @return 0 when it is over; absent when it is not known, or the pod is not being deleted
     */
    Optional<Duration> left(String podName, String podUid) {
        try {
            PodFacts pod = PodFacts.of(api.pod(podName));
            if (pod.uid().equals(podUid) && pod.graceUntil().isPresent()) {
                Duration left = Duration.between(clock.instant(), Instant.parse(pod.graceUntil().get()));
                return Optional.of(left.isNegative() ? Duration.ZERO : left);
            }
        } catch (ApiRefused e) {
            log.debug("how long {} may still run is not known: {}", podName, e.getMessage());
        } catch (IOException e) {
            log.debug("how long {} may still run is not known: {}", podName, Failure.noAnswer(e));
        } catch (DateTimeParseException e) {
            log.debug("how long {} may still run is not known: {}", podName, e.getMessage());
        }
        return Optional.empty();
    }
}
