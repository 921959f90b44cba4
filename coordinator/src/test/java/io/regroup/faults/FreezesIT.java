package io.regroup.faults;

import io.regroup.local.LocalPod.Process;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Processes stop for a while and go on as if nothing had happened. The node timeout is 2 s. */
class FreezesIT extends FaultStory {

    @Test
    void redisOfAMasterIsFrozenForHalfASecond() throws InterruptedException {
        int master = master();
        suffer(NOTHING, () -> freeze(Duration.ofMillis(500), master, Process.REDIS));
    }

    @Test
    void redisOfAMasterIsFrozenForTenSeconds() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(Duration.ofSeconds(11)), () -> freeze(Duration.ofSeconds(10), master, Process.REDIS));
    }

    @Test
    void aMastersPodIsFrozenForTenSeconds() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(Duration.ofSeconds(11)), () -> freeze(Duration.ofSeconds(10), master, Process.REDIS, Process.COORDINATOR));
    }

    @Test
    void theLeaderIsFrozenForAMinute() throws InterruptedException {
        int leader = leader();
        suffer(NOTHING, () -> freeze(Duration.ofMinutes(1), leader, Process.COORDINATOR));
    }
}
