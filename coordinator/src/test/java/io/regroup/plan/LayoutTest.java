package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Equal parts with the fewest slots moved. */
class LayoutTest {

    private static NodeId id(int number) {
        return Scene.id("m" + number);
    }

    private static SortedMap<NodeId, SlotSet> even(int masters) {
        SortedMap<NodeId, SlotSet> owned = new TreeMap<>();
        List<SlotSet> parts = SlotSet.ALL.split(masters);
        IntStream.range(0, masters).forEach(i -> owned.put(id(i + 10), parts.get(i)));
        return owned;
    }

    private static SortedMap<NodeId, SlotSet> after(SortedMap<NodeId, SlotSet> owned, List<Layout.Share> shares) {
        SortedMap<NodeId, SlotSet> next = new TreeMap<>(owned);
        for (Layout.Share share : shares) {
            assertThat(next.get(share.source()).containsAll(share.slots())).as("the source has what it gives").isTrue();
            next.put(share.source(), next.get(share.source()).minus(share.slots()));
            next.merge(share.target(), share.slots(), SlotSet::plus);
        }
        next.values().removeIf(SlotSet::isEmpty);
        return next;
    }

    private static int moved(List<Layout.Share> shares) {
        return shares.stream().mapToInt(share -> share.slots().size()).sum();
    }

    /** The least that any choice of who gets the larger parts needs: all choices are tried. */
    private static int optimum(SortedMap<NodeId, SlotSet> owned, Collection<NodeId> masters) {
        List<NodeId> all = List.copyOf(masters);
        int part = SlotSet.COUNT / all.size();
        int larger = SlotSet.COUNT % all.size();
        int least = Integer.MAX_VALUE;
        for (int choice = 0; choice < 1 << all.size(); choice++) {
            if (Integer.bitCount(choice) != larger) {
                continue;
            }
            int arrive = 0;
            for (int i = 0; i < all.size(); i++) {
                arrive += Math.max(0, part + (choice >> i & 1) - owned.getOrDefault(all.get(i), SlotSet.NONE).size());
            }
            least = Math.min(least, arrive);
        }
        return least;
    }

    static Stream<Arguments> ways() {
        return IntStream.rangeClosed(1, 12).boxed().flatMap(from -> IntStream.rangeClosed(1, 12).mapToObj(to -> Arguments.of(from, to)));
    }

    /** 5 -> 10: some came two seconds before the others, and slots that they had got went on to those. */
    @ParameterizedTest(name = "from {0} to {1} masters")
    @MethodSource("ways")
    void norMoreWhereTheyComeOneByOne(int from, int to) {
        SortedMap<NodeId, SlotSet> owned = even(from);
        List<NodeId> masters = new ArrayList<>(owned.keySet());
        int moved = 0;
        for (int next = from + 1; next <= to; next++) {
            masters.add(id(next + 9));
            List<Layout.Share> shares = Layout.shares(owned, masters, to - next);
            moved += moved(shares);
            owned = after(owned, shares);
            assertThat(owned.get(masters.getLast()).size()).as("it has its part at once").isGreaterThanOrEqualTo(SlotSet.COUNT / to);
        }
        assertThat(moved).isEqualTo(from < to ? optimum(even(from), masters) : 0);
        assertThat(Layout.shares(owned, masters, 0)).as("then nothing is left to do").isEmpty();
    }

    @ParameterizedTest(name = "from {0} to {1} masters")
    @MethodSource("ways")
    void theFewestSlotsMove(int from, int to) {
        SortedMap<NodeId, SlotSet> owned = even(from);
        SortedSet<NodeId> masters = new TreeSet<>();
        IntStream.range(0, to).forEach(i -> masters.add(id(i + 10)));
        check(owned, masters);
    }

    private static void check(SortedMap<NodeId, SlotSet> owned, SortedSet<NodeId> masters) {
        List<Layout.Share> shares = Layout.shares(owned, masters, 0);
        SortedMap<NodeId, SlotSet> next = after(owned, shares);
        assertThat(next.keySet()).isEqualTo(masters);
        assertThat(next.values()).extracting(SlotSet::size).allMatch(size -> size == SlotSet.COUNT / masters.size()
            || size == SlotSet.COUNT / masters.size() + 1);
        assertThat(next.values().stream().reduce(SlotSet.NONE, SlotSet::plus)).isEqualTo(SlotSet.ALL);
        assertThat(moved(shares)).isEqualTo(optimum(owned, masters));
        assertThat(Layout.shares(next, masters, 0)).as("then nothing is left to do").isEmpty();
    }

    @Test
    void alsoFromPartsThatSomebodyMadeByHand() {
        Random random = new Random(1);
        for (int round = 0; round < 50; round++) {
            SortedMap<NodeId, SlotSet> owned = new TreeMap<>();
            int owners = 1 + random.nextInt(8);
            for (int slot = 0; slot < SlotSet.COUNT; slot++) {
                owned.merge(id(10 + (random.nextInt(4) == 0 ? random.nextInt(owners) : 0)), SlotSet.of(slot), SlotSet::plus);
            }
            SortedSet<NodeId> masters = new TreeSet<>();
            IntStream.range(0, 1 + random.nextInt(8)).forEach(i -> masters.add(id(10 + random.nextInt(12))));
            check(owned, masters);
        }
    }
}
