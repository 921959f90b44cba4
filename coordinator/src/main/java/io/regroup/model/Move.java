package io.regroup.model;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Slots that go from one living master to another, with their keys.
 *
 * @param others the other masters, which are told at the end who has the slots now
 */
public record Move(NodeId source, Address sourceAt, NodeId target, Address targetAt, SlotSet slots, SortedSet<Address> others) {

    public Move {
        if (source.equals(target)) {
            throw new IllegalArgumentException("a move from a node to itself: " + source);
        }
        if (slots.isEmpty()) {
            throw new IllegalArgumentException("a move of no slots");
        }
        others = Collections.unmodifiableSortedSet(new TreeSet<>(others));
    }

    /** Whether this node gives or takes slots. */
    public boolean involves(NodeId id) {
        return source.equals(id) || target.equals(id);
    }
}
