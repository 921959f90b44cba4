package io.regroup.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The last primary view: the members that could act as one (DESIGN.md, S4).
 *
 * @param number   counts up by one with each; of two memories the higher one is the later
 * @param seats    its members by name
 * @param departed members of earlier ones whose nodes are still named in some table: whose end may have to be proven
 * @param lost     nodes that are still named in some table and cannot come back: their own pod was seen without their data
 * @param before   the members of the last one that all its members have been seen to remember, while that is not so of this one. Until
 *                 then more than half of both are needed: who has not heard of this one yet still counts by that one. Empty: it is so
 */
public record Primary(long number, SortedMap<String, Seat> seats, SortedMap<String, Seat> departed, SortedSet<NodeId> lost,
                      SortedMap<String, Seat> before) {

    public Primary {
        seats = Collections.unmodifiableSortedMap(new TreeMap<>(seats));
        departed = Collections.unmodifiableSortedMap(new TreeMap<>(departed));
        lost = Collections.unmodifiableSortedSet(new TreeSet<>(lost));
        before = Collections.unmodifiableSortedMap(new TreeMap<>(before));
    }

    /** Whether all its members have been seen to remember it. */
    public boolean isSettled() {
        return before.isEmpty();
    }

    /** This one, when they have. */
    public Primary settled() {
        return new Primary(number, seats, departed, lost, new TreeMap<>());
    }

    /** Everyone whose place is remembered, by name. */
    public SortedMap<String, Seat> all() {
        if (departed.isEmpty() && before.isEmpty()) {
            return seats;
        }
        SortedMap<String, Seat> all = new TreeMap<>(before);
        all.putAll(departed);
        all.putAll(seats);
        return all;
    }
}
