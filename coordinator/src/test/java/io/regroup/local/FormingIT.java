package io.regroup.local;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a cluster comes to be, from real redis-servers and real coordinators. */
class FormingIT {

    private RealCluster cluster;

    @RegisterExtension
    final Evidence evidence = new Evidence(() -> cluster);

    @AfterEach
    void end() {
        cluster.close();
    }

    @Test
    void sixPodsThatStartTogetherBecomeThreeMastersWithAReplicaEach() {
        cluster = new RealCluster(6, 1);
        long start = System.nanoTime();
        cluster.local().startAll();

        cluster.measured(String.format("formed %.1f s after the processes were started", cluster.awaitWhole(start)));

        Map<String, String> keys = cluster.writeKeys("formed", 200);
        cluster.allReadable(keys);
        cluster.staysQuiet();
    }

    @Test
    void podsThatStartOneAfterTheOtherWaitForTheLast() {
        cluster = new RealCluster(6, 1);
        for (int pod = 1; pod <= 5; pod++) {
            cluster.pod(pod).start();
            int members = pod;
            await(pod + " members").atMost(RealCluster.PATIENCE).until(() -> members(), count -> count == members);
        }
        await("four are a majority of those asked for: blank servers may start").atMost(RealCluster.PATIENCE)
            .until(() -> cluster.ask("PING").size() == 5);
        await("nobody founds a cluster with one pod missing").during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(8))
            .until(() -> cluster.tables().byPod().values().stream().allMatch(t -> t.others().isEmpty() && t.myself().slots().size() <= 1));

        long last = System.nanoTime();
        cluster.pod(6).start();

        cluster.measured(String.format("formed %.1f s after the last pod's processes were started", cluster.awaitWhole(last)));
        cluster.staysQuiet();
    }

    @Test
    void whenTheLeaderDiesInTheMiddleOfTheBootstrapTheNextOneCompletesIt() {
        cluster = new RealCluster(6, 1);
        cluster.local().startAll();
        await("the bootstrap has begun").atMost(RealCluster.PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10))
            .until(() -> cluster.tables().byPod().values().stream().anyMatch(t -> t.myself().slots().size() > 1));

        long killed = System.nanoTime();
        cluster.pod(cluster.leaderPod()).kill();

        double whole = cluster.awaitWhole(killed);
        cluster.measured(String.format("the leader died in the bootstrap: whole %.1f s later", whole));
        cluster.allReadable(cluster.writeKeys("after", 100));
        cluster.staysQuiet();
    }

    private int members() {
        return cluster.local().leadersStatus().map(s -> s.getAsJsonObject("group").getAsJsonArray("members").size()).orElse(0);
    }
}
