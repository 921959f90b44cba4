package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A server's data and how it is copied: from whatever answers at the master's ip:port. A partial sync when both share a
 * history, else a full one, which replaces everything that the replica had.
 */
final class Replication {

    private static final long RETRANSMIT_MS = 100;
    private static final long TIMEOUT_MS = 60_000;
    private static final int DELETED = -1 - SlotSet.COUNT;

    private enum Step { OFF, CONNECT, SYNC, UP }

    private final SimRedis self;
    private final World world;
    Dataset data;
    long offset;
    /** What has been sent on this connection and has not arrived, because the network is cut. */
    private final Deque<Integer> held = new ArrayDeque<>();
    private long heldOf;
    /** When it last took something from its master. */
    long appliedAt;
    /** Of which master the data is a copy, as far as the pod's coordinator has seen; it notes that on the volume. */
    Optional<NodeId> copyOf;
    private String history;
    /** The history of the former master, shared up to this offset. */
    private String formerHistory = "none";
    private long formerOffset;
    /** Writes in order, the last one at {@link #offset}; -1 - slot: the slot was emptied; below that: {@link #DELETED} - write: it was deleted. */
    private final List<Integer> log = new ArrayList<>();
    private Address master;
    long followedAt;
    /** repl_down_since: since its start, or since it was a master. */
    private boolean hadLink;
    private Step step = Step.OFF;
    private Replication source;
    private long attempt;
    private long lastHeard;
    private long lastArrival;
    private final List<Replication> followers = new ArrayList<>();
    /** Its pod's coordinator asks for this often, and reports anew where it is another ({@code INFO replication}). */
    Runnable onTurn = () -> { };

    Replication(SimRedis self, Dataset data, Optional<NodeId> copyOf) {
        this.self = self;
        this.world = self.world;
        this.data = data;
        this.copyOf = copyOf;
        this.history = world.chance.hex(8);
        this.lastHeard = world.now();
    }

    boolean isUp() {
        return step == Step.UP;
    }

    Optional<Address> masterAt() {
        return Optional.ofNullable(master);
    }

    /** Looked at by the pod's coordinator: whether the data is a copy of the present master's. */
    boolean lookedAtIsCopy(Entry master) {
        if (master != null && isUp()) {
            copyOf = Optional.of(master.id);
        }
        return master != null && copyOf.filter(master.id::equals).isPresent() && step != Step.SYNC;
    }

    /** {@code master_last_io_seconds_ago}, or {@code master_link_down_since_seconds}. */
    long quietMs() {
        return master == null || !hadLink ? 0 : dataAge() / 1000 * 1000;
    }

    boolean hadLink() {
        return hadLink;
    }

    boolean wasCopyOf(NodeId master) {
        return copyOf.filter(master::equals).isPresent();
    }

    /** As the world knows it. */
    boolean isCopy(Entry master) {
        return master != null && (isUp() || copyOf.filter(master.id::equals).isPresent() && step != Step.SYNC);
    }

    /** How long ago the master was last heard, in ms. */
    long dataAge() {
        return step == Step.UP && source.self.isAlive() && world.canReach(self, source.self.address) ? 0 : world.now() - lastHeard;
    }

    // ---- as a replica

    /** replicationSetMaster. */
    void follow(Address address) {
        drop();
        master = address;
        followedAt = world.now();
        step = address == null ? Step.OFF : Step.CONNECT;
        if (step == Step.CONNECT) {
            world.after(world.net.delay(), attemptAs(++attempt));
        }
        onTurn.run();
    }

    /** replicationUnsetMaster: the history goes on under a new name. */
    void stopFollowing() {
        drop();
        master = null;
        hadLink = false;
        step = Step.OFF;
        formerHistory = history;
        formerOffset = offset;
        history = world.chance.hex(8);
        onTurn.run();
    }

    /** emptyData: nothing is left, and nobody shares its history. */
    void empty() {
        stopFollowing();
        data = new Dataset();
        formerHistory = "none";
        copyOf = Optional.empty();
        offset = 0;
        log.clear();
    }

    void cron(long iteration) {
        if (self.myself.isReplica() && master == null && self.myself.slaveof != null && self.myself.slaveof.hasAddress()) {
            follow(self.myself.slaveof.address);
        }
        if (iteration % 10 != 0) {
            return;
        }
        if (step == Step.CONNECT) {
            attemptAs(++attempt).run();
        } else if (step == Step.UP) {
            if (dataAge() == 0) {
                lastHeard = world.now();
            } else if (world.now() - lastHeard > TIMEOUT_MS) {
                lose();
            }
        }
    }

    private Runnable attemptAs(long mine) {
        return () -> self.happen(() -> {
            if (mine == attempt && step == Step.CONNECT && self.isServing()) {
                connect(mine);
            }
        });
    }

    private void connect(long mine) {
        SimRedis server = world.serverAt(master);
        if (server == null || !server.isServing() || !world.canReach(self, master) || server == self) {
            return;
        }
        if (world.strangers.isOne(server.id())) {
            return;   // NOAUTH: see Strangers
        }
        Replication other = server.replication;
        if (server.myself.isReplica() && !other.isUp()) {
            return;
        }
        step = Step.SYNC;
        source = other;
        boolean partial = history.equals(other.history) && offset <= other.offset && other.covers(offset)
            || history.equals(other.formerHistory) && offset <= other.formerOffset && other.covers(offset);
        long takes = partial ? world.chance.between(1, 5) : world.chance.between(20, 400);
        world.after(takes, () -> finish(mine, server, partial));
    }

