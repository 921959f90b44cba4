package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.faults.WritingClients.Write;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import io.regroup.local.RealCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** Servers without an append-only file: one that is started again in place has nothing, and its replica must never copy that. */
class NothingOnDiskIT extends FaultStory {

    /** Killing them all takes some time; what is acknowledged later is written to servers that were started again. */
    private static final List<MayLose> ALL_UNTIL_THEN = List.of(new MayLose(Long.MIN_VALUE, 500));

    private static final Set<Integer> SHARDS = Set.of(0, 1, 2);

    @Override
    RealCluster found(VirtualNetwork network) throws IOException {
        RealCluster cluster = super.found(network);
        cluster.configure("appendonly no\nsave \"\"\n");
        return cluster;
    }

    @Story("redis-server of a master is killed and back at once, without the append-only file")
    void anEmptyMasterIsBackBeforeAnyoneNoticed() throws InterruptedException {
        int master = master();
        suffer(ON_ITS_WAY, PROMOTION, () -> cluster.pod(master).kill(Process.REDIS));
    }

    /** Nobody can promote its replica for the moment: the gate alone keeps it from its place. */
    @Story("redis-server of a master is killed and back at once, without the append-only file, while the leader is frozen for 3 s")
    void anEmptyMasterIsBackWhileTheLeaderIsFrozen() throws InterruptedException {
        int master = master();
        int leader = leader();
        suffer(ON_ITS_WAY, ELECTION, () -> {
            long frozen = cluster.pod(leader).pid(Process.COORDINATOR);
            Shell.run("kill -STOP " + frozen);
            cluster.pod(master).kill(Process.REDIS);
            pass(Duration.ofSeconds(3));
            Shell.run("kill -CONT " + frozen);
        });
    }

    @Story("every redis-server is killed at once, without the append-only file")
    void everyServerIsKilledAtOnceWithNothingOnDisk() throws InterruptedException {
        allIsLost(() -> cluster.local().pods().forEach(pod -> pod.kill(Process.REDIS)));
    }

    @Story("everything is killed at once, in place, without the append-only file: a new, empty cluster")
    void everythingIsKilledAtOnceWithNothingOnDisk() throws InterruptedException {
        allIsLost(() -> cluster.local().pods().forEach(LocalPod::killBoth));
    }

    /** No copy is left anywhere: the cluster comes back whole, and has nothing of what was there. */
    private void allIsLost(Fault fault) throws InterruptedException {
        AtomicLong killed = new AtomicLong();
        Outcome outcome = suffer(ALL_UNTIL_THEN, START, () -> {
            killed.set(System.nanoTime());
            fault.strike();
        });
        List<Write> before = outcome.acknowledgedBefore(killed.get(), SHARDS);
        assertThat(before).as("writes before").isNotEmpty();
        assertThat(outcome.lost()).as("writes that were in memory alone").containsAll(before);
    }
}
