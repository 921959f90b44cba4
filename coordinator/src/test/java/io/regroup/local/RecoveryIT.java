package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisException;
import io.regroup.local.LocalPod.Process;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Pods and processes die, and the cluster becomes whole again by itself: one cluster goes through it all. Each story begins
 * with a whole cluster and some hundred keys, and ends with a whole one, all keys, and silence.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecoveryIT {

    private static final int KEYS = 300;

    private RealCluster cluster;
    private Map<String, String> keys;
    private boolean healed;

    @RegisterExtension
    final Evidence evidence = new Evidence(() -> cluster);

    @BeforeEach
    void aWholeClusterWithKeys(TestInfo test) {
        if (cluster != null && !healed) {
            // What a failed story left would make the next one fail too.
            cluster.close();
            cluster = null;
        }
        if (cluster == null) {
            cluster = new RealCluster(6, 1);
            cluster.local().startAll();
        }
        healed = false;
        cluster.awaitWhole(System.nanoTime());
        keys = cluster.writeKeys(test.getTestMethod().orElseThrow().getName(), KEYS);
        System.out.println(test.getTestMethod().orElseThrow().getName());
    }

    /** Ends a story. */
    private void everythingIsWell(long since) {
        double whole = cluster.awaitWhole(since);
        cluster.measured(String.format("whole after %.1f s", whole));
        cluster.allReadable(keys);
        cluster.staysQuiet();
        healed = true;
    }

    @AfterAll
    void end() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void theReplicaTakesOverWhenAMastersPodIsKilled() {
        int master = cluster.masterPod();
        int replica = cluster.replicaPodOf(master);

        long killed = System.nanoTime();
        cluster.pod(master).kill();

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(replica, killed)));
        everythingIsWell(killed);
        assertThat(cluster.masterPods()).contains(replica).doesNotContain(master);
    }

    @Test
    void anotherReplicaIsAttachedWhenAReplicasPodIsKilled() {
        int leader = cluster.leaderPod();
        int master = cluster.masterPods().stream().filter(pod -> cluster.replicaPodOf(pod) != leader).findFirst().orElseThrow();
        List<Integer> masters = cluster.masterPods();

        long killed = System.nanoTime();
        cluster.pod(cluster.replicaPodOf(master)).kill();
        cluster.awaitGone(killed);

        everythingIsWell(killed);
        assertThat(cluster.masterPods()).isEqualTo(masters);
    }

    @Test
    void anotherMemberLeadsWhenTheLeadersPodIsKilled() {
        int leader = cluster.leaderPod();
        String name = cluster.pod(leader).name();

        long killed = System.nanoTime();
        cluster.pod(leader).kill();

        await("another leads").atMost(RealCluster.PATIENCE).until(() -> cluster.local().leadersStatus()
            .filter(s -> !s.getAsJsonObject("self").get("pod").getAsString().equals(name)).isPresent());
        cluster.measured(String.format("another member leads after %.3f s", (System.nanoTime() - killed) / 1e9));
        everythingIsWell(killed);
    }

    @Test
    void bothReplicasTakeOverWhenTwoMastersOfDifferentShardsAreKilledAtOnce() {
        List<Integer> masters = cluster.masterPods().subList(0, 2);
        List<Integer> replicas = masters.stream().map(cluster::replicaPodOf).toList();

        long killed = System.nanoTime();
        masters.forEach(master -> cluster.pod(master).kill());

        for (int replica : replicas) {
            cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(replica, killed)));
        }
        everythingIsWell(killed);
    }

    @Test
    void aMasterAndAnotherShardsReplicaAreKilledAtOnce() {
        List<Integer> masters = cluster.masterPods();
        int heir = cluster.replicaPodOf(masters.get(0));
        int other = cluster.replicaPodOf(masters.get(1));

        long killed = System.nanoTime();
        cluster.pod(masters.get(0)).kill();
        cluster.pod(other).kill();

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(heir, killed)));
        everythingIsWell(killed);
    }

    @Test
    void redisAloneIsKilledOnAMasterAndComesBackAsAReplicaWithItsData() {
        int master = cluster.masterPod();
        int replica = cluster.replicaPodOf(master);
        String id = cluster.ask("CLUSTER", "MYID").get(master);

        long killed = System.nanoTime();
        cluster.pod(master).kill(Process.REDIS);

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(replica, killed)));
        everythingIsWell(killed);
        assertThat(cluster.ask("CLUSTER", "MYID").get(master)).as("the same node, not a new one").isEqualTo(id);
    }

    @Test
    void redisAloneIsKilledOnAReplica() {
        int replica = cluster.replicaPodOf(cluster.masterPod());
        String process = cluster.info(replica, "server", "run_id");

        long killed = System.nanoTime();
        cluster.pod(replica).kill(Process.REDIS);
        await("restarted").atMost(RealCluster.PATIENCE).ignoreExceptions().until(() -> !cluster.info(replica, "server", "run_id").equals(process));

        everythingIsWell(killed);
    }

    @Test
    void nothingHappensToRedisWhenACoordinatorAloneIsKilled() {
        nothingHappensWithoutTheCoordinatorOf(cluster.masterPod());
    }

    @Test
    void nothingHappensToRedisWhenTheLeadingCoordinatorAloneIsKilled() {
        nothingHappensWithoutTheCoordinatorOf(cluster.leaderPod());
    }

    private void nothingHappensWithoutTheCoordinatorOf(int pod) {
        SortedMap<Integer, String> roles = cluster.tables().roles();
        SortedMap<Integer, String> processes = cluster.ask("INFO", "server");
        SortedMap<String, Long> sent = cluster.sent();
        sent.keySet().removeIf(counter -> counter.startsWith(cluster.pod(pod).name() + " "));
        long process = cluster.pod(pod).pid(Process.COORDINATOR);

        long killed = System.nanoTime();
        cluster.pod(pod).kill(Process.COORDINATOR);
        cluster.awaitGone(killed);
        await("started again").atMost(RealCluster.PATIENCE).until(() -> cluster.pod(pod).pid(Process.COORDINATOR) != process);

        everythingIsWell(killed);
        assertThat(cluster.tables().roles()).isEqualTo(roles);
        assertThat(runIds(cluster.ask("INFO", "server"))).isEqualTo(runIds(processes));
        assertThat(cluster.sent()).as("commands that change something").isEqualTo(sent);
    }

    private static List<String> runIds(SortedMap<Integer, String> infos) {
        return infos.values().stream().map(info -> info.lines().filter(l -> l.startsWith("run_id:")).findFirst().orElseThrow()).toList();
    }

    /** The kubelet runs preStop hooks also where it only restarts a container: the pod stays, and must not be taken for one that leaves. */
    @Test
    void aPodStaysWhosePreStopHookWasRunBeforeItsCoordinatorWasStartedAgain() throws IOException {
        int replica = cluster.replicaPodOf(cluster.masterPod());
        long process = cluster.pod(replica).pid(Process.COORDINATOR);
        SortedMap<Integer, String> roles = cluster.roles();
        Path leave = cluster.pod(replica).volume().resolve("gate").resolve("leave");

        long killed = System.nanoTime();
        cluster.pod(replica).kill(Process.COORDINATOR);
        Files.createFile(leave);
        await("started again").atMost(RealCluster.PATIENCE).until(() -> cluster.pod(replica).pid(Process.COORDINATOR) != process);
        await("what the hook asked for is taken back").atMost(RealCluster.PATIENCE).until(() -> Files.notExists(leave));

        everythingIsWell(killed);
        assertThat(cluster.leaving()).as("pods that leave").isEmpty();
        assertThat(cluster.roles()).isEqualTo(roles);
    }

    @Test
    void bothProcessesOfAMastersPodAreKilledAndStartAgainInPlace() {
        int master = cluster.masterPod();
        int replica = cluster.replicaPodOf(master);

        long killed = System.nanoTime();
        cluster.pod(master).killBoth();

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(replica, killed)));
        everythingIsWell(killed);
    }

    @Test
    void noAcknowledgedWriteIsLostWhenAMastersPodIsDeletedUnderWrites() throws InterruptedException {
        int master = cluster.masterPod();
        Map<String, String> acknowledged = new ConcurrentHashMap<>();
        AtomicInteger refused = new AtomicInteger();
        AtomicBoolean enough = new AtomicBoolean();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 2; w++) {
            String prefix = "under-writes-" + w + ":";
            writers.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; !enough.get(); i++) {
                    try {
                        cluster.redis().set(prefix + i, "v" + i);
                        acknowledged.put(prefix + i, "v" + i);
                    } catch (RedisException e) {
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        await("writing").atMost(RealCluster.PATIENCE).until(() -> acknowledged.size() > 200);

        long deleted = System.nanoTime();
        cluster.pod(master).delete().join();
        cluster.measured(String.format("the pod ended %.1f s after it was deleted", (System.nanoTime() - deleted) / 1e9));
        cluster.awaitWhole(deleted);
        enough.set(true);
        for (Thread writer : writers) {
            writer.join();
        }

        cluster.measured(acknowledged.size() + " writes acknowledged, " + refused + " refused meanwhile");
        keys = new HashMap<>(keys);
        keys.putAll(acknowledged);
        everythingIsWell(deleted);
    }

    @Test
    void theNewMasterIsKilledAMomentAfterTheClusterWasWholeAgain() {
        int master = cluster.masterPod();
        int replica = cluster.replicaPodOf(master);
        cluster.pod(master).kill();
        cluster.awaitPromoted(replica, System.nanoTime());
        cluster.awaitWhole(System.nanoTime());

        int heir = cluster.replicaPodOf(replica);
        long killed = System.nanoTime();
        cluster.pod(replica).kill();

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(heir, killed)));
        everythingIsWell(killed);
    }

    @Test
    void anotherShardsMasterIsKilledWhileTheFirstIsBeingReplaced() {
        List<Integer> masters = cluster.masterPods();
        int first = cluster.replicaPodOf(masters.get(0));
        int second = cluster.replicaPodOf(masters.get(1));
        long killed = System.nanoTime();
        cluster.pod(masters.get(0)).kill();
        cluster.awaitPromoted(first, killed);

        long again = System.nanoTime();
        cluster.pod(masters.get(1)).kill();

        cluster.measured(String.format("promoted after %.3f s", cluster.awaitPromoted(second, again)));
        everythingIsWell(killed);
    }

    @Test
    void allRedisProcessesAreKilledAtOnceAndComeBackWithTheirData() {
        SortedMap<Integer, String> processes = cluster.ask("INFO", "server");
        long killed = System.nanoTime();
        cluster.local().pods().forEach(pod -> pod.kill(Process.REDIS));
        await("all restarted").atMost(RealCluster.PATIENCE).until(() -> cluster.ask("INFO", "server"),
            now -> now.size() == cluster.nodes() && runIds(now).stream().noneMatch(runIds(processes)::contains));

        everythingIsWell(killed);
    }

    @Test
    void allProcessesOfAllPodsAreKilledAtOnceAndComeBackWithTheirData() {
        SortedMap<Integer, String> processes = cluster.ask("INFO", "server");
        long killed = System.nanoTime();
        cluster.local().pods().forEach(LocalPod::killBoth);
        await("all restarted").atMost(RealCluster.PATIENCE).until(() -> cluster.ask("INFO", "server"),
            now -> now.size() == cluster.nodes() && runIds(now).stream().noneMatch(runIds(processes)::contains));

        everythingIsWell(killed);
    }
}
