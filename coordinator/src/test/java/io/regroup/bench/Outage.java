package io.regroup.bench;

import io.regroup.faults.Writer;
import io.regroup.model.Address;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a shard takes no write when its master dies: from the last write that the old master took to the first that its replica
 * took. Both are tried all the time, as many clients together would.
 */
final class Outage implements AutoCloseable {

    private static final long EVERY_NS = 1_000_000;
    private static final int ANSWER_MS = 300;

    private final String key;
    private final Writer old;
    private final Writer next;
    private final Thread toOld = Thread.ofPlatform().daemon().name("writes to the old master").unstarted(this::writeToOld);
    private volatile long lastOld;
    private volatile boolean closed;

    /** @param key in one of the master's slots */
    Outage(Address master, Address replica, String key) {
        this.key = key;
        this.old = new Writer(master, ANSWER_MS);
        this.next = new Writer(replica, ANSWER_MS);
        if (!old.set(key, "before")) {
            throw new IllegalStateException(master + " takes no write of " + key + " before it began");
        }
        lastOld = System.nanoTime();
        toOld.start();
    }

    private void writeToOld() {
        while (!closed) {
            if (old.set(key, "x")) {
                lastOld = System.nanoTime();
            }
            LockSupport.parkNanos(EVERY_NS);
        }
    }

    /** Call it when the master has been struck. @return ms; throws when nobody takes writes within that time */
    double await(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!next.set(key, "after")) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("no write after " + atMost);
            }
            LockSupport.parkNanos(EVERY_NS);
        }
        return (System.nanoTime() - lastOld) / 1e6;
    }

    @Override
    public void close() {
        closed = true;
        try {
            toOld.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        old.close();
        next.close();
    }
}
