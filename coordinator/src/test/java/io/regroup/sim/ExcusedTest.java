package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Asked;
import io.regroup.model.End;
import io.regroup.plan.Action;
import io.regroup.sim.Network.Plane;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Half and half, and on each side a master's container ends. It is started again: were its member excused for good, each side would be the majority of
 * the rest. Too few seeds draw that for {@link PlantedBugsTest}.
 */
class ExcusedTest {

    private static final long CUT_MS = 20_000;
    private static final long WHOLE_MS = 40_000;

    /** That a container ended excuses its member for good. (It is not forgotten for that: S3 would be broken long before.) */
    private static final Tamper ENDED_IS_EXCUSED = new Tamper() {
        private static final String EXCUSED = "excused: ";

        @Override
        End proof(End end) {
            return end.forGood() ? end : new End(EXCUSED + end.words(), true);
        }

        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            return carryOut.decision().reason().contains(EXCUSED)
                ? PlantedBug.with(carryOut, carryOut.decision().actions().stream().filter(a -> !(a instanceof Action.Forget)).toList()) : carryOut;
        }
    };

    @ParameterizedTest
    @MethodSource("seeds")
    void aMemberWhoseContainerHasEndedIsNotExcused(long seed) {
        assertThat(cut(seed, new Tamper())).isPositive();
    }

    @Test
    void withoutThatGuardThereWouldBeTwoPrimaryViews() {
        assertThat(seeds().filter(seed -> breaksS4(seed, ENDED_IS_EXCUSED))).hasSizeGreaterThanOrEqualTo(2);
    }

    private static LongStream seeds() {
        return LongStream.rangeClosed(1, 10);
    }

    private static boolean breaksS4(long seed, Tamper tamper) {
        try {
            cut(seed, tamper);
            return false;
        } catch (Violation violation) {
            return violation.getMessage().startsWith("S4");
        }
    }

    private static long cut(long seed, Tamper tamper) {
        World world = new World(seed, new Asked(6, 1), tamper, null);
        Course course = Course.formed(world);
        List<Pod> masters = world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.isMaster()).toList();
        Pod here = masters.get(0);
        Pod there = masters.get(1);
        Set<String> side = Stream.concat(Stream.of(here, replicaOf(there, world)), world.pods().stream()
            .filter(pod -> !List.of(here, there, replicaOf(here, world), replicaOf(there, world)).contains(pod)).limit(1)).map(pod -> pod.ip).collect(Collectors.toSet());
        Runnable mend = world.net.cut(Plane.GROUP, side);
        world.group.onNetwork();
        course.pass(2000);
        here.crashRedis(true);
        there.crashRedis(true);
        course.pass(CUT_MS);
        mend.run();
        world.group.onNetwork();
        return course.until("whole again", WHOLE_MS);
    }

    private static Pod replicaOf(Pod master, World world) {
        return world.pods().stream().filter(pod -> pod.redis().map(server -> server.myself.slaveof).filter(entry -> entry != null
            && entry.id.equals(master.redis().orElseThrow().id())).isPresent()).findFirst().orElseThrow();
    }
}
