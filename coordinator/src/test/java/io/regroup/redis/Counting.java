package io.regroup.redis;

import static org.awaitility.Awaitility.await;

import io.regroup.model.Address;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Clients that count: each increments counters of its own, in slots all over, by turns, and knows what each must say next. A lost write
 * is seen at the next turn, and so is one that was done twice.
 */
public final class Counting implements AutoCloseable {

    private static final long PACE_NS = 500_000;
    /** No two clients have the same counters. */
    private static final AtomicInteger SEEDS = new AtomicInteger(1_000);

    private final List<Client> clients = new ArrayList<>();
    private volatile boolean enough;

    public Counting(Address seed, int clients, int countersEach) {
        this(() -> List.of(seed), clients, countersEach);
    }

    public Counting(Supplier<List<Address>> seeds, int clients, int countersEach) {
        for (int i = 0; i < clients; i++) {
            this.clients.add(new Client(seeds, countersEach, new Random(SEEDS.getAndIncrement())));
        }
        this.clients.forEach(client -> client.thread.start());
        this.clients.forEach(client -> await("counting").atMost(Duration.ofSeconds(60)).until(() -> client.writes > 2 * countersEach || client.wrong != null));
    }

    /**
     * Ends them, and lets each look at all its counters once more.
     *
     * @return how many writes were acknowledged
     * @throws AssertionError when a counter has not what was acknowledged
     */
    public int end() throws InterruptedException {
        enough = true;
        int writes = 0;
        for (Client client : clients) {
            client.thread.join();
            client.count();
            if (client.wrong != null) {
                throw new AssertionError(client.wrong);
            }
            writes += client.writes;
        }
        return writes;
    }

    /** How often one was sent on to a slot's other half. */
    public int asked() {
        return clients.stream().mapToInt(client -> client.redirected.asked()).sum();
    }

    public double longestMs() {
        return clients.stream().mapToDouble(client -> client.longestNs / 1e6).max().orElseThrow();
    }

    public void forgetLongest() {
        clients.forEach(client -> client.longestNs = 0);
    }

    @Override
    public void close() {
        enough = true;
    }

    private final class Client {
        private final Redirected redirected;
        private final List<String> counters = new ArrayList<>();
        private final long[] values;
        private final Thread thread = Thread.ofPlatform().daemon().name("counting").unstarted(this::run);
        private volatile int writes;
        private volatile long longestNs;
        private volatile Throwable wrong;

        Client(Supplier<List<Address>> seeds, int count, Random random) {
            redirected = new Redirected(seeds);
            values = new long[count];
            for (int i = 0; i < count; i++) {
                byte[] key = new byte[12];
                random.nextBytes(key);
                counters.add("counter " + new String(key, StandardCharsets.ISO_8859_1));
            }
        }

        private void run() {
            try {
                while (!enough) {
                    count();
                }
            } catch (RuntimeException | AssertionError e) {
                wrong = e;
            }
        }

        private void count() {
            for (int i = 0; i < values.length && wrong == null; i++) {
                long from = System.nanoTime();
                Object said = redirected.call("INCR", counters.get(i));
                longestNs = Math.max(longestNs, System.nanoTime() - from);
                values[i]++;
                writes++;
                if (!said.equals(Long.toString(values[i]))) {
                    throw new AssertionError("a counter says " + said + " after " + values[i] + " acknowledged increments");
                }
                LockSupport.parkNanos(PACE_NS);
            }
        }
    }
}
