package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods that get little CPU: what they report takes up to two seconds, and goes on doing so while the cluster has to be healed. */
class LateReportsTest {

    private static final long SLOWNESS_MS = 2000;
    private static final long AGAIN_MS = 10;
    private static final long WHOLE_MS = 40_000;

    /** All were asked anew each second, hardly an answer was in time for its round, and not even a gate was opened. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void twoMastersPodsAreKilledAndReplaced(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        List<Pod> masters = world.pods().stream().filter(pod -> pod.redis().filter(server -> server.myself.hasSlots()).isPresent()).toList();
        slowDown(world);
        masters.subList(0, 2).forEach(world.kube::kill);
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
    }

    /** Those that come to replace others as well. */
    private static void slowDown(World world) {
        world.members().forEach(member -> member.slowness = SLOWNESS_MS);
        world.after(AGAIN_MS, () -> slowDown(world));
    }
}
