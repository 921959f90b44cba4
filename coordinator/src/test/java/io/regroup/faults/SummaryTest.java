package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.Row.Figures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What three runs of a story and one that never began come to. */
class SummaryTest {

    private static final List<Row> ROWS = List.of(
        new Row("DeathsIT.one", "a pod is killed", 1, Optional.of(new Figures(100, 3.5, 0, 1000)), Optional.empty()),
        new Row("DeathsIT.one", "a pod is killed", 2, Optional.of(new Figures(900, 1.5, 7, 2000)), Optional.of("java.lang.AssertionError:\n  lost")),
        new Row("DeathsIT.one", "a pod is killed", 3, Optional.of(new Figures(200, 2, 0, 3000)), Optional.empty()),
        new Row("DeathsIT.two", "two pods are killed", 1, Optional.empty(), Optional.of("not formed")));

    @Test
    void aRowForEachStoryAndEachFailureByItsRun() {
        assertThat(Summary.table(ROWS)).contains(
            "| a pod is killed | 2 of 3 | 200 ms, 900 ms | 2.0 s, 3.5 s | 7 of 6000 (0, 7, 0) |\n",
            "| two pods are killed | 0 of 1 | not measured | not measured | 0 of 0 |\n",
            "2 stories, 4 runs, 2 green\n",
            "FAILED: DeathsIT.one, run 2: java.lang.AssertionError:\n  lost\n",
            "FAILED: DeathsIT.two, run 1: not formed\n");
    }

    @Test
    void whatIsWrittenIsReadAgainOnALineEach(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("new").resolve("rows");
        ROWS.forEach(row -> row.write(file));
        List<Row> read = Row.read(file);
        assertThat(read).hasSize(4);
        assertThat(read.get(0)).isEqualTo(ROWS.get(0));
        assertThat(read.get(1).failure()).contains("java.lang.AssertionError: lost");
        assertThat(read.get(3)).isEqualTo(ROWS.get(3));
    }
}
