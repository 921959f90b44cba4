package io.regroup.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one node believes of the cluster: its own line and those of all others ({@code CLUSTER NODES}). */
public final class ClusterTable {

    private final ClusterNode myself;
    private final SortedMap<NodeId, ClusterNode> others;
    private final Roster roster;

    public ClusterTable(ClusterNode myself, SortedMap<NodeId, ClusterNode> others) {
        this.myself = myself;
        this.others = Collections.unmodifiableSortedMap(new TreeMap<>(others));
        if (others.containsKey(myself.id())) {
            throw new IllegalArgumentException("a node is not one of its others: " + myself.id());
        }
        this.roster = new Roster(this);
    }

    private ClusterTable(ClusterTable table, Roster roster) {
        this.myself = table.myself;
        this.others = table.others;
        this.roster = roster;
    }

    /** The same table; its roster is the given one if the two are equal, so that equal ones are one. */
    public ClusterTable sharing(Roster known) {
        return roster != known && roster.equals(known) ? new ClusterTable(this, known) : this;
    }

    public ClusterNode myself() {
        return myself;
    }

    public SortedMap<NodeId, ClusterNode> others() {
        return others;
    }

    /** All lines, as they can be compared with those of other tables. */
    public Roster roster() {
        return roster;
    }

    /** Which other node is at this address. Absent too where several are. */
    public Optional<ClusterNode> onlyAt(Address address) {
        List<ClusterNode> there = others.values().stream().filter(line -> line.isIntroduced() && line.address().filter(address::equals).isPresent()).toList();
        return there.size() == 1 ? Optional.of(there.getFirst()) : Optional.empty();
    }

    public Optional<ClusterNode> line(NodeId id) {
        return id.equals(myself.id()) ? Optional.of(myself) : Optional.ofNullable(others.get(id));
    }

    /** Every slot that this table gives to somebody. */
    public SlotSet assigned() {
        return others.values().stream().map(ClusterNode::slots).reduce(myself.slots(), SlotSet::plus);
    }

    /** Whether a first contact with this address is under way. */
    public boolean isMeeting(Address address) {
        return roster.isMeeting(address);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof ClusterTable table && myself.equals(table.myself) && others.equals(table.others);
    }

    @Override
    public int hashCode() {
        return roster.hashCode();
    }

    @Override
    public String toString() {
        return "ClusterTable[" + myself + ", " + others + "]";
    }
}
