package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One line of a simulated server's table: Redis' {@code clusterNode}, with its names. As there, {@code null} is no address,
 * no master, no link, and time 0 is never.
 */
final class Entry {

    NodeId id;
    Address address;
    final Set<NodeFlag> flags = EnumSet.noneOf(NodeFlag.class);
    /** MEET goes out instead of PING when the link stands. */
    boolean meet;
    Entry slaveof;
    long configEpoch;
    long ctime;
    long pingSent;
    long pongReceived;
    long dataReceived;
    long failTime;
    long votedTime;
    long replOffset;
    Link link;
    /** Who called it failed, and when. */
    final SortedMap<NodeId, Long> failReports = new TreeMap<>();
    private final BitSet slots = new BitSet();
    private SlotSet snapshot = SlotSet.NONE;
    private ClusterNode lastLine;

    Entry(NodeId id, Address address, long now) {
        this.id = id;
        this.address = address;
        this.ctime = now;
    }

    boolean is(NodeFlag flag) {
        return flags.contains(flag);
    }

    boolean isMaster() {
        return is(NodeFlag.MASTER);
    }

    boolean isReplica() {
        return is(NodeFlag.REPLICA);
    }

    boolean inHandshake() {
        return is(NodeFlag.HANDSHAKE);
    }

    boolean isFlaggedDown() {
        return is(NodeFlag.FAIL) || is(NodeFlag.PFAIL);
    }

    boolean hasAddress() {
        return address != null && !is(NodeFlag.NOADDR);
    }

    int slotCount() {
        return slots.cardinality();
    }

    boolean hasSlots() {
        return !slots.isEmpty();
    }

    void own(int slot) {
        slots.set(slot);
        snapshot = null;
    }

    void disown(int slot) {
        slots.clear(slot);
        snapshot = null;
    }

    void own(SlotSet.Range range) {
        slots.set(range.first(), range.last() + 1);
        snapshot = null;
    }

    void disown(SlotSet.Range range) {
        slots.clear(range.first(), range.last() + 1);
        snapshot = null;
    }

    SlotSet slots() {
        if (snapshot == null) {
            snapshot = SlotSet.of(slots);
        }
        return snapshot;
    }

    /** Most lines are what they were, and then the same object: that is compared at once. */
    ClusterNode line(SortedMap<Integer, NodeId> migrating, SortedMap<Integer, NodeId> importing) {
        if (lastLine == null || !isAsSaid(lastLine) || !lastLine.migrating().equals(migrating) || !lastLine.importing().equals(importing)) {
            lastLine = new ClusterNode(id, hasAddress() ? Optional.of(address) : Optional.empty(), flags,
                slaveof == null ? Optional.empty() : Optional.of(slaveof.id), saidEpoch(), isLinked(), slots(), migrating, importing);
        }
        return lastLine;
    }

    private boolean isAsSaid(ClusterNode line) {
        return line.configEpoch() == saidEpoch() && line.linkUp() == isLinked() && line.id().equals(id) && line.slots().equals(slots())
            && line.flags().equals(flags) && (hasAddress() ? address : null) == line.address().orElse(null)
            && (slaveof == null ? null : slaveof.id) == line.master().orElse(null);
    }

    private long saidEpoch() {
        return isReplica() && slaveof != null ? slaveof.configEpoch : configEpoch;
    }

    private boolean isLinked() {
        return link != null && link.isUp() || is(NodeFlag.MYSELF);
    }
}