    private void finish(long mine, SimRedis server, boolean partial) {
        if (mine != attempt || step != Step.SYNC || !self.isAlive()) {
            return;
        }
        if (!server.isAlive() || !world.canReach(self, server.address) || server.myself.isReplica() && !server.replication.isUp()) {
            step = Step.CONNECT;
            return;
        }
        if (partial) {
            if (!history.equals(source.history)) {
                disconnectFollowers();
            }
            for (int entry : source.since(offset)) {
                apply(entry);
            }
        } else {
            disconnectFollowers();
            Dataset before = data;
            data = source.data.copy();
            log.clear();
            offset = source.offset;
            world.copies.onReplaced(self, before, server);
        }
        history = source.history;
        formerHistory = source.formerHistory;
        formerOffset = source.formerOffset;
        source.followers.add(this);
        step = Step.UP;
        hadLink = true;
        lastHeard = world.now();
        onTurn.run();
    }

    /** The connection is gone; the next attempt is due at once, as in replicationHandleMasterDisconnection. */
    private void lose() {
        Address again = master;
        drop();
        if (self.isAlive() && again != null) {
            step = Step.CONNECT;
            world.after(world.net.delay(), attemptAs(++attempt));
            onTurn.run();
        }
    }

    /** disconnectSlaves: what they have is of another history ({@code replicationAttachToNewMaster}, {@code replicationTryPartialResync}). */
    private void disconnectFollowers() {
        List.copyOf(followers).forEach(Replication::lose);
    }

    private void drop() {
        attempt++;
        if (source != null) {
            source.followers.remove(this);
            source = null;
        }
    }

    private void apply(int entry) {
        appliedAt = world.now();
        offset++;
        log.add(entry);
        if (entry >= 0) {
            data.add(entry);
            world.ledger.onCopied(entry);
        } else {
            giveAway(entry);
        }
        forward(entry);
    }

    /** The master does not have them any more. */
    private void giveAway(int entry) {
        BitSet gone = new BitSet();
        if (entry <= DELETED) {
            gone.set(DELETED - entry);
            gone.and(data.writes());
            data.remove(DELETED - entry);
        } else {
            gone.or(Dataset.ofSlot(-1 - entry, data.writes().length()));
            gone.and(data.writes());
            data.drop(-1 - entry);
        }
        if (!gone.isEmpty()) {
            world.copies.onFollowed(self, gone, source.self);
        }
    }

    // ---- as a master

    void write(int entry) {
        offset++;
        log.add(entry);
        data.add(entry);
        forward(entry);
    }

    /** It has been moved to another master. */
    void delete(int write) {
        offset++;
        log.add(DELETED - write);
        data.remove(write);
        forward(DELETED - write);
    }

    /** How many replicas have all that there is: what WAIT counts. */
    long caughtUp() {
        return followers.stream().filter(f -> f.offset == offset).count();
    }

    /** delKeysInSlot: the slot has a new owner. */
    void dropSlot(int slot) {
        Dataset before = data.copy();
        data.drop(slot);
        // replicationFeedSlaves: whoever copies another tells its own followers only what comes from there.
        if (master == null) {
            offset++;
            log.add(-1 - slot);
            forward(-1 - slot);
        }
        world.copies.onReplaced(self, before, self);
    }

    private void forward(int entry) {
        for (Replication follower : followers) {
            long at = Math.max(world.now() + world.net.delay() + world.lag(), follower.lastArrival);
            follower.lastArrival = at;
            long connection = follower.attempt;
            world.after(at - world.now(), () -> follower.arrive(this, connection, entry));
        }
    }

    private void arrive(Replication from, long connection, int entry) {
        if (connection != attempt || step != Step.UP || source != from || !self.isAlive()) {
            return;
        }
        if (heldOf != connection) {
            held.clear();
            heldOf = connection;
        }
        held.add(entry);
        if (held.size() == 1) {
            deliver(from, connection);
        }
    }

    /** In the order of sending, as TCP does: what a cut holds up is not overtaken by what comes after it. */
    private void deliver(Replication from, long connection) {
        if (connection != attempt || step != Step.UP || source != from || !self.isAlive()) {
            return;
        }
        if (!reaches(from)) {
            world.after(RETRANSMIT_MS, () -> deliver(from, connection));
            return;
        }
        if (self.isFrozen()) {
            self.happen(() -> {
                lastHeard = world.now();
                deliver(from, connection);
            });
            return;
        }
        while (!held.isEmpty()) {
            apply(held.removeFirst());
        }
        self.election.onData();
    }

    /** The kernel takes what comes, also for a process that stands still. */
    private boolean reaches(Replication other) {
        return world.net.reach(Network.Plane.REDIS, self.address.host(), other.self.address.host());
    }

    private boolean covers(long from) {
        return offset - from <= log.size();
    }

    private List<Integer> since(long from) {
        return List.copyOf(log.subList((int) (log.size() - (offset - from)), log.size()));
    }

    void end(boolean hostLives) {
        drop();
        step = Step.OFF;
        if (hostLives) {
            for (Replication follower : List.copyOf(followers)) {
                long at = Math.max(world.now() + world.net.delay(), follower.lastArrival);
                long connection = follower.attempt;
                world.after(at - world.now(), () -> follower.onClosed(this, connection));
            }
        }
    }

    private void onClosed(Replication by, long connection) {
        if (connection != attempt || source != by) {
            return;
        }
        if (reaches(by)) {
            self.happen(() -> {
                if (connection == attempt && source == by) {
                    lose();
                }
            });
        } else {
            world.after(100, () -> onClosed(by, connection));
        }
    }
}
