package io.regroup.faults;

import java.time.Duration;

/** Nothing has failed, and all is slow for a while ({@code -Dlong=600}, seconds). {@code FalseAlarmBench} measures both at once. */
class FalseAlarmsIT extends FaultStory {

    @Story("50 ms delay each way and 2 % of all packets lost for {long}: nothing is done")
    void packetsAreLateAndSomeAreLost() throws InterruptedException {
        nothingHappens(() -> slow(Duration.ofMillis(50), 0.02, LONG));
    }

    @Story("a third of a core for all processes of all pods for {long}: nothing is done")
    void allTogetherHaveAThirdOfACore() throws InterruptedException {
        nothingHappens(() -> cluster.measured(String.format("throttled in %.0f %% of all periods", 100 * throttle(1.0 / 3, LONG))));
    }
}
