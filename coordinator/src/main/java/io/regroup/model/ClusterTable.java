package io.regroup.model;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one node believes of the cluster: its own line and those of all others ({@code CLUSTER NODES}). */
public record ClusterTable(ClusterNode myself, SortedMap<NodeId, ClusterNode> others) {

    public ClusterTable {
        others = Collections.unmodifiableSortedMap(new TreeMap<>(others));
        if (others.containsKey(myself.id())) {
            throw new IllegalArgumentException("a node is not one of its others: " + myself.id());
        }
    }

    public Optional<ClusterNode> line(NodeId id) {
        return id.equals(myself.id()) ? Optional.of(myself) : Optional.ofNullable(others.get(id));
    }

    /** Whether a first contact with this address is under way. */
    public boolean isMeeting(Address address) {
        return others.values().stream()
            .anyMatch(n -> !n.isIntroduced() && n.address().filter(address::equals).isPresent());
    }
}
