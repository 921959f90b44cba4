package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A master that has lost its only replica gets one that another master can spare, and ends before that one has its data; its container starts again with
 * all of them, a moment later than Redis calls it failed. Redis elected the replica, with the other master's data: nothing of the shard was left.
 */
class SentToAnotherTest {

    private static final long SENT_MS = 2000;
    private static final long AWAY_MS = 6000;
    private static final long WHOLE_MS = 40_000;
    private static final long SOON_MS = 1;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void itIsNotElectedWithTheDataOfTheMasterBefore(long seed) {
        World world = new World(seed, new Asked(7, 1), new Tamper(), null);
        Course course = Course.written(world);
        Pod master = world.pods().stream().filter(pod -> !world.isLedBy(pod) && world.replicasOf(pod).size() == 1 && !world.isLedBy(world.replicasOf(pod).getFirst()))
            .findFirst().orElseThrow();
        int keys = server(master).data().size();
        world.kube.kill(world.replicasOf(master).getFirst());
        Optional<Pod> sent = Optional.empty();
        for (long end = world.now() + SENT_MS; sent.isEmpty() && world.now() < end; course.pass(SOON_MS)) {
            sent = world.replicasOf(master).stream().filter(pod -> !server(pod).replication.isUp()).findFirst();
        }
        assertThat(sent).as("one is sent to it").isPresent();
        Runnable mend = world.net.cut(Plane.GROUP, Set.of(master.ip));
        world.group.onNetwork();
        master.crashRedis(true);
        course.pass(AWAY_MS);
        mend.run();
        world.group.onNetwork();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
        assertThat(world.servers()).filteredOn(server -> server.data().size() == keys).anyMatch(server -> server.myself.isMaster());
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    private static SimRedis server(Pod pod) {
        return pod.redis().orElseThrow();
    }
}
