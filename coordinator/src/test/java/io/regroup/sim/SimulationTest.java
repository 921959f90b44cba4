package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The whole product's mind in a simulated world, under faults that a seed draws.
 *
 * <pre>
 * mvn verify -Psimulate -Dseeds=1000000   as many as asked, on all cores, from -Dfirst (1) on
 * mvn verify -Psimulate -Dharder=true     with 4 to 8 faults each in quick succession, in place of 1 to 5
 * mvn verify -Psimulate -Dseed=4711       this one, one line an event; -Dreports=true: what each decision was made from
 * </pre>
 */
class SimulationTest {

    private static final int SEEDS = 2000;

    @Test
    void everySeedKeepsTheRulesAndBecomesWholeThenSilent() {
        Optional<Long> one = Optional.ofNullable(Long.getLong("seed"));
        if (one.isPresent()) {
            System.out.println(new Simulation(one.get(), new Tamper(), System.out::println).run());
            return;
        }
        long seeds = Long.getLong("seeds", SEEDS);
        long first = Long.getLong("first", 1);
        Progress progress = new Progress(seeds);
        List<String> failures = LongStream.range(first, first + seeds).parallel().mapToObj(seed -> progress.after(failure(seed)))
            .flatMap(Optional::stream).toList();
        assertThat(failures).as("seeds that break a rule").isEmpty();
    }

    /** Says now and then how far it is, and at once what failed: a million seeds take hours. */
    private static final class Progress {
        private static final long EVERY_NS = 20_000_000_000L;

        private final long seeds;
        private final long began = System.nanoTime();
        private final AtomicLong told = new AtomicLong(began);
        private final AtomicLong done = new AtomicLong();

        Progress(long seeds) {
            this.seeds = seeds;
        }

        Optional<String> after(Optional<String> failure) {
            failure.ifPresent(words -> System.out.println("[simulation] " + words));
            long count = done.incrementAndGet();
            long now = System.nanoTime();
            long last = told.get();
            if (now - last > EVERY_NS && told.compareAndSet(last, now)) {
                double seconds = (now - began) / 1e9;
                System.out.printf(Locale.ROOT, "[simulation] %d of %d seeds, %.0f a second, %.0f s left%n", count, seeds, count / seconds,
                    (seeds - count) * seconds / count);
            }
            return failure;
        }
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
                + "  (replay: mvn verify -Psimulate -Dseed=" + seed + (Simulation.HARDER ? " -Dharder=true)" : ")"));
        }
    }
}
