package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever leads next knows of those that have left with the leader that they do not come back, also where the API server does not tell. */
class LeaversTest {

    private static final long TOLD_MS = 1000;
    private static final long WHOLE_MS = 10_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void theLeadersPodAndAnotherAreScaledAway(long seed) {
        World world = new World(seed, new Asked(8, 1), new Tamper(), null);
        Course course = Course.formed(world);
        Pod leader = world.leader().orElseThrow().pod;
        Pod other = world.chance.pick(world.pods().stream().filter(pod -> pod != leader).toList());
        // Both at once: else the controller picks a third one, which is replaced.
        world.kube.asked = new Asked(6, 1);
        Stream.of(leader, other).forEach(world.kube::delete);
        course.until("told", TOLD_MS, () -> isTold(leader, world.kube.asked) ? Optional.empty() : Optional.of("the leader does not know of it"));
        world.kube.up = false;
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
    }

    private static boolean isTold(Pod leader, Asked asked) {
        SimMember member = leader.coordinator().orElseThrow();
        return member.leader().orElseThrow().observation(member.clock()).asked().equals(Optional.of(asked));
    }
}
