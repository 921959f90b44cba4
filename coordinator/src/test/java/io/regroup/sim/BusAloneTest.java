package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The bus of a master alone is cut off: it takes no writes, its replica copies on, and its coordinator says that it is there. Redis elects that replica, whose
 * own coordinator is not to forbid it for what comes on the link.
 */
class BusAloneTest {

    /** Two node timeouts and what an election takes, in ms. */
    private static final long ELECTED_MS = 5000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void anotherTakesItsPlaceWhileThatLasts(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        new Clients(world).start();
        Pod master = world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.isMaster()).findFirst().orElseThrow();
        SimRedis replica = world.servers().stream()
            .filter(server -> server.myself.slaveof != null && server.myself.slaveof.id.equals(master.redis().orElseThrow().id())).findFirst().orElseThrow();
        Runnable mend = world.net.cut(Plane.BUS, Set.of(master.ip));
        course.until("elected", ELECTED_MS, () -> replica.myself.isMaster() ? Optional.empty() : Optional.of(replica + " is a replica"));
        mend.run();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
    }
}
