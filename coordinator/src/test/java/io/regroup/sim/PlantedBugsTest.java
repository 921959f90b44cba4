package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each guard, taken out, is missed: else the simulation would prove nothing by being green. The seed that caught it last comes first; where
 * the product has changed so much that this one runs another way, others are looked through.
 */
class PlantedBugsTest {

    private static final int SEEDS = 6000;

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void isCaught(PlantedBug bug) {
        Optional<String> caught = caught(bug, bug.seed)
            .or(() -> LongStream.rangeClosed(1, SEEDS).parallel().mapToObj(seed -> caught(bug, seed)).flatMap(Optional::stream).findAny());
        assertThat(caught).as(bug + " by " + bug.rule + " in " + SEEDS + " seeds").isPresent();
        System.out.println("[planted] " + bug + " | " + caught.get());
    }

    private static Optional<String> caught(PlantedBug bug, long seed) {
        return SimulationTest.failure(seed, bug.tamper).filter(failure -> failure.contains(": " + bug.rule + ": "));
    }
}
