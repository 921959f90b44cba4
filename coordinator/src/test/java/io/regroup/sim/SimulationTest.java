package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The whole product's mind in a simulated world, under faults that a seed draws.
 *
 * <pre>
 * mvn verify -Dtest=SimulationTest -Dseeds=100000   as many as asked
 * mvn verify -Dtest=SimulationTest -Dseed=4711      this one, one line an event; -Dreports=true: what each decision was made from
 * </pre>
 */
class SimulationTest {

    private static final int SEEDS = 3000;

    @Test
    void everySeedKeepsTheRulesAndBecomesWholeThenSilent() {
        Optional<Long> one = Optional.ofNullable(Long.getLong("seed"));
        if (one.isPresent()) {
            System.out.println(new Simulation(one.get(), new Tamper(), System.out::println).run());
            return;
        }
        List<String> failures = LongStream.rangeClosed(1, Long.getLong("seeds", SEEDS)).parallel()
            .mapToObj(SimulationTest::failure).flatMap(Optional::stream).toList();
        assertThat(failures).as("seeds that break a rule").isEmpty();
    }

    static Optional<String> failure(long seed) {
        return failure(seed, new Tamper());
    }

    static Optional<String> failure(long seed, Tamper tamper) {
        try {
            new Simulation(seed, tamper, null).run();
            return Optional.empty();
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            return Optional.of("seed " + seed + ": " + (e instanceof Violation ? e.getMessage() : e + " at " + e.getStackTrace()[0])
                + "  (replay: mvn -pl coordinator test -Dtest=SimulationTest -Dseed=" + seed + ")");
        }
    }
}
