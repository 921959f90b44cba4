package io.regroup.faults;

import io.regroup.local.LocalPod.Process;
import java.time.Duration;

/** Processes of one pod, or all of it, die under writes. */
class DeathsIT extends FaultStory {

    @Story("a master's pod is deleted gracefully")
    void aMastersPodIsDeletedGracefully() throws InterruptedException {
        int master = master();
        suffer(NOTHING, PROMOTION, () -> cluster.pod(master).delete().join());
    }

    @Story("redis-server of a master is killed")
    void redisOfAMasterIsKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, PROMOTION, () -> cluster.pod(master).kill(Process.REDIS));
    }

    @Story("the coordinator of a master is killed")
    void theCoordinatorOfAMasterIsKilled() throws InterruptedException {
        int master = master();
        suffer(NOTHING, NO_GAP, () -> cluster.pod(master).kill(Process.COORDINATOR));
    }

    @Story("both processes of a master are killed")
    void bothProcessesOfAMasterAreKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, PROMOTION, () -> cluster.pod(master).killBoth());
    }

    @Story("the leader's pod is killed")
    void theLeadersPodIsKilled() throws InterruptedException {
        int leader = leader();
        suffer(ON_ITS_WAY, PROMOTION, () -> cluster.pod(leader).kill());
    }

    @Story("a master's pod is killed")
    void aMastersPodIsKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, PROMOTION, () -> cluster.pod(master).kill());
    }

    @Story("a pod crashes five times, 2 s apart")
    void aPodCrashesAgainAndAgain() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, PROMOTION, () -> {
            for (int i = 0; i < 5; i++) {
                cluster.pod(master).killBoth();
                pass(Duration.ofSeconds(2));
            }
        });
    }
}
