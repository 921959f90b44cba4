package io.regroup.faults;

import io.regroup.local.LocalPod.Process;
import java.time.Duration;

/** Processes stop for a while and go on as if nothing had happened. The node timeout is 2 s. */
class FreezesIT extends FaultStory {

    @Override
    boolean strikesAlone() {
        return false;
    }

    @Story("redis-server of a master is frozen for 0.5 s")
    void redisOfAMasterIsFrozenForHalfASecond() throws InterruptedException {
        int master = master();
        suffer(NOTHING, NO_GAP, () -> freeze(Duration.ofMillis(500), master, Process.REDIS));
    }

    @Story("redis-server of a master is frozen for 10 s: its own member lives and gets no answer, Redis' election decides")
    void redisOfAMasterIsFrozenForTenSeconds() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(Duration.ofSeconds(11)), ELECTION, () -> freeze(Duration.ofSeconds(10), master, Process.REDIS));
    }

    @Story("a master's pod is frozen for 10 s")
    void aMastersPodIsFrozenForTenSeconds() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(Duration.ofSeconds(11)), ELECTION, () -> freeze(Duration.ofSeconds(10), master, Process.REDIS, Process.COORDINATOR));
    }

    @Story("the leader is frozen for a minute")
    void theLeaderIsFrozenForAMinute() throws InterruptedException {
        int leader = leader();
        suffer(NOTHING, NO_GAP, () -> freeze(Duration.ofMinutes(1), leader, Process.COORDINATOR));
    }
}
