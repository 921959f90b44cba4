package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A replica has had nothing from its master for a while, which took writes all the time: they are cut off, or the master cannot fork, and refuses each sync.
 * Then the master's server ends, and its container is started again with all its data a moment later. The replica was promoted at once, as if it had been in
 * sync to the end: what the master had taken since was thrown away.
 */
class LeftBehindTest {

    private static final long WRITE_MS = 2000;
    private static final long STARTS_MS = 8000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {20_000, 50_000, 65_000, 120_000})
    void itsMasterComesBackWithItsData(long cutMs) {
        for (long seed = 1; seed <= 5; seed++) {
            itsMasterComesBack(seed, cutMs, 0);
        }
    }

    /** Nothing reaches it from its master's port until that has started again. Redis elected it meanwhile: it does not ask that before 20 s. */
    @ParameterizedTest
    @ValueSource(longs = {6000, 9000, 15_000, 20_000})
    void redisDoesNotElectIt(long cutMs) {
        for (long seed = 1; seed <= 5; seed++) {
            itsMasterComesBack(seed, cutMs, STARTS_MS);
        }
    }

    private static void itsMasterComesBack(long seed, long cutMs, long startsMs) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        Clients clients = new Clients(world);
        clients.start();
        course.pass(WRITE_MS);
        Pod master = world.pods().stream().filter(pod -> !world.isLedBy(pod) && world.replicasOf(pod).stream().anyMatch(replica -> !world.isLedBy(replica)))
            .findFirst().orElseThrow();
        Pod replica = world.replicasOf(master).getFirst();
        Runnable mend = world.net.cut(Plane.REDIS, Set.of(replica.ip));
        course.pass(cutMs);
        clients.stop();
        course.pass(WRITE_MS);
        int keys = server(master).data().size();
        assertThat(server(replica).data().size()).isLessThan(keys);
        master.crashRedis(true);
        course.pass(startsMs);
        mend.run();
        course.until("whole again", WHOLE_MS);
        assertThat(world.servers()).filteredOn(server -> server.data().size() == keys).anyMatch(server -> server.myself.isMaster());
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).as("seed " + seed).isZero();
    }

    private static SimRedis server(Pod pod) {
        return pod.redis().orElseThrow();
    }
}
