package io.regroup.kubernetes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program that is on the PATH, and waits for its end. */
final class Program {

    private Program() {
    }

    /** What a program left behind. */
    record Ran(String command, int code, String out, String err) {

        boolean ok() {
            return code == 0;
        }

        /** What it printed. @throws Failed when it failed */
        String output() {
            if (!ok()) {
                throw new Failed(command + " ended with " + code + ": " + (err.isBlank() ? out : err).strip());
            }
            return out;
        }
    }

    /** A program did not do what it was to do; the message has its own words. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /** @param input what it reads from standard input. @throws Failed when it cannot be started or takes longer than the limit */
    static Ran run(Duration limit, String input, List<String> command) {
        String brief = String.join(" ", command);
        String name = brief.length() > 200 ? brief.substring(0, 200) + " ..." : brief;
        try {
            Path dir = Files.createTempDirectory("regroup-it");
            Path in = Files.writeString(dir.resolve("in"), input);
            Path out = dir.resolve("out");
            Path err = dir.resolve("err");
            try {
                Process process = new ProcessBuilder(command).redirectInput(in.toFile()).redirectOutput(out.toFile())
                    .redirectError(err.toFile()).start();
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new Failed(name + " did not end within " + limit.toSeconds() + " s: " + Files.readString(err).strip());
                }
                return new Ran(name, process.exitValue(), Files.readString(out), Files.readString(err));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Failed(name + " was interrupted");
            } finally {
                for (Path file : List.of(in, out, err, dir)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage(), e);
        }
    }
}
