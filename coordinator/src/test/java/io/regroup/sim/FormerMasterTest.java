package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A master and its replica end with their data, and the other one, which is promoted, is lost at once. The leader hears of both at their gates, and does
 * not reach the port of the former master's Redis, where nothing serves yet: that one goes on all the same, and its replica keeps no last copy.
 */
class FormerMasterTest {

    private static final long HEARD_MS = 20;
    private static final long PROMOTED_MS = 1000;
    private static final long CUT_MS = 20_000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void itGoesOnAlthoughItsPortIsNotReached(long seed) {
        World world = new World(seed, new Asked(7, 1), new Tamper(), null);
        Course course = Course.written(world);
        Pod master = world.pods().stream().filter(pod -> world.replicasOf(pod).size() == 2).findFirst().orElseThrow();
        if (world.isLedBy(master)) {
            master.crashCoordinator();
            course.until("whole under another leader", WHOLE_MS);
        }
        int keys = server(master).data().size();
        Pod heir = world.replicasOf(master).stream().filter(pod -> !world.isLedBy(pod)).findFirst().orElseThrow();
        Pod other = world.replicasOf(master).stream().filter(pod -> pod != heir).findFirst().orElseThrow();
        other.crashRedis(true);
        course.pass(HEARD_MS);
        master.crashRedis(true);
        for (long end = world.now() + PROMOTED_MS; !isKnownToHaveSlots(server(heir), world) && world.now() < end;) {
            world.timeline.step();
        }
        world.kube.kill(heir);
        Runnable mend = world.net.cut(Plane.REDIS, Set.of(master.ip));
        course.pass(CUT_MS);
        assertThat(server(master).myself.hasSlots()).isTrue();
        mend.run();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
        assertThat(world.servers()).filteredOn(server -> server.data().size() == keys).anyMatch(server -> server.myself.isMaster());
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    private static boolean isKnownToHaveSlots(SimRedis master, World world) {
        return world.servers().stream().allMatch(server -> server.table.get(master.id()).hasSlots());
    }

    private static SimRedis server(Pod pod) {
        return pod.redis().orElseThrow();
    }
}
