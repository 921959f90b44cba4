package io.regroup.sim;

import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which line of a server's table each slot is bound to. */
final class SlotTable {

    private final Entry[] owner = new Entry[SlotSet.COUNT];
    /** Slots whose owner has stopped to claim them; they stay bound to it until somebody else does. */
    final BitSet notClaimed = new BitSet();
    final SortedMap<Integer, Entry> importing = new TreeMap<>();
    final SortedMap<Integer, Entry> migrating = new TreeMap<>();

    Entry owner(int slot) {
        return owner[slot];
    }

    boolean isUnclaimed(int slot) {
        return owner[slot] == null || notClaimed.get(slot);
    }

    void bind(int slot, Entry entry) {
        if (owner[slot] == null) {
            entry.own(slot);
            owner[slot] = entry;
        }
    }

    /** All of them free. */
    void bind(SlotSet.Range range, Entry entry) {
        entry.own(range);
        Arrays.fill(owner, range.first(), range.last() + 1, entry);
    }

    /** These slots, in ranges of which each is bound to one entry, claimed by it or not, and imported or not. */
    List<SlotSet.Range> uniform(SlotSet slots) {
        List<SlotSet.Range> uniform = new ArrayList<>();
        SlotSet imported = SlotSet.of(importing.keySet().stream().mapToInt(slot -> slot));
        for (SlotSet.Range range : slots.ranges()) {
            int first = range.first();
            boolean isImported = imported.contains(first);
            for (int slot = first + 1; slot <= range.last(); slot++) {
                if (owner[slot] != owner[first] || notClaimed.get(slot) != notClaimed.get(first)
                    || !imported.isEmpty() && imported.contains(slot) != isImported) {
                    uniform.add(new SlotSet.Range(first, slot - 1));
                    first = slot;
                    isImported = imported.contains(slot);
                }
            }
            uniform.add(new SlotSet.Range(first, range.last()));
        }
        return uniform;
    }

    /** From the one that all of them are bound to, if any. */
    void rebind(SlotSet.Range range, Entry entry) {
        if (owner[range.first()] != null) {
            owner[range.first()].disown(range);
            notClaimed.clear(range.first(), range.last() + 1);
        }
        bind(range, entry);
    }

    void unbind(int slot) {
        if (owner[slot] != null) {
            owner[slot].disown(slot);
            owner[slot] = null;
            notClaimed.clear(slot);
        }
    }

    void unbindAll(Entry entry) {
        for (SlotSet.Range range : entry.slots().ranges()) {
            entry.disown(range);
            Arrays.fill(owner, range.first(), range.last() + 1, null);
            notClaimed.clear(range.first(), range.last() + 1);
        }
    }

    void clear() {
        for (int slot = 0; slot < SlotSet.COUNT; slot++) {
            if (owner[slot] != null) {
                unbindAll(owner[slot]);
            }
        }
    }

    void closeAll() {
        importing.clear();
        migrating.clear();
    }

    static SortedMap<Integer, NodeId> ids(SortedMap<Integer, Entry> open) {
        SortedMap<Integer, NodeId> ids = new TreeMap<>();
        open.forEach((slot, entry) -> ids.put(slot, entry.id));
        return ids;
    }
}
