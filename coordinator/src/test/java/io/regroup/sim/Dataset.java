package io.regroup.sim;

import java.util.BitSet;
import java.util.stream.IntStream;

/** The keys of one server: the writes that it holds, each by its number. A copy is a copy. */
final class Dataset {

    /** The slots that clients write to: the placeholder's, both ends, and some on the borders of shards. */
    static final int[] SLOTS = {0, 1, 2047, 2730, 4095, 5460, 5461, 8191, 8192, 10922, 10923, 13000, 16383};

    private final BitSet writes;

    Dataset() {
        this(new BitSet());
    }

    private Dataset(BitSet writes) {
        this.writes = writes;
    }

    /** The number of the {@code nth} write to this slot; a write's number tells its slot. */
    static int number(int slotIndex, int nth) {
        return nth * SLOTS.length + slotIndex;
    }

    static int slotOf(int write) {
        return SLOTS[write % SLOTS.length];
    }

    static boolean isTracked(int slot) {
        return indexOf(slot) >= 0;
    }

    private static int indexOf(int slot) {
        return Math.max(-1, java.util.Arrays.binarySearch(SLOTS, slot));
    }

    /** All writes of one slot up to a number. */
    static BitSet ofSlot(int slot, int most) {
        BitSet set = new BitSet();
        for (int w = indexOf(slot); w >= 0 && w < most; w += SLOTS.length) {
            set.set(w);
        }
        return set;
    }

    void add(int write) {
        writes.set(write);
    }

    BitSet writes() {
        return writes;
    }

    Dataset copy() {
        return new Dataset((BitSet) writes.clone());
    }

    int size() {
        return writes.cardinality();
    }

    /** Its keys that belong to this slot. */
    IntStream ofSlot(int slot) {
        int index = indexOf(slot);
        return index < 0 ? IntStream.empty() : writes.stream().filter(w -> w % SLOTS.length == index);
    }

    void remove(int write) {
        writes.clear(write);
    }

    boolean has(int slot) {
        int index = indexOf(slot);
        if (index < 0) {
            return false;
        }
        int end = writes.length();
        for (int w = index; w < end; w += SLOTS.length) {
            if (writes.get(w)) {
                return true;
            }
        }
        return false;
    }

    void drop(int slot) {
        writes.andNot(ofSlot(slot, writes.length()));
    }
}
