package io.regroup.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The last primary view: the members that could act as one (DESIGN.md, S4).
 *
 * @param number counts up by one with each; of two memories the higher one is the later
 * @param seats  its members by name
 */
public record Primary(long number, SortedMap<String, Seat> seats) {

    public Primary {
        seats = Collections.unmodifiableSortedMap(new TreeMap<>(seats));
    }
}
