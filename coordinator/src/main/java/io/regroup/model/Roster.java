package io.regroup.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The lines of a table without what only its owner can say ({@code myself}, the state of its links): nodes that agree have
 * equal rosters. In a settled cluster there is one, however many nodes report it, and it is looked at once.
 */
public final class Roster {

    private final SortedMap<NodeId, ClusterNode> lines;
    private final int hash;

    Roster(ClusterTable table) {
        SortedMap<NodeId, ClusterNode> all = new TreeMap<>();
        table.others().values().forEach(node -> all.put(node.id(), impersonal(node)));
        all.put(table.myself().id(), impersonal(table.myself()));
        lines = Collections.unmodifiableSortedMap(all);
        hash = lines.hashCode();
    }

    private static ClusterNode impersonal(ClusterNode node) {
        Set<NodeFlag> flags = EnumSet.noneOf(NodeFlag.class);
        flags.addAll(node.flags());
        flags.remove(NodeFlag.MYSELF);
        return new ClusterNode(node.id(), node.address(), flags, node.master(), node.configEpoch(), true, node.slots(),
            Collections.emptySortedMap(), Collections.emptySortedMap());
    }

    public Optional<ClusterNode> line(NodeId id) {
        return Optional.ofNullable(lines.get(id));
    }

    public SortedMap<NodeId, ClusterNode> lines() {
        return lines;
    }

    /** Whether a first contact with this address is under way. */
    public boolean isMeeting(Address address) {
        return lines.values().stream().anyMatch(n -> !n.isIntroduced() && n.address().filter(address::equals).isPresent());
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Roster roster && hash == roster.hash && lines.equals(roster.lines);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
