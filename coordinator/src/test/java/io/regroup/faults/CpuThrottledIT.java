package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

/** Nothing has failed, and all pods are short of CPU for a while ({@code -Dlong=600}, seconds). */
class CpuThrottledIT extends FaultStory {

    /** At the limit in so many of its periods, or the limit tells nothing. */
    private static final double BITES = 0.5;

    @Story("a third of a core for all processes of all pods, which would take six, for {long}: nothing is done")
    void allTogetherHaveAThirdOfACore() throws InterruptedException {
        nothingHappens(() -> {
            double throttled = throttle(1.0 / 3, LONG);
            cluster.measured(String.format("throttled in %.0f %% of all periods", 100 * throttled));
            assertThat(throttled).as("share of the periods in which the pods had to wait").isGreaterThan(BITES);
        });
    }
}
