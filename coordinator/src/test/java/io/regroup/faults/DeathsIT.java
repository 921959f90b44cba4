package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.faults.WritingClients.Write;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Processes and pods die under writes. */
class DeathsIT extends FaultStory {

    @Test
    void aMastersPodIsDeletedGracefully() throws InterruptedException {
        int master = master();
        suffer(NOTHING, () -> cluster.pod(master).delete().join());
    }

    @Test
    void redisOfAMasterIsKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, () -> cluster.pod(master).kill(Process.REDIS));
    }

    @Test
    void theCoordinatorOfAMasterIsKilled() throws InterruptedException {
        int master = master();
        suffer(NOTHING, () -> cluster.pod(master).kill(Process.COORDINATOR));
    }

    @Test
    void bothProcessesOfAMasterAreKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, () -> cluster.pod(master).killBoth());
    }

    @Test
    void theLeadersPodIsKilled() throws InterruptedException {
        int leader = leader();
        suffer(ON_ITS_WAY, () -> cluster.pod(leader).kill());
    }

    @Test
    void aMastersPodIsKilled() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, () -> cluster.pod(master).kill());
    }

    @Test
    void aMasterAndAnotherShardsReplicaAreKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        int replica = replica(masters.get(1));
        suffer(ON_ITS_WAY, () -> {
            cluster.pod(masters.get(0)).kill();
            cluster.pod(replica).kill();
        });
    }

    @Test
    void allReplicasAreKilled() throws InterruptedException {
        List<Integer> replicas = cluster.masterPods().stream().map(this::replica).toList();
        suffer(NOTHING, () -> replicas.forEach(pod -> cluster.pod(pod).kill()));
    }

    @Test
    void oneWholeShardIsKilled() throws InterruptedException {
        int master = master();
        int replica = replica(master);
        AtomicLong killed = new AtomicLong();
        Outcome outcome = suffer(EVERYTHING, () -> {
            killed.set(System.nanoTime());
            cluster.pod(master).kill();
            cluster.pod(replica).kill();
        });
        Set<Integer> shards = outcome.lost().stream().map(Write::shard).collect(Collectors.toSet());
        assertThat(shards).as("shards that lost writes").hasSize(1);
        assertThat(outcome.lost()).as("no copy is left").containsAll(outcome.acknowledgedBefore(killed.get(), shards));
    }

    @Test
    void theMajorityOfMastersIsKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods().subList(0, 2);
        suffer(ON_ITS_WAY, () -> masters.forEach(pod -> cluster.pod(pod).kill(Process.REDIS)));
    }

    @Test
    void thePodsOfTheMajorityOfMastersAreKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods().subList(0, 2);
        suffer(ON_ITS_WAY, () -> masters.forEach(pod -> cluster.pod(pod).kill()));
    }

    @Test
    void everythingIsKilledAtOnce() throws InterruptedException {
        suffer(ON_ITS_WAY, () -> cluster.local().pods().forEach(LocalPod::killBoth));
    }

    @Test
    void aPodCrashesAgainAndAgain() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, () -> {
            for (int i = 0; i < 5; i++) {
                cluster.pod(master).killBoth();
                pass(Duration.ofSeconds(2));
            }
        });
    }
}
