package io.regroup.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One process of a pod, and what the kubelet does for it: whenever it ends it is started again, after a pause that doubles
 * and is short again once it has run for a while, or when somebody killed it on purpose.
 */
final class Container {

    /** The kubelet waits 10 s before the second restart, then twice that; these are short, for nobody wants to watch that. */
    private static final long FIRST_PAUSE_MS = 50;
    private static final long LONGEST_PAUSE_MS = 3000;
    /** After so long a life the next pause is the first again. */
    private static final long GOOD_LIFE_MS = 20_000;

    private final String name;
    private final ProcessBuilder command;
    private final ScheduledExecutorService timer;
    private final Consumer<String> news;
    private Process process;
    private long startedAt;
    private long pauseMs = FIRST_PAUSE_MS;
    private boolean ourDoing;
    private boolean ended;

    /** @param news is told when the process ended and will be started again, unless {@link #kill} did it */
    Container(String name, ProcessBuilder command, ScheduledExecutorService timer, Consumer<String> news) {
        this.name = name;
        this.command = command;
        this.timer = timer;
        this.news = news;
    }

    synchronized void start() {
        if (ended) {
            return;
        }
        try {
            process = command.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        startedAt = System.nanoTime();
        Process started = process;
        started.onExit().thenRun(() -> exited(started));
    }

    private synchronized void exited(Process gone) {
        if (ended) {
            return;
        }
        long livedMs = (System.nanoTime() - startedAt) / 1_000_000;
        if (livedMs > GOOD_LIFE_MS || ourDoing) {
            pauseMs = FIRST_PAUSE_MS;
        }
        Optional<String> told = ourDoing ? Optional.empty() : Optional.of(name + " ended (" + words(gone.exitValue()) + ") and is started again");
        ourDoing = false;
        try {
            timer.schedule(() -> again(told), pauseMs, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // All is being stopped.
            return;
        }
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }

    /** Told only now: on Ctrl-C in a terminal all processes end at once, and none is started again. */
    private synchronized void again(Optional<String> told) {
        if (!ended) {
            told.ifPresent(news);
            start();
        }
    }

    /** An exit code above 128 is a signal's number. */
    private static String words(int code) {
        return switch (code) {
            case 128 + 9 -> "killed";
            case 128 + 15 -> "terminated";
            default -> code > 128 ? "signal " + (code - 128) : "exit code " + code;
        };
    }

    /** SIGKILL; what ends in this way is started again. */
    synchronized void kill() {
        ourDoing = process.isAlive();
        process.destroyForcibly();
    }

    /** SIGTERM, for good. @return completes when the process has ended */
    synchronized CompletableFuture<Process> terminate() {
        ended = true;
        process.destroy();
        return process.onExit();
    }

    /** SIGKILL, for good. @return completes when the process has ended */
    synchronized CompletableFuture<Process> end() {
        ended = true;
        if (process == null) {
            return CompletableFuture.completedFuture(null);
        }
        process.destroyForcibly();
        return process.onExit();
    }

    synchronized long pid() {
        return process.pid();
    }
}
