package io.regroup.sim;

import java.util.PriorityQueue;

/** Simulated time in ms, and what happens when. Events of one ms happen in the order in which they were planned. */
final class Timeline {

    /** Redis takes time 0 for "never", so the world begins later. */
    static final long START = 1_000_000;

    private record Event(long at, long order, Runnable what) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now = START;
    private long planned;

    long now() {
        return now;
    }

    void after(long ms, Runnable what) {
        events.add(new Event(now + Math.max(0, ms), planned++, what));
    }

    /** Lets the next event happen. */
    void step() {
        Event next = events.remove();
        now = next.at;
        next.what.run();
    }
}
