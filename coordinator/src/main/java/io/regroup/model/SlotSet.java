package io.regroup.model;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An immutable set of hash slots. */
public final class SlotSet {

    /** The number of hash slots of a Redis Cluster ({@code CLUSTER_SLOTS}). */
    public static final int COUNT = 16384;
    public static final SlotSet NONE = new SlotSet(new BitSet());
    public static final SlotSet ALL = range(0, COUNT - 1);

    private final BitSet bits;

    private SlotSet(BitSet bits) {
        this.bits = bits;
    }

    /** The slots from {@code first} to {@code last}, both included. */
    public static SlotSet range(int first, int last) {
        if (first < 0 || last >= COUNT || first > last) {
            throw new IllegalArgumentException("not a range of slots: " + first + "-" + last);
        }
        BitSet bits = new BitSet(COUNT);
        bits.set(first, last + 1);
        return new SlotSet(bits);
    }

    public static SlotSet of(int slot) {
        return range(slot, slot);
    }

    public static SlotSet of(IntStream slots) {
        BitSet bits = new BitSet(COUNT);
        slots.forEach(bits::set);
        if (bits.length() > COUNT) {
            throw new IllegalArgumentException("not a slot: " + (bits.length() - 1));
        }
        return new SlotSet(bits);
    }

    /**
     * What {@link #toString} writes.
     *
     * @throws IllegalArgumentException when it is something else
     */
    public static SlotSet parse(String text) {
        SlotSet.Builder slots = new Builder();
        for (String range : text.split(" ")) {
            String[] ends = range.split("-", 2);
            slots.add(range(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
        }
        return slots.built();
    }

    public SlotSet plus(SlotSet other) {
        BitSet sum = (BitSet) bits.clone();
        sum.or(other.bits);
        return new SlotSet(sum);
    }

    public SlotSet minus(SlotSet other) {
        BitSet rest = (BitSet) bits.clone();
        rest.andNot(other.bits);
        return new SlotSet(rest);
    }

    public SlotSet and(SlotSet other) {
        BitSet both = (BitSet) bits.clone();
        both.and(other.bits);
        return new SlotSet(both);
    }

    public boolean contains(int slot) {
        return bits.get(slot);
    }

    public boolean containsAll(SlotSet other) {
        return other.minus(this).isEmpty();
    }

    public boolean isEmpty() {
        return bits.isEmpty();
    }

    public int size() {
        return bits.cardinality();
    }

    public int first() {
        return bits.nextSetBit(0);
    }

    public int last() {
        return bits.length() - 1;
    }

    public IntStream stream() {
        return bits.stream();
    }

    /** Cuts the set, in slot order, into {@code parts} pieces whose sizes differ by at most one. */
    public List<SlotSet> split(int parts) {
        int[] slots = bits.stream().toArray();
        List<SlotSet> pieces = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) slots.length * i / parts);
            int to = (int) ((long) slots.length * (i + 1) / parts);
            pieces.add(of(IntStream.range(from, to).map(k -> slots[k])));
        }
        return List.copyOf(pieces);
    }

    /** Slots without a gap between them, both ends included. */
    public record Range(int first, int last) {

        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }
    }

    /** The fewest ranges that make up this set, in slot order. */
    public List<Range> ranges() {
        List<Range> ranges = new ArrayList<>();
        for (int from = bits.nextSetBit(0); from >= 0; ) {
            int to = bits.nextClearBit(from) - 1;
            ranges.add(new Range(from, to));
            from = bits.nextSetBit(to + 1);
        }
        return ranges;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SlotSet set && bits.equals(set.bits);
    }

    @Override
    public int hashCode() {
        return bits.hashCode();
    }

    /** Redis' own way of writing them: {@code 0-5460 5462}. */
    @Override
    public String toString() {
        return ranges().stream().map(Range::toString).collect(Collectors.joining(" "));
    }

    /** Collects sets, and tells of each what of it was not there before. */
    public static final class Builder {

        private final BitSet all = new BitSet(COUNT);

        /** @return the slots of {@code set} that no earlier one had */
        public SlotSet add(SlotSet set) {
            SlotSet fresh = set;
            if (all.intersects(set.bits)) {
                BitSet rest = (BitSet) set.bits.clone();
                rest.andNot(all);
                fresh = new SlotSet(rest);
            }
            all.or(set.bits);
            return fresh;
        }

        public SlotSet built() {
            return new SlotSet((BitSet) all.clone());
        }
    }
}
