package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A false UPDATE said that a replica owns its master's slots, as it had before, and the master followed its own replica (seed 723418): both keep the
 * keys, nobody has the slots, and they are not given to anybody else.
 */
class CircleTest {

    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aMasterAndItsReplicaThatFollowEachOtherLoseNothing(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.written(world);
        SimRedis master = world.servers().stream().filter(server -> server.data().size() > 0 && server.myself.isMaster()).findFirst().orElseThrow();
        SimRedis replica = world.servers().stream().filter(server -> server.myself.slaveof != null && server.myself.slaveof.id.equals(master.id())).findFirst().orElseThrow();
        int keys = master.data().size();
        world.servers().forEach(server -> server.slots.unbindAll(server.table.get(master.id())));
        master.follow(master.table.get(replica.id()));
        course.until("whole again", WHOLE_MS);
        assertThat(world.servers().stream().filter(server -> server.myself.isMaster() && server.data().size() == keys)).isNotEmpty();
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }
}
