package io.regroup.plan;

import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The way from who owns which slots now to equal parts for those who are to be masters, with the fewest slots moved: each gives
 * only what it has above its part, and the parts that are one slot larger stay with those that have the most.
 */
final class Layout {

    /** Slots that one gives another. */
    record Share(NodeId source, NodeId target, SlotSet slots) {
    }

    private Layout() {
    }

    /**
     * @param masters who is to own slots; all others give away all that they have
     * @param awaited how many more are to come: their parts stay where they are until then, so that nothing moves twice
     */
    static List<Share> shares(SortedMap<NodeId, SlotSet> owned, Collection<NodeId> masters, int awaited) {
        SortedMap<NodeId, Integer> parts = parts(owned, masters, awaited);
        SortedMap<NodeId, Integer> wanting = new TreeMap<>();
        parts.forEach((id, part) -> {
            int lacks = part - owned.getOrDefault(id, SlotSet.NONE).size();
            if (lacks > 0) {
                wanting.put(id, lacks);
            }
        });
        SortedMap<NodeId, Integer> over = new TreeMap<>();
        owned.forEach((id, slots) -> over.put(id, Math.max(0, slots.size() - parts.getOrDefault(id, 0))));
        lower(over, masters, wanting.values().stream().mapToInt(Integer::intValue).sum());
        SortedMap<NodeId, SlotSet> spare = new TreeMap<>();
        over.forEach((id, count) -> {
            if (count > 0) {
                // The last: what stays is one range where it was one.
                spare.put(id, owned.get(id).highest(count));
            }
        });
        return match(spare, wanting);
    }

    /** No more is given than is wanted: those give most that have most, down to one level for all. Who is no master gives all. */
    private static void lower(SortedMap<NodeId, Integer> over, Collection<NodeId> masters, int wanted) {
        int given = over.entrySet().stream().filter(e -> !masters.contains(e.getKey())).mapToInt(Map.Entry::getValue).sum();
        List<NodeId> givers = over.keySet().stream().filter(masters::contains)
            .sorted(Comparator.<NodeId>comparingInt(over::get).thenComparing(Comparator.naturalOrder())).toList();
        int keep = givers.stream().mapToInt(over::get).sum() - (wanted - given);
        for (int i = 0; i < givers.size(); i++) {
            // All that are left keep as much of what they have over, and who has less than that keeps all.
            int kept = Math.min(over.get(givers.get(i)), keep / (givers.size() - i));
            keep -= kept;
            over.merge(givers.get(i), -kept, Integer::sum);
        }
    }

    private static SortedMap<NodeId, Integer> parts(SortedMap<NodeId, SlotSet> owned, Collection<NodeId> masters, int awaited) {
        int all = owned.values().stream().mapToInt(SlotSet::size).sum();
        int count = masters.size() + awaited;
        List<NodeId> bySize = masters.stream().sorted(Comparator.<NodeId>comparingInt(id -> -owned.getOrDefault(id, SlotSet.NONE).size())
            .thenComparing(Comparator.naturalOrder())).toList();
        SortedMap<NodeId, Integer> parts = new TreeMap<>();
        for (int i = 0; i < bySize.size(); i++) {
            parts.put(bySize.get(i), all / count + (i < all % count ? 1 : 0));
        }
        return parts;
    }

    /** Who has most to give gives to who lacks most: few pairs, each with many slots. */
    private static List<Share> match(SortedMap<NodeId, SlotSet> spare, SortedMap<NodeId, Integer> wanting) {
        List<Share> shares = new ArrayList<>();
        while (!spare.isEmpty() && !wanting.isEmpty()) {
            NodeId source = spare.keySet().stream().max(Comparator.<NodeId>comparingInt(id -> spare.get(id).size())
                .thenComparing(Comparator.reverseOrder())).orElseThrow();
            NodeId target = wanting.keySet().stream().max(Comparator.<NodeId>comparingInt(wanting::get)
                .thenComparing(Comparator.reverseOrder())).orElseThrow();
            SlotSet slots = spare.get(source).highest(wanting.get(target));
            shares.add(new Share(source, target, slots));
            SlotSet left = spare.get(source).minus(slots);
            if (left.isEmpty()) {
                spare.remove(source);
            } else {
                spare.put(source, left);
            }
            if (wanting.merge(target, -slots.size(), Integer::sum) == 0) {
                wanting.remove(target);
            }
        }
        return List.copyOf(shares);
    }
}
