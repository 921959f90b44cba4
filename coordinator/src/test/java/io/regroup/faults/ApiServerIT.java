package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.regroup.local.RealCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The coordinators find each other by an API server. It is away for two minutes: packets to it vanish; or what it says is all that can be known. */
class ApiServerIT extends FaultStory {

    private static final Duration AWAY = Duration.ofMinutes(2);
    private static final Duration A_MOMENT = Duration.ofSeconds(10);
    /** Two are missed, then a moment, then they are deleted. */
    private static final Duration UNTIL_DELETED = Duration.ofMinutes(1);

    /** Once for each master, in what the leader waits for. */
    private static final Pattern NOBODY_VOTES = Pattern.compile("[0-9a-f]{8} \\([^)]*\\), master of [0-9]+ slots may be dead");

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
        nothingHappens(() -> {
            Runnable back = cutOffFromHere(api.port());
            pass(AWAY);
            back.run();
        });
    }

    /** Its replica takes over all the same; the pod that replaces it waits until it is told which Deployment it belongs to. */
    @Story("the API server is away for two minutes, and a master's pod is killed; whole when it is back")
    void aMastersPodIsKilledWhileTheApiServerIsAway() throws InterruptedException {
        int master = master();
        List<MayLose> allowed = new ArrayList<>();
        suffer(allowed, PROMOTION, () -> {
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
    }

    /**
     * The machine's kubelet says nothing any more, so the API server has its pods as running, until somebody deletes them by force. The replicas of
     * these masters get no votes, and TAKEOVER would be a guess: the machine may be cut off, and its masters take writes.
     */
    @Story("the machine of most masters dies: nothing is done until its pods are deleted by force")
    void theMachineOfMostMastersDies() throws InterruptedException {
        Set<Integer> dead = new TreeSet<>(cluster.masterPods().subList(0, 2));
        suffer(ON_ITS_WAY, UNTIL_DELETED, () -> {
            SortedMap<Integer, String> before = cluster.roles();
            before.keySet().removeAll(dead);
            Runnable mend = cutOffFromAll(dead);
            Awaitility.await("both are missed").atMost(RealCluster.PATIENCE).until(() -> cluster.local().leadersStatus().map(JsonObject::toString).stream()
                .mapToLong(status -> NOBODY_VOTES.matcher(status).results().map(MatchResult::group).distinct().count()).anyMatch(count -> count == dead.size()));
            Deeds missed = Deeds.of(cluster);
            pass(A_MOMENT);
            assertThat(cluster.roles()).as("nobody knows that they have ended").isEqualTo(before);
            assertThat(Deeds.of(cluster).commandsSince(missed)).as("commands that change something").isZero();
            CompletableFuture.allOf(dead.stream().map(pod -> cluster.pod(pod).kill()).toArray(CompletableFuture[]::new)).join();
            mend.run();
        });
    }
}
