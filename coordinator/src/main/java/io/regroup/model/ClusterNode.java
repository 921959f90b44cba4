package io.regroup.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One node as some node's table shows it: a view, not the truth.
 *
 * @param address     absent when the table knows none ({@code :0}, flag {@code noaddr})
 * @param configEpoch Redis' config epoch of the node, or for a replica of its master
 * @param linkUp      whether the table's owner has a working bus link to the node
 * @param migrating   open slots that this node gives to another (known only for {@code myself})
 * @param importing   open slots that this node takes from another (known only for {@code myself})
 */
public record ClusterNode(NodeId id, Optional<Address> address, Set<NodeFlag> flags, Optional<NodeId> master,
                          long configEpoch, boolean linkUp, SlotSet slots,
                          SortedMap<Integer, NodeId> migrating, SortedMap<Integer, NodeId> importing) {

    public ClusterNode {
        EnumSet<NodeFlag> copy = EnumSet.noneOf(NodeFlag.class);
        copy.addAll(flags);
        flags = Collections.unmodifiableSet(copy);
        migrating = copyOf(migrating);
        importing = copyOf(importing);
    }

    private static SortedMap<Integer, NodeId> copyOf(SortedMap<Integer, NodeId> open) {
        return open.isEmpty() ? Collections.emptySortedMap() : Collections.unmodifiableSortedMap(new TreeMap<>(open));
    }

    public boolean is(NodeFlag flag) {
        return flags.contains(flag);
    }

    public boolean isMaster() {
        return is(NodeFlag.MASTER);
    }

    public boolean isReplica() {
        return is(NodeFlag.REPLICA);
    }

    /** Whether the table's owner has finished the first contact: its id is the node's real one. */
    public boolean isIntroduced() {
        return !is(NodeFlag.HANDSHAKE);
    }
}
