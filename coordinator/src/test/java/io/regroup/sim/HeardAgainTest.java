package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Asked;
import io.regroup.plan.Action;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A replica's pod that leaves is cut off and forgotten: nothing is heard of it, and it does not come back. The cut ends when that is decided and not yet
 * sent. Who decided it cannot know of that, and the pod ends as it would have.
 */
class HeardAgainTest {

    private static final int ALL = 100;
    private static final long TOLD_MS = 200;
    private static final long FORGOTTEN_MS = 20_000;
    private static final long WHOLE_MS = 70_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aPodThatLeavesIsHeardAgainWhileItIsBeingForgotten(long seed) {
        Mend mend = new Mend();
        World world = new World(seed, new Asked(6, 1), mend, null);
        Course course = Course.formed(world);
        Pod leaver = world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.isReplica() && world.leader().orElseThrow().pod != pod).findFirst()
            .orElseThrow();
        world.kube.delete(leaver);
        course.pass(TOLD_MS);
        world.net.slowPercent = ALL;
        Stream.of(Network.Plane.values()).forEach(plane -> world.net.cut(plane, Set.of(leaver.ip)));
        world.group.onNetwork();
        mend.whoLives = leaver;
        course.until("decided", FORGOTTEN_MS, () -> mend.decided ? Optional.empty() : Optional.of("it is not forgotten"));
        assertThat(leaver.redis()).as("it lives").isPresent();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    /** The network is whole as soon as it is decided to forget the one that lives. */
    private static final class Mend extends Tamper {

        private Pod whoLives;
        private boolean decided;

        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            if (!decided && whoLives != null && carryOut.decision().actions().stream().anyMatch(this::forgetsIt)) {
                decided = true;
                leader.world.after(1, () -> {
                    leader.world.net.healAll();
                    leader.world.group.onNetwork();
                });
            }
            return carryOut;
        }

        private boolean forgetsIt(Action action) {
            return action instanceof Action.Forget forget && forget.node().equals(whoLives.redis().orElseThrow().id());
        }
    }
}
