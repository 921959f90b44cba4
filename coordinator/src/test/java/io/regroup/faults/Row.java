package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What one run of a story came to. All JVMs of one command write theirs to one file, a line each, and {@link Summary} reads it.
 *
 * @param story   its class and method
 * @param title   what the table calls it
 * @param figures absent where it failed before anything was measured
 * @param failure absent where it was green
 */
record Row(String story, String title, int run, Optional<Figures> figures, Optional<String> failure) {

    /** @param wholeS seconds from the end of the fault */
    record Figures(double gapMs, double wholeS, int lost, int acknowledged) {

        private String line() {
            return String.format(Locale.ROOT, "%.0f %.1f %d %d", gapMs, wholeS, lost, acknowledged);
        }

        private static Figures parse(String line) {
            String[] words = line.split(" ");
            return new Figures(Double.parseDouble(words[0]), Double.parseDouble(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
        }
    }

    private static final String NONE = "-";

    /** Of this command. @param command the time at which it began tells it from others */
    static Path file(String command) {
        return Path.of("target", "faults", command + ".rows");
    }

    boolean green() {
        return failure.isEmpty();
    }

    void write(Path file) {
        String line = String.join("\t", story, title, Integer.toString(run), figures.map(Figures::line).orElse(NONE), failure.map(Row::oneLine).orElse(NONE));
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String oneLine(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > 300 ? line.substring(0, 300) + "..." : line;
    }

    static List<Row> read(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> line.split("\t")).map(fields -> new Row(fields[0], fields[1], Integer.parseInt(fields[2]),
            Optional.of(fields[3]).filter(text -> !text.equals(NONE)).map(Figures::parse), Optional.of(fields[4]).filter(text -> !text.equals(NONE)))).toList();
    }
}
