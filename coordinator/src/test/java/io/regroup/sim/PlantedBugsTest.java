package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
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
        System.out.println("| `" + bug + "` | " + bug.rule + " | " + caught.get());
    }

    @Test
    void theTableInDocsNamesEachWithItsSeed() throws IOException {
        String table = Files.readString(Path.of("..", "docs", "simulation.md"));
        for (PlantedBug bug : PlantedBug.values()) {
            assertThat(table).contains("| `" + bug + "` | " + bug.rule + " | " + bug.seed + " |");
        }
    }

    private static Optional<String> caught(PlantedBug bug, long seed) {
        return SimulationTest.failure(seed, bug.tamper).filter(failure -> failure.contains(": " + bug.rule + ": "));
    }
}
