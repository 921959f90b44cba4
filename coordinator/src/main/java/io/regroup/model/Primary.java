package io.regroup.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The last primary view: the members that could act as one (DESIGN.md, S4).
 *
 * @param number   counts up by one with each; of two memories the higher one is the later
 * @param seats    its members by name
 * @param departed members of earlier ones whose nodes are still named in some table: whose end may have to be proven
 */
public record Primary(long number, SortedMap<String, Seat> seats, SortedMap<String, Seat> departed) {

    public Primary {
        seats = Collections.unmodifiableSortedMap(new TreeMap<>(seats));
        departed = Collections.unmodifiableSortedMap(new TreeMap<>(departed));
    }

    /** Everyone whose place is remembered, by name. */
    public SortedMap<String, Seat> all() {
        SortedMap<String, Seat> all = new TreeMap<>(departed);
        all.putAll(seats);
        return all;
    }
}
