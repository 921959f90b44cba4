package io.regroup.sim;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Every acknowledged write, and what became of it. An omniscient book: the servers know nothing of it. */
final class Ledger {

    private final BitSet acknowledged = new BitSet();
    /** Writes that some replica has received: from then on losing them by a sync is a fault of ours. */
    private final BitSet copied = new BitSet();
    /** Writes whose loss the rules allow: they had not reached the replica that was promoted. */
    private final BitSet forgiven = new BitSet();
    private final BitSet lostByCrash = new BitSet();
    private final BitSet lostByLag = new BitSet();
    /** When each was acknowledged, in ms of the world's time. */
    private final Map<Integer, Long> times = new HashMap<>();
    private final int[] next = new int[Dataset.SLOTS.length];

    int nextWrite(int slotIndex) {
        return Dataset.number(slotIndex, next[slotIndex]++);
    }

    void onAcknowledged(int write, long at) {
        acknowledged.set(write);
        times.put(write, at);
    }

    long acknowledgedAt(int write) {
        return times.get(write);
    }

    /** When the last of these was acknowledged. */
    Optional<Long> lastOf(BitSet writes) {
        return writes.stream().filter(acknowledged::get).mapToObj(times::get).max(Long::compare);
    }

    void onCopied(int write) {
        copied.set(write);
    }

    void onCopied(BitSet writes) {
        copied.or(writes);
    }

    BitSet acknowledged() {
        return acknowledged;
    }

    /** Acknowledged writes that are still somewhere, for all we know. */
    BitSet alive() {
        BitSet set = (BitSet) acknowledged.clone();
        set.andNot(lostByCrash);
        set.andNot(lostByLag);
        return set;
    }

    BitSet forgiven() {
        return forgiven;
    }

    void forgive(BitSet writes) {
        forgiven.or(writes);
    }

    void lostByCrash(BitSet writes) {
        lostByCrash.or(writes);
    }

    /**
     * The last copy of these was dropped by a sync or a wipe.
     *
     * @return those for which there is no excuse
     */
    BitSet lostByOrder(BitSet writes) {
        BitSet inexcusable = (BitSet) writes.clone();
        inexcusable.and(copied);
        inexcusable.andNot(forgiven);
        lostByLag.or(writes);
        return inexcusable;
    }

    int lostByCrash() {
        return lostByCrash.cardinality();
    }

    int lostByLag() {
        return lostByLag.cardinality();
    }
}
