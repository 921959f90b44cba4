package io.regroup.lead;

/**
 * Tells when more time has passed than the monotonic clock shows. Linux' {@code CLOCK_MONOTONIC}, which {@code System.nanoTime} reads,
 * stands still while a machine is suspended; the wall clock leaps when it wakes, back where somebody sets it so when it does. Where that one is
 * only set, a pause is seen that was none: all are asked anew, nothing else.
 */
public final class Leaps {

    private long aheadBy;

    /** Both in ms, as of now. */
    public Leaps(long monotonic, long wall) {
        aheadBy = wall - monotonic;
    }

    /** Whether the wall clock has leapt since the last time that this was asked. */
    public boolean seen(long monotonic, long wall) {
        long before = aheadBy;
        aheadBy = wall - monotonic;
        return Math.abs(aheadBy - before) > Leader.PAUSE_MS;
    }
}
