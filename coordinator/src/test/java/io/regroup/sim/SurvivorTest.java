package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pods that come in place of a cluster's dead do not start while the one that is left has not heard of them, though they are more than half of all. */
class SurvivorTest {

    private static final long CUT_MS = 10_000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void theOthersDieForGoodWhileItIsCutOff(long seed) {
        World world = new World(seed, new Asked(3, 0), new Tamper(), null);
        Course course = Course.formed(world);
        Pod survivor = world.chance.pick(world.pods());
        Runnable mend = world.net.cut(Plane.GROUP, Set.of(survivor.ip));
        world.group.onNetwork();
        course.pass(2000);
        List.copyOf(world.pods()).stream().filter(pod -> pod != survivor).forEach(world.kube::kill);
        course.pass(CUT_MS);
        assertThat(world.pods()).filteredOn(pod -> pod != survivor).hasSize(2).allMatch(Pod::isAtGate);
        mend.run();
        world.group.onNetwork();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
    }
}
