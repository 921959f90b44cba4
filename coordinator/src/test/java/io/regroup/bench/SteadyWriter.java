package io.regroup.bench;

import io.regroup.faults.Writer;
import io.regroup.model.Address;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/** Writes one key after the other to a shard, follows it to where it is served, and knows what was acknowledged. */
final class SteadyWriter implements AutoCloseable {

    private static final long EVERY_NS = 200_000;
    /** How many more writes the new master has to take before this is over. */
    private static final int MORE = 500;

    private final String tag;
    private final Writer[] servers;
    private final Thread thread = Thread.ofPlatform().daemon().name("steady writer").unstarted(this::write);
    private volatile boolean closed;
    private volatile int acknowledged;
    private volatile int at;
    private volatile int there;
    private volatile double stallMs;
    private volatile double longestMs;

    SteadyWriter(Address from, Address to, String tag) {
        this.tag = tag;
        this.servers = new Writer[] {new Writer(from, 1000), new Writer(to, 1000)};
        thread.start();
        Awaitility.await().until(() -> acknowledged > MORE);
    }

    private void write() {
        long last = System.nanoTime();
        int lastAt = at;
        while (!closed) {
            if (servers[at].set(tag + acknowledged, "v" + acknowledged)) {
                long now = System.nanoTime();
                double gap = (now - last) / 1e6;
                if (at == lastAt) {
                    longestMs = Math.max(longestMs, gap);
                } else {
                    stallMs = Math.max(stallMs, gap);
                }
                lastAt = at;
                last = now;
                acknowledged++;
                there += at;
            } else {
                at = 1 - at;
            }
            LockSupport.parkNanos(EVERY_NS);
        }
    }

    /** When the shard is served by the other one, and has been for a while. */
    void end() {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> at == 1 && there > MORE);
        stop();
    }

    /** From the last write that the one acknowledged to the first that the other did, in ms. */
    double stallMs() {
        return stallMs;
    }

    /** The longest time between two acknowledged writes to the same one, in ms: what else happens on the machine meanwhile. */
    double longestMs() {
        return longestMs;
    }

    int acknowledged() {
        return acknowledged;
    }

    /** How many of the acknowledged writes this server does not have. */
    int lost(Address server) {
        int lost = 0;
        try (Writer reader = new Writer(server, 1000)) {
            for (int i = 0; i < acknowledged; i++) {
                if (!reader.ask("GET " + tag + i).equals("v" + i)) {
                    lost++;
                }
            }
        }
        return lost;
    }

    private void stop() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
        for (Writer writer : servers) {
            writer.close();
        }
    }
}
