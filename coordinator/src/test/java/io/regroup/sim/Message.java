package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A packet of the cluster bus: the header that every packet carries, and what its type adds.
 *
 * @param slots       those of the sender, or of its master when it is a replica
 * @param configEpoch likewise
 * @param paused      the sender is a master that holds its clients for a manual failover
 * @param forceAck    a vote is asked for although the master lives
 * @param about       FAIL and UPDATE: whom it is about
 * @param aboutSlots  UPDATE: its slots
 * @param aboutEpoch  UPDATE: its config epoch
 */
record Message(Type type, NodeId sender, Address address, Set<NodeFlag> flags, Optional<NodeId> slaveof, SlotSet slots,
               long currentEpoch, long configEpoch, long offset, boolean paused, boolean forceAck, List<Gossip> gossip,
               Optional<NodeId> about, SlotSet aboutSlots, long aboutEpoch) {

    enum Type { PING, PONG, MEET, FAIL, AUTH_REQUEST, AUTH_ACK, MFSTART, UPDATE, PUBLISHSHARD }

    /** What the sender thinks of a third node. */
    record Gossip(NodeId id, Address address, Set<NodeFlag> flags, long pongReceived) {
    }
}
