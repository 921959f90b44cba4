package io.regroup.sim;

import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.sim.Message.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A replica's way to mastership, and a master's vote: the failover part of {@code cluster.c}. */
final class Election {

    private static final long MANUAL_TIMEOUT_MS = 5000;
    private static final long AUTH_TIMEOUT_MS = Math.max(2000, SimRedis.NODE_TIMEOUT * 2);
    private static final long AUTH_RETRY_MS = AUTH_TIMEOUT_MS * 2;
    /** cluster-replica-validity-factor 10, and repl-ping-replica-period 1 s. */
    private static final long MAX_DATA_AGE_MS = 1000 + SimRedis.NODE_TIMEOUT * 10;
    private static final long NO_OFFSET = -1;

    private final SimRedis self;
    long lastVoteEpoch;
    private long manualEnd;
    private boolean manualCanStart;
    private long manualMasterOffset = NO_OFFSET;
    private Entry heldFor;
    private long authTime;
    private boolean authSent;
    private final List<NodeId> votes = new ArrayList<>();
    private long authEpoch;
    private int rank;
    private String how = "election";

    Election(SimRedis self) {
        this.self = self;
    }

    boolean isManual() {
        return manualEnd != 0;
    }

    boolean isHeldFor(Entry replica) {
        return isManual() && self.myself.isMaster() && heldFor == replica;
    }

    /** resetManualFailover. */
    void reset() {
        manualEnd = 0;
        manualCanStart = false;
        manualMasterOffset = NO_OFFSET;
        heldFor = null;
    }

    /** {@code CLUSTER FAILOVER}, plain or FORCE. */
    void start(boolean force) {
        reset();
        manualEnd = self.world.now() + MANUAL_TIMEOUT_MS;
        how = force ? "FORCE" : "FAILOVER";
        if (force) {
            manualCanStart = true;
        } else {
            self.myself.slaveof.link.send(self.packet(Type.MFSTART, false, List.of(), null));
        }
    }

    /** The master's side of a manual failover: clients wait. */
    void hold(Entry replica) {
        reset();
        manualEnd = self.world.now() + MANUAL_TIMEOUT_MS;
        heldFor = replica;
    }

    void onPausedOffset(long offset) {
        if (manualMasterOffset == NO_OFFSET) {
            manualMasterOffset = offset;
            checkManual();
        }
    }

    void cron() {
        if (isManual() && manualEnd < self.world.now()) {
            reset();
        }
        if (self.myself.isReplica()) {
            checkManual();
            proceed();
        }
    }

    /** Data has arrived: a manual failover may be waiting for it. One that can start already is {@code clusterCron}'s. */
    void onData() {
        if (isManual() && !manualCanStart && self.myself.isReplica()) {
            checkManual();
            proceed();
        }
    }

    private void checkManual() {
        if (isManual() && !manualCanStart && manualMasterOffset != NO_OFFSET
            && manualMasterOffset == self.replication.offset) {
            manualCanStart = true;
        }
    }

    /** clusterHandleSlaveFailover. */
    private void proceed() {
        long now = self.world.now();
        Entry master = self.myself.slaveof;
        boolean manual = isManual() && manualCanStart;
        if (!self.myself.isReplica() || master == null || !master.is(NodeFlag.FAIL) && !manual || self.myself.is(NodeFlag.NOFAILOVER) && !manual
            || !master.hasSlots()) {
            return;
        }
        if (!manual && (!self.replication.hadLink() || self.replication.dataAge() - SimRedis.NODE_TIMEOUT > MAX_DATA_AGE_MS)) {
            return;
        }
        long age = now - authTime;
        if (age > AUTH_RETRY_MS) {
            rank = rank();
            authTime = now + 500 + self.world.chance.between(0, 499) + rank * 1000L;
            votes.clear();
            authSent = false;
            if (!isManual()) {
                how = "election";
                broadcastToSiblings();
                return;
            }
            authTime = now;
            rank = 0;
            age = 0;
        }
        if (!authSent && !isManual()) {
            int newRank = rank();
            if (newRank > rank) {
                authTime += (newRank - rank) * 1000L;
                rank = newRank;
            }
        }
        if (now < authTime || age > AUTH_TIMEOUT_MS) {
            return;
        }
        if (!authSent) {
            authEpoch = ++self.currentEpoch;
            authSent = true;
            self.broadcast(self.packet(Type.AUTH_REQUEST, isManual(), List.of(), null));
        } else {
            checkVotes();
        }
    }

    private void checkVotes() {
        if (isWonBy(votes.size())) {
            self.myself.configEpoch = Math.max(self.myself.configEpoch, authEpoch);
            self.replaceMaster(isManual() && manualCanStart ? how : "election");
        }
    }

    private boolean isWonBy(long count) {
        return count >= self.size / 2 + 1;
    }

    /** Whether the votes of others than these were enough. */
    boolean isWonWithout(Set<NodeId> voters) {
        return isWonBy(votes.stream().filter(voter -> !voters.contains(voter)).count());
    }

    private int rank() {
        int better = 0;
        for (Entry entry : self.table.values()) {
            if (entry != self.myself && entry.slaveof == self.myself.slaveof && !entry.is(NodeFlag.NOFAILOVER)
                && entry.replOffset > self.replication.offset) {
                better++;
            }
        }
        return better;
    }

    private void broadcastToSiblings() {
        for (Entry entry : self.table.values()) {
            if (entry.link != null && entry.isReplica() && entry.slaveof == self.myself.slaveof && entry != self.myself) {
                self.sendPing(entry.link, Type.PONG);
            }
        }
    }

    void onVote(Entry sender, Message message) {
        if (sender.isMaster() && sender.hasSlots() && message.currentEpoch() >= authEpoch) {
            votes.add(sender.id);
            if (self.myself.isReplica()) {
                proceed();
            }
        }
    }

    /** clusterSendFailoverAuthIfNeeded. */
    void onVoteRequest(Entry node, Message request) {
        Entry master = node.slaveof;
        if (self.myself.isReplica() || !self.myself.hasSlots() || request.currentEpoch() < self.currentEpoch
            || lastVoteEpoch == self.currentEpoch) {
            return;
        }
        if (node.isMaster() || master == null || !master.is(NodeFlag.FAIL) && !request.forceAck()) {
            return;
        }
        long now = self.world.now();
        if (master.votedTime != 0 && now - master.votedTime < SimRedis.NODE_TIMEOUT * 2) {
            return;
        }
        boolean outdated = request.slots().stream().anyMatch(slot -> self.slots.owner(slot) != null
            && self.slots.owner(slot).configEpoch > request.configEpoch());
        if (outdated) {
            return;
        }
        lastVoteEpoch = self.currentEpoch;
        master.votedTime = now;
        if (node.link != null) {
            node.link.send(self.packet(Type.AUTH_ACK, false, List.of(), null));
        }
    }
}
