package io.regroup.move;

/**
 * How much is sent at a time. A node serves nobody else while it carries out a MIGRATE, nor between those that it has read at once; so
 * a window is few of them and takes about {@link #WINDOW_MS}, by what the last ones took.
 */
final class Pace {

    /** A fifth of what a client may wait: a window is estimated by the last ones, and may take some times as long. */
    static final double WINDOW_MS = 20;
    /**
     * So many MIGRATEs at most stand in a window. When the target hangs, each blocks the source for its timeout; all together they
     * must not take it longer than a node timeout.
     */
    static final int WINDOW_BATCHES = 16;

    /** What a MIGRATE costs, expressed in keys: a round trip of its own to the target. */
    private static final double BATCH = 6;
    /** Dump, send, load and copy of so many bytes take as long as one more key. */
    private static final double BYTES = 5_000;
    private static final double SLOWEST_START = 0.05;
    private static final double FORGETTING = 0.7;

    private double msPerKey = SLOWEST_START;
    private int batches = 1;

    /** What this is expected to cost, expressed in keys. */
    static double cost(int keys, long bytes) {
        return BATCH + keys + bytes / BYTES;
    }

    /** How many small keys one MIGRATE carries for so much. */
    static long keys(double cost) {
        return (long) (cost - BATCH);
    }

    /** How many MIGRATEs the next window may have, at most. */
    int batches() {
        return batches;
    }

    /** What a window may cost, in keys. */
    double room() {
        return WINDOW_MS / msPerKey;
    }

    /** A window of this cost took so long. Slower than thought counts at once, faster little by little. */
    void took(double cost, long ms) {
        double measured = Math.max(0.5, ms) / cost;
        msPerKey = Math.max(measured, FORGETTING * msPerKey + (1 - FORGETTING) * measured);
        batches = Math.min(WINDOW_BATCHES, 2 * batches);
    }

    /** A batch failed, or the target's replica does not keep up: begin small again. */
    void slower() {
        batches = 1;
    }
}
