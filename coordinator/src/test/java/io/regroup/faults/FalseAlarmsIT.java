package io.regroup.faults;

import java.time.Duration;

/**
 * Nothing has failed, and packets are late or lost for a while ({@code -Dlong=600}, seconds). {@code FalseAlarmBench} measures that and too little
 * CPU at once.
 */
class FalseAlarmsIT extends FaultStory {

    @Override
    boolean strikesAlone() {
        return false;
    }

    @Story("50 ms delay each way and 2 % of all packets lost for {long}: nothing is done")
    void packetsAreLateAndSomeAreLost() throws InterruptedException {
        nothingHappens(() -> slow(Duration.ofMillis(50), 0.02, LONG));
    }
}
