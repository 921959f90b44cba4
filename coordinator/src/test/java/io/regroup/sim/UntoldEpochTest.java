package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Seeds 15083 and 23375, with more faults: a master takes a new epoch on the leader's word, and stands still before its next ping. Its replica was elected with
 * the same one, as nobody had heard of it. When the master goes on, whoever has the lower id takes a higher one ({@code clusterHandleConfigEpochCollision});
 * where that was the master, all that clients had written meanwhile was gone.
 */
class UntoldEpochTest {

    private static final long STRANGERS_EPOCH = 55;
    private static final long TAKEN_MS = 10_000;
    /** The news is on its way by then, and its next ping is not. */
    private static final long SENT_MS = 4;
    private static final long FREEZE_MS = 20_000;
    private static final long ELECTED_MS = 10_000;
    private static final long WRITES_MS = 3000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whoIsElectedMeanwhileKeepsTheSlots(long seed) {
        World world = new World(seed, new Asked(9, 2), new Tamper(), null);
        Course course = Course.written(world);
        SimRedis master = world.servers().stream().filter(server -> server.myself.isMaster() && replicasOf(server, world).stream()
            .allMatch(replica -> server.id().compareTo(replica.id()) < 0)).findFirst().orElseThrow();
        List<SimRedis> heirs = replicasOf(master, world);
        SimRedis misled = world.servers().stream().filter(server -> server.myself.isReplica() && !heirs.contains(server)).findFirst().orElseThrow();
        misled.table.get(master.id()).configEpoch = STRANGERS_EPOCH;
        misled.currentEpoch = STRANGERS_EPOCH;
        for (long end = world.now() + TAKEN_MS; master.myself.configEpoch < STRANGERS_EPOCH && world.now() < end; ) {
            world.timeline.step();
        }
        course.pass(SENT_MS);
        master.freeze(FREEZE_MS);
        assertThat(master.myself.configEpoch).isGreaterThan(STRANGERS_EPOCH);
        Clients clients = new Clients(world);
        clients.start();
        course.until("elected", ELECTED_MS, () -> heirs.stream().anyMatch(heir -> heir.myself.isMaster()) ? Optional.empty() : Optional.of("all are replicas"));
        course.pass(WRITES_MS);
        master.thaw();
        course.until("whole again", WHOLE_MS);
        clients.stop();
        assertThat(master.myself.isReplica()).isTrue();
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    private static List<SimRedis> replicasOf(SimRedis master, World world) {
        return world.servers().stream().filter(server -> server != master && server.myself.slaveof != null && server.myself.slaveof.id.equals(master.id()))
            .toList();
    }
}
