package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** Runs a program of the machine that has to succeed. */
final class Shell {

    private Shell() {
    }

    /** @param words separated by single spaces. @throws IllegalStateException with what the program said when it failed */
    static void run(String words) {
        try {
            Process process = new ProcessBuilder(List.of(words.split(" "))).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes()).strip();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(words + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(words + " was interrupted", e);
        }
    }
}
