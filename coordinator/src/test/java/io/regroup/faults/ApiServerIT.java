package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.local.RealCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The coordinators find each other by an API server, and it is away for two minutes: packets to it vanish. */
class ApiServerIT extends FaultStory {

    private static final Duration AWAY = Duration.ofMinutes(2);
    private static final Duration A_MOMENT = Duration.ofSeconds(10);
    /** Half of cluster-node-timeout: on a busy machine a write may wait for a moment, and nothing may have been in its way. */
    private static final double NO_GAP_MS = 1000;
    /** So long Redis' own election takes, that asks nobody else: the node timeout of 2 s twice. */
    private static final double ELECTION_MS = 4000;

    private ApiServer api;

    @Override
    RealCluster found(VirtualNetwork network) throws IOException {
        api = new ApiServer(network);
        RealCluster cluster = new RealCluster(PODS, 1, new Seats(network, "redis", PODS, 1, api.environment()));
        api.deploy("redis", cluster.local());
        return cluster;
    }

    @Override
    void ended() {
        api.close();
    }

    @Story("the API server is away for two minutes: nothing is done")
    void theApiServerIsAway() throws InterruptedException {
        Outcome outcome = nothingHappens(() -> {
            Runnable back = cutOffFromHere(api.port());
            pass(AWAY);
            back.run();
        });
        assertThat(outcome.longestGapMs()).as("longest write gap, in ms").isLessThan(NO_GAP_MS);
    }

    /** Its replica takes over all the same; the pod that replaces it waits until it is told which Deployment it belongs to. */
    @Story("the API server is away for two minutes, and a master's pod is killed; whole when it is back")
    void aMastersPodIsKilledWhileTheApiServerIsAway() throws InterruptedException {
        int master = master();
        List<MayLose> allowed = new ArrayList<>();
        Outcome outcome = suffer(allowed, () -> {
            long struck = System.nanoTime();
            Runnable back = cutOffFromHere(api.port());
            long asked = api.asked();
            pass(A_MOMENT);
            long killed = since(struck);
            cluster.pod(master).kill();
            allowed.add(between(killed, killed + ON_ITS_WAY_MS));
            pass(AWAY.minus(A_MOMENT));
            assertThat(api.asked()).as("what the API server was asked while it was away").isEqualTo(asked);
            back.run();
        });
        assertThat(outcome.longestGapMs()).as("longest write gap, in ms").isLessThan(ELECTION_MS);
    }
}
