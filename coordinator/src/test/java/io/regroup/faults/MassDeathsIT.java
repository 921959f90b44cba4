package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.faults.WritingClients.Write;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Several pods, or processes of several, die at once under writes. */
class MassDeathsIT extends FaultStory {

    @Story("a master and another shard's replica are killed")
    void aMasterAndAnotherShardsReplicaAreKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        int replica = replica(masters.get(1));
        suffer(ON_ITS_WAY, PROMOTION, () -> {
            cluster.pod(masters.get(0)).kill();
            cluster.pod(replica).kill();
        });
    }

    @Story("all replicas are killed")
    void allReplicasAreKilled() throws InterruptedException {
        List<Integer> replicas = cluster.masterPods().stream().map(this::replica).toList();
        suffer(NOTHING, NO_GAP, () -> replicas.forEach(pod -> cluster.pod(pod).kill()));
    }

    @Story("one whole shard is killed: its slots wait 10 s, then go on empty")
    void oneWholeShardIsKilled() throws InterruptedException {
        int master = master();
        int replica = replica(master);
        AtomicLong killed = new AtomicLong();
        Outcome outcome = suffer(EVERYTHING, START, () -> {
            killed.set(System.nanoTime());
            cluster.pod(master).kill();
            cluster.pod(replica).kill();
        });
        Set<Integer> shards = outcome.lost().stream().map(Write::shard).collect(Collectors.toSet());
        assertThat(shards).as("shards that lost writes").hasSize(1);
        assertThat(outcome.lost()).as("no copy is left").containsAll(outcome.acknowledgedBefore(killed.get(), shards));
    }

    @Story("redis-server of the majority of masters is killed")
    void theMajorityOfMastersIsKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods().subList(0, 2);
        suffer(ON_ITS_WAY, PROMOTION, () -> masters.forEach(pod -> cluster.pod(pod).kill(Process.REDIS)));
    }

    @Story("the pods of the majority of masters are killed")
    void thePodsOfTheMajorityOfMastersAreKilled() throws InterruptedException {
        List<Integer> masters = cluster.masterPods().subList(0, 2);
        suffer(ON_ITS_WAY, ELECTION, () -> masters.forEach(pod -> cluster.pod(pod).kill()));
    }

    @Story("everything is killed at once, in place, with the append-only file")
    void everythingIsKilledAtOnce() throws InterruptedException {
        suffer(ON_ITS_WAY, START, () -> cluster.local().pods().forEach(LocalPod::killBoth));
    }
}
