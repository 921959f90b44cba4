package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.move.Progress;
import io.regroup.move.Transfer;
import io.regroup.plan.Command;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Carries out moves of slots, several at a time, each over connections of its own: nobody else's command waits behind a MIGRATE. No node
 * is in two moves at once, see {@link Transfer}.
 */
public final class Mover implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(1);

    private final int atOnce;
    private List<Transfer> all = List.of();
    private final List<Transfer> waiting = new ArrayList<>();
    private final Set<Transfer> running = new HashSet<>();
    private boolean stopped;
    private Consumer<List<Transfer>> whenOver = over -> { };

    /** @param atOnce how many moves run at the same time, at most */
    public Mover(int atOnce) {
        if (atOnce < 1) {
            throw new IllegalArgumentException("not a number of moves at a time: " + atOnce);
        }
        this.atOnce = atOnce;
    }

    /**
     * Begins these moves.
     *
     * @param whenOver called once, on another thread, with the moves as they ended
     * @throws IllegalStateException when earlier ones are not over
     */
    public synchronized void start(List<Transfer> moves, Consumer<List<Transfer>> whenOver) {
        if (isRunning()) {
            throw new IllegalStateException("the last moves are not over");
        }
        if (moves.isEmpty()) {
            throw new IllegalArgumentException("no moves");
        }
        all = List.copyOf(moves);
        stopped = false;
        this.whenOver = whenOver;
        waiting.addAll(moves);
        begin();
    }

    public synchronized boolean isRunning() {
        return !waiting.isEmpty() || !running.isEmpty();
    }

    /** All ends with the steps that are under way; those that have not begun never do. */
    public synchronized void stop() {
        stopped = true;
        all.forEach(Transfer::stop);
        notifyAll();
    }

    /** Of all the moves that were started last. */
    public synchronized Progress progress() {
        return all.stream().map(Transfer::progress).reduce(new Progress(0, 0, 0, 0), Progress::plus);
    }

    private void begin() {
        for (Transfer move : List.copyOf(waiting)) {
            if (running.size() < atOnce && running.stream().noneMatch(move::touches)) {
                waiting.remove(move);
                running.add(move);
                Thread.ofPlatform().daemon().name("move " + move.move().sourceAt() + " " + move.move().targetAt()).start(() -> run(move));
            }
        }
    }

    private void run(Transfer move) {
        try (Servers servers = new Servers(CONNECT)) {
            SortedMap<Address, List<Command>> step = move.next(now());
            while (!step.isEmpty()) {
                move.on(servers.send(step, Duration.ofMillis(move.patienceMs())), now());
                pause(move.pauseMs());
                step = move.next(now());
            }
        } finally {
            ended(move);
        }
    }

    /** Until then, or until it is stopped. */
    private synchronized void pause(long ms) {
        long end = now() + ms;
        try {
            for (long left = ms; left > 0 && !stopped; left = end - now()) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private void ended(Transfer move) {
        List<Transfer> over;
        Consumer<List<Transfer>> listener;
        synchronized (this) {
            running.remove(move);
            begin();
            if (isRunning()) {
                return;
            }
            over = all;
            listener = whenOver;
        }
        listener.accept(over);
    }

    /** Stops what runs; does not wait for it. */
    @Override
    public void close() {
        stop();
    }
}
