package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Address;
import io.regroup.redis.Counting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** The number of pods changes under writing clients: nothing is lost, and the slots follow. */
class ScaleIT {

    private static final int CLIENTS = 3;
    private static final int COUNTERS = 200;
    private static final int KEYS = 3000;

    private final RealCluster cluster = new RealCluster(6, 1);
    private Map<String, String> written;
    private Counting clients;
    private String name;
    private boolean well;

    @BeforeEach
    void form(TestInfo info) {
        name = info.getTestMethod().orElseThrow().getName();
        cluster.local().startAll();
        cluster.awaitWhole(System.nanoTime());
        written = cluster.writeKeys("scale", KEYS);
        clients = new Counting(this::addresses, CLIENTS, COUNTERS);
    }

    private List<Address> addresses() {
        return cluster.local().pods().stream().filter(pod -> !pod.isLeaving()).map(pod -> cluster.address(pod.number())).toList();
    }

    @AfterEach
    void end() {
        if (!well) {
            cluster.keepEvidence("ScaleIT." + name);
        }
        clients.close();
        cluster.close();
    }

    private void scale(int nodes) throws IOException {
        scaleBegins(nodes);
        becomes(nodes);
    }

    private void scaleBegins(int nodes) throws IOException {
        clients.forgetLongest();
        cluster.local().scale(nodes);
    }

    private void becomes(int nodes) {
        long since = System.nanoTime();
        await("pods that leave have gone").atMost(RealCluster.PATIENCE).until(() -> cluster.nodes() == nodes);
        double whole = cluster.awaitWhole(since);
        cluster.measured(String.format(Locale.ROOT, "to %d pods: whole after %.1f s, longest stall of a client %.0f ms", nodes, whole, clients.longestMs()));
    }

    private void nothingIsLost() throws InterruptedException {
        int writes = clients.end();
        cluster.measured(writes + " increments acknowledged, none lost; a slot's other half was asked " + clients.asked() + " times");
        cluster.allReadable(written);
        cluster.staysQuiet();
        checkAsked(clients.asked());
        well = true;
    }

    /** How often a client was sent on by ASK. */
    void checkAsked(int asked) {
        assertThat(asked).as("clients came while slots stood open").isPositive();
    }

    @Test
    void fromSixToTenAndBack() throws IOException, InterruptedException {
        scale(10);
        assertThat(cluster.masterPods()).hasSize(5);
        scale(6);
        assertThat(cluster.masterPods()).hasSize(3);
        nothingIsLost();
    }

    @Test
    void wholeShardsLeaveAtOnce() throws IOException, InterruptedException {
        scale(8);
        int master = cluster.masterPods().getLast();
        clients.forgetLongest();
        cluster.local().scale(6, List.of(cluster.pod(master), cluster.pod(cluster.replicaPodOf(master))));
        becomes(6);
        master = cluster.masterPod();
        clients.forgetLongest();
        cluster.local().scale(4, List.of(cluster.pod(master), cluster.pod(cluster.replicaPodOf(master))));
        becomes(4);
        scale(6);
        nothingIsLost();
    }

    @Test
    void theLeaderDiesWhileSlotsMove() throws IOException, InterruptedException {
        scaleBegins(10);
        await("slots move").atMost(RealCluster.PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> cluster.local().leadersStatus()
            .filter(status -> status.getAsJsonObject("group").has("moving")).isPresent());
        cluster.pod(cluster.leaderPod()).kill(LocalPod.Process.COORDINATOR);
        becomes(10);
        nothingIsLost();
    }
}
