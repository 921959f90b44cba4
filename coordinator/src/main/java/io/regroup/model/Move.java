package io.regroup.model;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Slots that are to go from one master to another, with their keys.
 *
 * @param others the other masters: they are told whose the slots are
 */
public record Move(NodeId source, Address sourceAt, NodeId target, Address targetAt, SlotSet slots, SortedSet<Address> others) {

    public Move {
        if (source.equals(target) || sourceAt.equals(targetAt)) {
            throw new IllegalArgumentException("a move within one node: " + source + " at " + sourceAt);
        }
        if (slots.isEmpty()) {
            throw new IllegalArgumentException("a move of no slots");
        }
        if (others.contains(sourceAt) || others.contains(targetAt)) {
            throw new IllegalArgumentException("source and target are not among the others: " + others);
        }
        others = Collections.unmodifiableSortedSet(new TreeSet<>(others));
    }

    /** Whether this node gives or takes slots. */
    public boolean involves(NodeId id) {
        return source.equals(id) || target.equals(id);
    }

    @Override
    public String toString() {
        return slots.size() + " slots from " + source.brief() + " at " + sourceAt + " to " + target.brief() + " at " + targetAt;
    }
}
