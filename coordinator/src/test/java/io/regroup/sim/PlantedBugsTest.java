package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each guard, taken out, is missed: else the simulation would prove nothing by being green. */
class PlantedBugsTest {

    private static final int SEEDS = 400;

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void isCaught(PlantedBug bug) {
        Optional<String> caught = LongStream.rangeClosed(1, SEEDS).parallel().mapToObj(seed -> SimulationTest.failure(seed, bug.tamper))
            .flatMap(Optional::stream).filter(failure -> failure.contains(": " + bug.rule + ": ")).findAny();
        assertThat(caught).as(bug + " by " + bug.rule + " in " + SEEDS + " seeds").isPresent();
        System.out.println(bug + " is caught by " + caught.get());
    }
}
