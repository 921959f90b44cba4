package io.regroup.faults;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Nothing has failed, and all is slow for a while ({@code -Dlong=600}, seconds). {@code FalseAlarmBench} measures both at once. */
class FalseAlarmsIT extends FaultStory {

    @Test
    void packetsAreLateAndSomeAreLost() throws InterruptedException {
        nothingHappens(() -> slow(Duration.ofMillis(50), 0.02, LONG));
    }

    @Test
    void allTogetherHaveAThirdOfACore() throws InterruptedException {
        nothingHappens(() -> cluster.measured(String.format("throttled in %.0f %% of all periods", 100 * throttle(1.0 / 3, LONG))));
    }
}
