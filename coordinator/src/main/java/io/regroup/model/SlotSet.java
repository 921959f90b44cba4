package io.regroup.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An immutable set of hash slots. It is kept as its ranges: a master has a few of them, and whoever leads compares and counts such sets
 * at every look.
 */
public final class SlotSet {
    /** So many ranges one reads before one gives up. */
    private static final int SHOWN = 20;

    /** The number of hash slots of a Redis Cluster ({@code CLUSTER_SLOTS}). */
    public static final int COUNT = 16384;
    public static final SlotSet NONE = new SlotSet(new int[0]);
    public static final SlotSet ALL = range(0, COUNT - 1);

    /** Where a range begins, and the first slot after it, again and again: strictly rising. */
    private final int[] edges;

    private SlotSet(int[] edges) {
        this.edges = edges;
    }

    /** The slots from {@code first} to {@code last}, both included. */
    public static SlotSet range(int first, int last) {
        if (first < 0 || last >= COUNT || first > last) {
            throw new IllegalArgumentException("not a range of slots: " + first + "-" + last);
        }
        return new SlotSet(new int[] {first, last + 1});
    }

    public static SlotSet of(int slot) {
        return range(slot, slot);
    }

    public static SlotSet of(IntStream slots) {
        int[] numbers = slots.toArray();
        if (numbers.length == 0) {
            return NONE;
        }
        BitSet bits = new BitSet(COUNT);
        for (int slot : numbers) {
            bits.set(slot);
        }
        return of(bits);
    }

    /** @throws IllegalArgumentException when a bit is set that is no slot */
    public static SlotSet of(BitSet bits) {
        if (bits.length() > COUNT) {
            throw new IllegalArgumentException("not a slot: " + (bits.length() - 1));
        }
        int[] edges = new int[8];
        int count = 0;
        for (int from = bits.nextSetBit(0); from >= 0; from = bits.nextSetBit(edges[count - 1])) {
            edges = count == edges.length ? Arrays.copyOf(edges, 2 * count) : edges;
            edges[count++] = from;
            edges[count++] = bits.nextClearBit(from);
        }
        return count == 0 ? NONE : new SlotSet(Arrays.copyOf(edges, count));
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

    /** Whether a slot is in the result, by whether it is in one and in the other. */
    private interface Rule {
        boolean has(boolean one, boolean other);
    }

    private SlotSet with(SlotSet other, Rule rule) {
        int[] result = new int[edges.length + other.edges.length];
        int count = 0;
        int i = 0;
        int j = 0;
        while (i < edges.length || j < other.edges.length) {
            int at = Math.min(edge(i), other.edge(j));
            i += edge(i) == at ? 1 : 0;
            j += other.edge(j) == at ? 1 : 0;
            // After an odd number of edges one is within a range.
            if (rule.has(i % 2 == 1, j % 2 == 1) != (count % 2 == 1)) {
                result[count++] = at;
            }
        }
        return count == 0 ? NONE : new SlotSet(count == result.length ? result : Arrays.copyOf(result, count));
    }

    private int edge(int index) {
        return index < edges.length ? edges[index] : Integer.MAX_VALUE;
    }

    public SlotSet plus(SlotSet other) {
        if (isEmpty() || other.isEmpty()) {
            return isEmpty() ? other : this;
        }
        return with(other, (one, two) -> one || two);
    }

    public SlotSet minus(SlotSet other) {
        return isEmpty() || other.isEmpty() ? this : with(other, (one, two) -> one && !two);
    }

    public SlotSet and(SlotSet other) {
        return isEmpty() || other.isEmpty() ? NONE : with(other, (one, two) -> one && two);
    }

    public boolean contains(int slot) {
        int found = Arrays.binarySearch(edges, slot);
        // An edge that begins a range is in it; between two edges, the number of those before tells.
        return found >= 0 ? found % 2 == 0 : (-found - 1) % 2 == 1;
    }

    public boolean containsAll(SlotSet other) {
        return this == other || other.minus(this).isEmpty();
    }

    public boolean isEmpty() {
        return edges.length == 0;
    }

    public int size() {
        int size = 0;
        for (int i = 0; i < edges.length; i += 2) {
            size += edges[i + 1] - edges[i];
        }
        return size;
    }

    /** The lowest slot; -1 when there is none. */
    public int first() {
        return isEmpty() ? -1 : edges[0];
    }

    /** The highest slot; -1 when there is none. */
    public int last() {
        return isEmpty() ? -1 : edges[edges.length - 1] - 1;
    }

    /** In slot order. */
    public IntStream stream() {
        return edges.length == 2 ? IntStream.range(edges[0], edges[1])
            : ranges().stream().flatMapToInt(range -> IntStream.rangeClosed(range.first(), range.last()));
    }

    /** The highest {@code count} slots; all when there are no more. */
    public SlotSet highest(int count) {
        return skip(size() - count);
    }

    /** Without the lowest {@code count} slots. */
    private SlotSet skip(int count) {
        int left = count;
        for (int i = 0; i < edges.length && count > 0; i += 2) {
            int length = edges[i + 1] - edges[i];
            if (length > left) {
                return minus(range(0, edges[i] + left - 1));
            }
            left -= length;
        }
        return count > 0 ? NONE : this;
    }

    /** Cuts the set, in slot order, into {@code parts} pieces whose sizes differ by at most one. */
    public List<SlotSet> split(int parts) {
        int size = size();
        List<SlotSet> pieces = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) size * i / parts);
            int to = (int) ((long) size * (i + 1) / parts);
            pieces.add(skip(from).minus(skip(to)));
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
        for (int i = 0; i < edges.length; i += 2) {
            ranges.add(new Range(edges[i], edges[i + 1] - 1));
        }
        return ranges;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof SlotSet set && Arrays.equals(edges, set.edges);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(edges);
    }

    /** Redis' own way of writing them: {@code 0-5460 5462}. */
    @Override
    public String toString() {
        return ranges().stream().map(Range::toString).collect(Collectors.joining(" "));
    }

    /** The same for a line that somebody reads: of slots that lie far apart there may be thousands. */
    public String brief() {
        List<Range> ranges = ranges();
        return ranges.size() <= SHOWN ? toString()
            : ranges.stream().limit(SHOWN).map(Range::toString).collect(Collectors.joining(" ")) + " and " + (ranges.size() - SHOWN) + " more ranges";
    }

    /** Collects sets, and tells of each what of it was not there before. */
    public static final class Builder {

        private SlotSet all = NONE;

        /** @return the slots of {@code set} that no earlier one had */
        public SlotSet add(SlotSet set) {
            SlotSet fresh = set.minus(all);
            all = all.plus(set);
            return fresh;
        }

        public SlotSet built() {
            return all;
        }
    }
}
