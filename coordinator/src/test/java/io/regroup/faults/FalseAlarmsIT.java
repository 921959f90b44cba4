package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/** Nothing has failed, and all is slow for a while ({@code -Dlong=600}, seconds). {@code FalseAlarmBench} measures both at once. */
class FalseAlarmsIT extends FaultStory {

    /** At the limit in most of its periods, or the limit tells nothing. */
    private static final double BITES = 0.5;

    @Story("50 ms delay each way and 2 % of all packets lost for {long}: nothing is done")
    void packetsAreLateAndSomeAreLost() throws InterruptedException {
        nothingHappens(() -> slow(Duration.ofMillis(50), 0.02, LONG));
    }

    @Story("a third of a core for all processes of all pods, which would take six, for {long}: nothing is done")
    void allTogetherHaveAThirdOfACore() throws InterruptedException {
        nothingHappens(() -> {
            double throttled = throttle(1.0 / 3, LONG);
            cluster.measured(String.format("throttled in %.0f %% of all periods", 100 * throttled));
            assertThat(throttled).as("share of the periods in which the pods had to wait").isGreaterThan(BITES);
        });
    }
}
