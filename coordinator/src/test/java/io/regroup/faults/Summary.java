package io.regroup.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The table of all that the JVMs of one command have measured, a row for each story; {@code mvn verify -Pfaults} prints it at its end. */
final class Summary {

    private Summary() {
    }

    /** @param args the command whose rows are told, see {@link Row#file} */
    public static void main(String[] args) throws IOException {
        Path rows = Row.file(args[0]);
        if (!Files.exists(rows)) {
            System.out.println("no story has run: there is no " + rows.toAbsolutePath());
            return;
        }
        String table = table(Row.read(rows));
        Path kept = rows.resolveSibling(args[0] + ".md");
        Files.writeString(kept, table);
        System.out.println(table + "\n" + kept.toAbsolutePath());
    }

    static String table(List<Row> rows) {
        Map<String, List<Row>> stories = new TreeMap<>();
        rows.forEach(row -> stories.computeIfAbsent(row.story(), story -> new ArrayList<>()).add(row));
        StringBuilder table = new StringBuilder("""
            | fault | green | longest write gap: median, worst | whole after: median, worst | acknowledged writes lost |
            | --- | --- | --- | --- | --- |
            """);
        stories.values().forEach(runs -> table.append(row(runs)).append('\n'));
        List<Row> failed = rows.stream().filter(row -> !row.green()).toList();
        table.append(String.format("%n%d stories, %d runs, %d green%n", stories.size(), rows.size(), rows.size() - failed.size()));
        failed.forEach(row -> table.append(String.format("FAILED: %s, run %d: %s%n", row.story(), row.run(), row.failure().orElseThrow())));
        return table.toString();
    }

    private static String row(List<Row> runs) {
        List<Row.Figures> figures = runs.stream().map(Row::figures).flatMap(Optional::stream).toList();
        long green = runs.stream().filter(Row::green).count();
        return String.format(Locale.ROOT, "| %s | %d of %d | %s | %s | %s |", runs.getFirst().title(), green, runs.size(),
            spread(figures, Row.Figures::gapMs, "%.0f ms"), spread(figures, Row.Figures::wholeS, "%.1f s"), lost(figures));
    }

    private static String spread(List<Row.Figures> figures, ToDoubleFunction<Row.Figures> figure, String format) {
        double[] sorted = figures.stream().mapToDouble(figure).sorted().toArray();
        if (sorted.length == 0) {
            return "not measured";
        }
        String median = String.format(Locale.ROOT, format, (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2);
        return sorted.length == 1 ? median : median + ", " + String.format(Locale.ROOT, format, sorted[sorted.length - 1]);
    }

    /** Of all runs together; where it differs, run by run. */
    private static String lost(List<Row.Figures> figures) {
        int lost = figures.stream().mapToInt(Row.Figures::lost).sum();
        int acknowledged = figures.stream().mapToInt(Row.Figures::acknowledged).sum();
        String each = figures.stream().map(f -> Integer.toString(f.lost())).collect(Collectors.joining(", "));
        return lost + " of " + acknowledged + (lost == 0 || figures.size() == 1 ? "" : " (" + each + ")");
    }
}
