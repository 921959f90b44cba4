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
 */
public record Primary(long number, SortedMap<String, Seat> seats, SortedMap<String, Seat> departed, SortedSet<NodeId> lost) {

    public Primary {
        seats = Collections.unmodifiableSortedMap(new TreeMap<>(seats));
        departed = Collections.unmodifiableSortedMap(new TreeMap<>(departed));
        lost = Collections.unmodifiableSortedSet(new TreeSet<>(lost));
    }

    /** Everyone whose place is remembered, by name. */
    public SortedMap<String, Seat> all() {
        if (departed.isEmpty()) {
            return seats;
        }
        SortedMap<String, Seat> all = new TreeMap<>(departed);
        all.putAll(seats);
        return all;
    }
}
