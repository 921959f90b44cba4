package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.sim.Message.Gossip;
import io.regroup.sim.Message.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * One redis-server process in cluster mode, from its start to its end: the rules of Redis 7.0's {@code cluster.c}, whose names
 * the comments give. One table a node, no common truth.
 */
final class SimRedis {

    /** {@code cluster-node-timeout}, in ms. */
    static final long NODE_TIMEOUT = 2000;
    private static final long CRON_MS = 100;
    private static final long WRITABLE_DELAY_MS = 2000;
    private static final long REJOIN_DELAY_MS = Math.clamp(NODE_TIMEOUT, 500, 5000);
    private static final long BAN_MS = 60_000;
    /** Its pod's coordinator waits so long for its answers. */
    static final long SILENT_MS = 800;

    enum Phase { STARTING, LOADING, SERVING, ENDED }

    final World world;
    final Address address;
    final Entry myself;
    final SortedMap<NodeId, Entry> table = new TreeMap<>();
    final SlotTable slots = new SlotTable();
    final Election election = new Election(this);
    final Replication replication;
    /** How it can move slots by itself. */
    final MoveBy able;
    final SimMigrations migrations = new SimMigrations(this);
    final List<Link> inbound = new ArrayList<>();
    private final Deque<Runnable> toItself = new ArrayDeque<>();
    private final SortedMap<NodeId, Long> banned = new TreeMap<>();
    private final long startedAt;
    Phase phase = Phase.STARTING;
    long currentEpoch;
    boolean stateOk;
    /** CLIENT PAUSE ... WRITE. */
    long writesPausedUntil;
    /** Masters with slots, as last counted. */
    int size;
    private long firstStateUpdate;
    private long minorityAt;
    private long iteration;
    /** {@code TIME}, in ms. */
    LongSupplier wallClock;
    private boolean broadcasts;
    /** {@code cluster-allow-replica-migration}. */
    boolean mayMigrate;
    /** While it is frozen: what has come to it, in order. */
    private List<Runnable> waiting;
    private boolean cronIsDue;
    private ClusterTable told;

    SimRedis(World world, Address address, Saved saved) {
        this.world = world;
        this.address = address;
        this.startedAt = world.now();
        this.wallClock = world::now;
        this.able = world.able.apply(address);
        this.replication = new Replication(this, saved.data().copy(), saved.copyOf());
        this.myself = saved.restore(this);
        this.currentEpoch = saved.currentEpoch();
        election.lastVoteEpoch = saved.lastVoteEpoch();
    }

    NodeId id() {
        return myself.id;
    }

    boolean isServing() {
        return phase == Phase.SERVING;
    }

    /** As a master it takes no writes for so long (CLUSTER_WRITABLE_DELAY). */
    boolean waitsAfterStart() {
        return isServing() && !stateOk && (firstStateUpdate == 0 || world.now() - firstStateUpdate < WRITABLE_DELAY_MS);
    }

    long ageMs() {
        return world.now() - startedAt;
    }

    /** Whether its port accepts connections. */
    boolean listens() {
        return phase == Phase.LOADING || phase == Phase.SERVING;
    }

    boolean isAlive() {
        return phase != Phase.ENDED;
    }

    Dataset data() {
        return replication.data;
    }

    // ---- life

    void start(long listenAfter, long serveAfter) {
        world.after(listenAfter, () -> become(Phase.STARTING, Phase.LOADING));
        world.after(listenAfter + serveAfter, () -> {
            if (become(Phase.LOADING, Phase.SERVING)) {
                takeUnassignedSlotsWithKeys();
                world.after(world.chance.between(1, CRON_MS), this::cron);
            }
        });
    }

    private boolean become(Phase from, Phase to) {
        if (phase != from) {
            return false;
        }
        phase = to;
        return true;
    }

    /** verifyClusterConfigWithData. */
    private void takeUnassignedSlotsWithKeys() {
        if (myself.isReplica()) {
            return;
        }
        for (int slot : Dataset.SLOTS) {
            if (data().has(slot) && slots.owner(slot) != myself && !slots.importing.containsKey(slot)) {
                if (slots.owner(slot) == null) {
                    slots.bind(slot, myself);
                } else {
                    slots.importing.put(slot, slots.owner(slot));
                }
            }
        }
    }

    /**
     * SIGSTOP, or a disk that takes no write: it does nothing, and goes on where it was. The kernel answers for it meanwhile, and keeps what comes.
     */
    void freeze(long ms) {
        if (!isServing() || isFrozen()) {
            return;
        }
        world.trace(() -> this + " is frozen for " + ms + " ms");
        world.frozen.add(address.host());
        List<Runnable> mine = new ArrayList<>();
        waiting = mine;
        world.after(ms, () -> {
            if (waiting == mine) {
                thaw();
            }
        });
    }

    boolean isFrozen() {
        return waiting != null;
    }

    void thaw() {
        if (!isFrozen()) {
            return;
        }
        List<Runnable> due = stopWaiting();
        world.trace(() -> this + " goes on");
        due.forEach(this::happen);
        if (cronIsDue) {
            cronIsDue = false;
            cron();
        }
    }

    private List<Runnable> stopWaiting() {
        List<Runnable> due = waiting;
        waiting = null;
        world.frozen.remove(address.host());
        world.net.onMended();
        return due;
    }

    /** Lets a thing happen that has come to this process: now, when it goes on, or never. */
    void happen(Runnable what) {
        if (isFrozen()) {
            waiting.add(what);
        } else if (isAlive()) {
            what.run();
        }
    }

    /** The process ends. Others notice at once when its host lives, for the kernel closes its connections. */
    void end(boolean hostLives) {
        phase = Phase.ENDED;
        if (isFrozen()) {
            stopWaiting();
        }
        List<Link> links = new ArrayList<>(inbound);
        table.values().stream().filter(e -> e.link != null).forEach(e -> links.add(e.link));
        for (Link link : links) {
            if (link.from == this) {
                link.close();
            } else if (hostLives) {
                world.after(world.net.delay(), () -> closeWhenSeen(link));
            }
        }
        replication.end(hostLives);
    }

    private void closeWhenSeen(Link link) {
        if (world.net.reach(Network.Plane.BUS, link.from.address.host(), address.host())) {
            link.from.happen(link::close);
        } else {
            world.after(200, () -> closeWhenSeen(link));
        }
    }

    // ---- what it says of itself

    RedisState state() {
        return switch (phase) {
            case STARTING -> new RedisState.Starting();
            case LOADING -> new RedisState.Loading();
            case SERVING -> isFrozen() ? new RedisState.Silent("no answer within " + SILENT_MS + " ms") : new RedisState.Answering(reportedTable(), facts());
            case ENDED -> new RedisState.Ended();
        };
    }

    ClusterTable clusterTable() {
        return table(SlotTable.ids(slots.migrating), SlotTable.ids(slots.importing));
    }

    /** As the pod's coordinator reports it: with the slots that it moves by itself. */
    private ClusterTable reportedTable() {
        return table(migrations.opened(SlotTable.ids(slots.migrating), false), migrations.opened(SlotTable.ids(slots.importing), true));
    }

    private ClusterTable table(SortedMap<Integer, NodeId> migrating, SortedMap<Integer, NodeId> importing) {
        ClusterNode me = myself.line(migrating, importing);
        List<ClusterNode> others = new ArrayList<>(table.size());
        for (Entry entry : table.values()) {
            if (entry != myself) {
                others.add(entry.line(Collections.emptySortedMap(), Collections.emptySortedMap()));
            }
        }
        // Mostly it is the one before: the same object is compared at once.
        if (told == null || told.myself() != me || !isAsTold(others)) {
            SortedMap<NodeId, ClusterNode> lines = new TreeMap<>();
            others.forEach(line -> lines.put(line.id(), line));
            told = new ClusterTable(me, lines);
        }
        return told;
    }

    private boolean isAsTold(List<ClusterNode> others) {
        if (told.others().size() != others.size()) {
            return false;
        }
        int next = 0;
        for (ClusterNode line : told.others().values()) {
            if (others.get(next++) != line) {
                return false;
            }
        }
        return true;
    }

    private ServerFacts facts() {
        return new ServerFacts(stateOk, currentEpoch, data().size(), replication.isUp(),
            myself.isReplica() && replication.lookedAtIsCopy(myself.slaveof), replication.masterAt(), replication.offset, (world.now() - startedAt) / 1000, "7.0.15", strays(), replication.quietMs(), behindMs(),
            wallClock.getAsLong(), migrations.atomic(), replication.masterAt().isPresent(),
            replication.copyOf);
    }

    private long behindMs() {
        return myself.isReplica() && myself.slaveof != null && myself.slaveof.pongReceived != 0
            ? replication.quietMs() - (world.now() - myself.slaveof.pongReceived) : 0;
    }

    /** What the pod's coordinator finds by COUNTKEYSINSLOT. */
    private SlotSet strays() {
        return myself.isReplica() && replication.lookedAtIsCopy(myself.slaveof) && myself.slaveof.hasSlots() || data().size() == 0 ? SlotSet.NONE : SlotSet.of(Arrays.stream(Dataset.SLOTS)
            .filter(slot -> slots.owner(slot) != myself && !slots.importing.containsKey(slot) && data().has(slot)));
    }

    // ---- cron

    private void cron() {
        if (!isAlive()) {
            return;
        }
        if (isFrozen()) {
            cronIsDue = true;
            return;
        }
        world.after(CRON_MS, this::cron);
        iteration++;
        for (Entry entry : List.copyOf(table.values())) {
            reconnect(entry);
        }
        if (iteration % 10 == 0) {
            pingOldestOfFive();
        }
        boolean update = false;
        for (Entry entry : List.copyOf(table.values())) {
            update |= watch(entry);
        }
        replication.cron(iteration);
        election.cron();
        if (update || !stateOk) {
            updateState();
        }
    }

    /** clusterNodeCronHandleReconnect. */
    private void reconnect(Entry entry) {
        if (entry == myself || !entry.hasAddress()) {
            return;
        }
        if (entry.inHandshake() && world.now() - entry.ctime > Math.max(NODE_TIMEOUT, 1000)) {
            remove(entry);
        } else if (entry.link == null) {
            entry.link = new Link(world, this, entry);
        }
    }

    void onConnected(Link link) {
        long before = link.entry.pingSent;
        sendPing(link, link.entry.meet ? Type.MEET : Type.PING);
        if (before != 0) {
            link.entry.pingSent = before;
        }
        link.entry.meet = false;
    }

    void onConnectFailed(Entry entry) {
        if (entry.pingSent == 0) {
            entry.pingSent = world.now();
        }
    }

    private void pingOldestOfFive() {
        List<Entry> all = List.copyOf(table.values());
        Entry oldest = null;
        for (int i = 0; i < 5; i++) {
            Entry entry = world.chance.pick(all);
            if (entry.link != null && entry.pingSent == 0 && entry != myself && !entry.inHandshake()
                && (oldest == null || entry.pongReceived < oldest.pongReceived)) {
                oldest = entry;
            }
        }
        if (oldest != null) {
            sendPing(oldest.link, Type.PING);
        }
    }

    /** The second loop of clusterCron: pings what is due, suspects what is silent. */
    private boolean watch(Entry entry) {
        if (entry == myself || !entry.hasAddress() || entry.inHandshake()) {
            return false;
        }
        long now = world.now();
        long pingDelay = now - entry.pingSent;
        long dataDelay = now - entry.dataReceived;
        if (entry.link != null && now - entry.link.ctime > NODE_TIMEOUT && entry.pingSent != 0
            && pingDelay > NODE_TIMEOUT / 2 && dataDelay > NODE_TIMEOUT / 2) {
            entry.link.close();
        }
        if (entry.link != null && entry.pingSent == 0 && now - entry.pongReceived > NODE_TIMEOUT / 2) {
            sendPing(entry.link, Type.PING);
            return false;
        }
        if (election.isHeldFor(entry) && entry.link != null) {
            sendPing(entry.link, Type.PING);
            return false;
        }
        if (entry.pingSent != 0 && Math.min(pingDelay, dataDelay) > NODE_TIMEOUT && !entry.isFlaggedDown()) {
            entry.flags.add(NodeFlag.PFAIL);
            return true;
        }
        return false;
    }

    /** clusterUpdateState. */
    void updateState() {
        long now = world.now();
        if (firstStateUpdate == 0) {
            firstStateUpdate = now;
        }
        if (myself.isMaster() && !stateOk && now - firstStateUpdate < WRITABLE_DELAY_MS) {
            return;
        }
        size = 0;
        int reachable = 0;
        for (Entry entry : table.values()) {
            if (entry.isMaster() && entry.hasSlots()) {
                size++;
                reachable += entry.isFlaggedDown() ? 0 : 1;
            }
        }
        boolean ok = true;
        if (reachable < size / 2 + 1) {
            ok = false;
            minorityAt = now;
        }
        if (ok != stateOk && !(ok && myself.isMaster() && now - minorityAt < REJOIN_DELAY_MS)) {
            stateOk = ok;
        }
    }

    // ---- packets out

    Message packet(Type type, boolean forceAck, List<Gossip> gossip, Entry about) {
        Entry master = myself.isReplica() && myself.slaveof != null ? myself.slaveof : myself;
        return new Message(type, myself.id, address, EnumSet.copyOf(myself.flags), Optional.ofNullable(myself.slaveof).map(m -> m.id),
            master.slots(), currentEpoch, master.configEpoch, replication.offset,
            myself.isMaster() && election.isManual(), forceAck, gossip,
            Optional.ofNullable(about).map(e -> e.id), about == null ? SlotSet.NONE : about.slots(),
            about == null ? 0 : about.configEpoch);
    }

    /** clusterSendPing on a connection that we opened. On one that is not up yet it counts as sent: so failures are found. */
    void sendPing(Link link, Type type) {
        if (type == Type.PING) {
            link.entry.pingSent = world.now();
        }
        link.send(packet(type, false, gossip(link.entry), null));
    }

    private List<Gossip> gossip(Entry receiver) {
        List<Entry> candidates = new ArrayList<>();
        List<Gossip> chosen = new ArrayList<>();
        for (Entry entry : table.values()) {
            if (entry == myself || entry == receiver || entry.inHandshake() || !entry.hasAddress()) {
                continue;
            }
            if (entry.is(NodeFlag.PFAIL)) {
                chosen.add(gossipOf(entry));
            } else if (entry.link != null || entry.hasSlots()) {
                candidates.add(entry);
            }
        }
        int wanted = Math.max(3, table.size() / 10);
        for (int i = 0; i < wanted && !candidates.isEmpty(); i++) {
            chosen.add(gossipOf(candidates.remove(world.chance.index(candidates.size()))));
        }
        return chosen;
    }

    private static Gossip gossipOf(Entry entry) {
        return new Gossip(entry.id, entry.address, EnumSet.copyOf(entry.flags), entry.pongReceived);
    }

    void broadcast(Message message) {
        for (Entry entry : table.values()) {
            if (entry.link != null && entry != myself && !entry.inHandshake()) {
                entry.link.send(message);
            }
        }
    }

    /** Once for all that is done at this moment: a pipeline would send the same again and again. */
    void broadcastSoon() {
        if (!broadcasts) {
            broadcasts = true;
            world.after(0, () -> {
                broadcasts = false;
                if (isAlive()) {
                    broadcastPong();
                }
            });
        }
    }

    /** SPUBLISH, on a channel of its own slots: clusterSendPublishShard. Valkey tells of a new epoch at once by itself; the simulated one takes until its next ping. */
    void publish() {
        if (able != MoveBy.MIGRATESLOTS) {
            table.values().stream().filter(entry -> entry.link != null && entry.slaveof == myself)
                .forEach(entry -> entry.link.send(packet(Type.PUBLISHSHARD, false, List.of(), null)));
        }
    }

    void broadcastPong() {
        for (Entry entry : table.values()) {
            if (entry.link != null && entry != myself && !entry.inHandshake()) {
                sendPing(entry.link, Type.PONG);
            }
        }
    }

    /** It dials itself by a dead one's line with its address: what it wrote is there when it looks at its sockets next. */
    void writeToItself(Runnable arrival) {
        toItself.add(arrival);
        world.after(0, this::readFromItself);
    }

    void readFromItself() {
        while (!toItself.isEmpty()) {
            toItself.poll().run();
        }
    }

    // ---- packets in: clusterProcessPacket

    /** @param accepted whether the packet came on a connection that the other end opened */
    void onMessage(Link link, Message message, boolean accepted) {
        if (!message.sender().equals(id())) {
            readFromItself();
        }
        if (!isServing()) {
            return;
        }
        Entry linked = accepted ? null : link.entry;
        if (linked != null && linked.link != link) {
            return;
        }
        Entry sender = linked != null && !linked.inHandshake() ? linked : known(message.sender());
        if (sender != null) {
            sender.dataReceived = world.now();
            if (!sender.inHandshake()) {
                learnEpochs(sender, message);
            }
        }
        switch (message.type()) {
            case PING, MEET, PONG -> onHeartbeat(link, linked, sender, message, accepted);
            case FAIL -> onFail(sender, message);
            case AUTH_REQUEST -> {
                if (sender != null) {
                    election.onVoteRequest(sender, message);
                }
            }
            case AUTH_ACK -> {
                if (sender != null) {
                    election.onVote(sender, message);
                }
            }
            case MFSTART -> {
                if (sender != null && sender.slaveof == myself) {
                    election.hold(sender);
                    link.answer(packet(Type.PING, false, gossip(sender), null));
                }
            }
            case UPDATE -> onUpdate(sender, message);
            case PUBLISHSHARD -> { }
        }
    }

    /** By a connection that somebody has opened to it. */
    void hear(Message message) {
        Link closed = new Link(world, this, myself);
        closed.close();
        onMessage(closed, message, true);
    }

    /** What it said on the bus while it had no slot and followed nobody. */
    void hearItself() {
        world.rules.onOwnWord(this);
        world.trace(() -> this + " hears what it said of itself before it became a replica");
        hear(new Message(Type.PING, id(), address, EnumSet.of(NodeFlag.MYSELF, NodeFlag.MASTER), Optional.empty(), SlotSet.NONE, currentEpoch, myself.configEpoch,
            0, false, false, List.of(), Optional.empty(), SlotSet.NONE, 0));
    }

    private Entry known(NodeId id) {
        Entry entry = table.get(id);
        return entry == null || entry.inHandshake() ? null : entry;
    }

    private void learnEpochs(Entry sender, Message message) {
        currentEpoch = Math.max(currentEpoch, message.currentEpoch());
        sender.configEpoch = Math.max(sender.configEpoch, message.configEpoch());
        sender.replOffset = message.offset();
        if (election.isManual() && myself.isReplica() && myself.slaveof == sender && message.paused()) {
            election.onPausedOffset(message.offset());
        }
    }

    private void onHeartbeat(Link link, Entry linked, Entry sender, Message message, boolean accepted) {
        if (message.type() != Type.PONG) {
            if (sender == null && message.type() == Type.MEET) {
                startHandshake(message.address(), false);
                learnGossip(null, message);
            }
            if (accepted) {
                link.answer(packet(Type.PONG, false, gossip(sender), null));
            }
        }
        if (linked != null) {
            if (linked.inHandshake()) {
                if (sender != null) {
                    updateAddress(sender, link, message);
                    remove(linked);
                    return;
                }
                rename(linked, message);
            } else if (!linked.id.equals(message.sender())) {
                linked.flags.add(NodeFlag.NOADDR);
                linked.address = null;
                link.close();
                return;
            }
        }
        if (sender != null && message.type() == Type.PING) {
            updateAddress(sender, link, message);
        }
        if (linked != null && message.type() == Type.PONG) {
            linked.pongReceived = world.now();
            linked.pingSent = 0;
            if (linked.flags.remove(NodeFlag.PFAIL)) {
                updateState();
            } else if (linked.is(NodeFlag.FAIL)) {
                clearFailure(linked);
            }
        }
        if (sender != null) {
            learnRole(sender, message);
            learnSlots(sender, message);
            settleCollision(sender, message);
            learnGossip(sender, message);
        }
    }

    private void rename(Entry entry, Message message) {
        table.remove(entry.id);
        entry.id = message.sender();
        entry.flags.remove(NodeFlag.HANDSHAKE);
        entry.meet = false;
        entry.flags.add(message.flags().contains(NodeFlag.MASTER) ? NodeFlag.MASTER : NodeFlag.REPLICA);
        table.put(entry.id, entry);
        world.rules.onIntroduced(this, entry.id);
        updateState();
    }

    /** clearNodeFailureIfNeeded. */
    private void clearFailure(Entry entry) {
        if (entry.isReplica() || !entry.hasSlots() || world.now() - entry.failTime > NODE_TIMEOUT * 2) {
            entry.flags.remove(NodeFlag.FAIL);
            updateState();
        }
    }

    private void learnRole(Entry sender, Message message) {
        if (sender == myself && myself.isReplica() && message.slaveof().isEmpty() && able == MoveBy.MIGRATESLOTS) {
            replication.stopFollowing();   // Valkey's clusterSetNodeAsPrimary; Redis goes on copying.
            world.copies.onFollowsNobody(this);
        }
        sender.flags.remove(NodeFlag.NOFAILOVER);
        message.flags().stream().filter(NodeFlag.NOFAILOVER::equals).forEach(sender.flags::add);
        if (message.slaveof().isEmpty()) {
            setAsMaster(sender);
            return;
        }
        if (sender.isMaster()) {
            slots.unbindAll(sender);
            sender.flags.remove(NodeFlag.MASTER);
            sender.flags.add(NodeFlag.REPLICA);
            updateState();
        }
        Entry master = known(message.slaveof().get());
        if (master != null) {
            sender.slaveof = master;
        }
    }

    void setAsMaster(Entry entry) {
        if (!entry.isMaster()) {
            entry.slaveof = null;
            entry.flags.remove(NodeFlag.REPLICA);
            entry.flags.add(NodeFlag.MASTER);
        }
    }

    private void learnSlots(Entry sender, Message message) {
        Entry master = sender.isMaster() ? sender : sender.slaveof;
        if (master == null || master.slots().equals(message.slots())) {
            return;
        }
        if (sender.isMaster()) {
            updateSlots(sender, message.configEpoch(), message.slots());
        }
        firstToOverrule(sender, message).filter(owner -> sender.link != null)
            .ifPresent(owner -> sender.link.send(packet(Type.UPDATE, false, List.of(), owner)));
    }

    /** Of those that own with a higher epoch what the sender claims: who owns the lowest of these slots. */
    private Optional<Entry> firstToOverrule(Entry sender, Message message) {
        return table.values().stream().filter(owner -> owner != sender && owner.configEpoch > message.configEpoch())
            .filter(owner -> !owner.slots().and(message.slots()).isEmpty())
            .min(Comparator.comparingInt(owner -> owner.slots().and(message.slots()).first()));
    }

    /** clusterUpdateSlotsConfigWith. */
    private void updateSlots(Entry sender, long epoch, SlotSet claimed) {
        if (sender == myself) {
            return;
        }
        Entry master = myself.isMaster() ? myself : myself.slaveof;
        Entry newMaster = null;
        int moved = 0;
        List<Integer> dirty = new ArrayList<>();
        for (SlotSet.Range range : slots.uniform(claimed.minus(sender.slots()))) {
            int first = range.first();
            Entry owner = slots.owner(first);
            if (slots.importing.containsKey(first) || !slots.isUnclaimed(first) && owner.configEpoch >= epoch) {
                continue;
            }
            if (owner == myself) {
                Arrays.stream(Dataset.SLOTS).filter(slot -> range.first() <= slot && slot <= range.last() && data().has(slot)).forEach(dirty::add);
            }
            if (owner != null && owner == master) {
                newMaster = sender;
                moved += range.last() + 1 - first;
            }
            slots.rebind(range, sender);
        }
        claimed.and(sender.slots()).ranges().forEach(range -> slots.notClaimed.clear(range.first(), range.last() + 1));
        sender.slots().minus(claimed).ranges().forEach(range -> slots.notClaimed.set(range.first(), range.last() + 1));
        updateState();
        if (newMaster != null && !master.hasSlots() && (mayMigrate || claimed.size() == moved)) {
            follow(newMaster);
        } else if (myself.slaveof != null && myself.slaveof.slaveof != null && myself.slaveof.slaveof != myself) {
            follow(myself.slaveof.slaveof);
        } else {
            dirty.forEach(slot -> migrations.drop(slot, sender));
        }
    }

    /** {@code CONFIG SET cluster-replica-no-failover}: clusterUpdateMyselfFlags. */
    void mayBeElected(boolean may) {
        if (may) {
            myself.flags.remove(NodeFlag.NOFAILOVER);
        } else {
            myself.flags.add(NodeFlag.NOFAILOVER);
        }
    }

    /** clusterSetMaster. */
    void follow(Entry master) {
        if (myself.isMaster()) {
            myself.flags.remove(NodeFlag.MASTER);
            myself.flags.add(NodeFlag.REPLICA);
            slots.closeAll();
            world.trace(() -> this + " becomes replica of " + master.id.brief());
        }
        myself.slaveof = master;
        replication.follow(master.address);
        election.reset();
    }

    /** clusterHandleConfigEpochCollision. */
    private void settleCollision(Entry sender, Message message) {
        if (myself.isMaster() && sender.isMaster() && message.configEpoch() == myself.configEpoch
            && sender.configEpoch == myself.configEpoch && sender.id.compareTo(myself.id) > 0) {
            myself.configEpoch = ++currentEpoch;
            world.trace(() -> this + " settles a collision of epochs: " + myself.configEpoch);
        }
    }

    private void updateAddress(Entry sender, Link link, Message message) {
        if (sender.link == link || message.address().equals(sender.address)) {
            return;
        }
        sender.address = message.address();
        sender.flags.remove(NodeFlag.NOADDR);
        if (sender.link != null) {
            sender.link.close();
        }
        if (myself.isReplica() && myself.slaveof == sender) {
            replication.follow(sender.address);
        }
    }

    /** clusterProcessGossipSection. */
    private void learnGossip(Entry sender, Message message) {
        for (Gossip gossip : message.gossip()) {
            boolean down = gossip.flags().contains(NodeFlag.FAIL) || gossip.flags().contains(NodeFlag.PFAIL);
            Entry entry = known(gossip.id());
            if (entry != null) {
                learnHealth(sender, entry, gossip, down);
            } else if (sender != null && !isBanned(gossip.id())) {
                Entry added = new Entry(gossip.id(), gossip.address(), world.now());
                added.flags.addAll(gossip.flags());
                added.flags.remove(NodeFlag.MYSELF);
                table.put(added.id, added);
                world.rules.onIntroduced(this, added.id);
            }
        }
    }

    private void learnHealth(Entry sender, Entry entry, Gossip gossip, boolean down) {
        if (entry == myself) {
            return;
        }
        if (sender != null && sender.isMaster()) {
            if (down) {
                entry.failReports.put(sender.id, world.now());
                markFailing(entry);
            } else {
                entry.failReports.remove(sender.id);
            }
        }
        if (!down && entry.pingSent == 0 && failures(entry) == 0) {
            entry.pongReceived = Math.max(entry.pongReceived, gossip.pongReceived());
        }
        if (entry.isFlaggedDown() && !down && !gossip.address().equals(entry.address)) {
            if (entry.link != null) {
                entry.link.close();
            }
            entry.address = gossip.address();
            entry.flags.remove(NodeFlag.NOADDR);
        }
    }

    private int failures(Entry entry) {
        entry.failReports.values().removeIf(at -> world.now() - at > NODE_TIMEOUT * 2);
        return entry.failReports.size();
    }

    /** markNodeAsFailingIfNeeded. */
    private void markFailing(Entry entry) {
        if (!entry.is(NodeFlag.PFAIL) || entry.is(NodeFlag.FAIL)
            || failures(entry) + (myself.isMaster() ? 1 : 0) < size / 2 + 1) {
            return;
        }
        entry.flags.remove(NodeFlag.PFAIL);
        entry.flags.add(NodeFlag.FAIL);
        entry.failTime = world.now();
        broadcast(packet(Type.FAIL, false, List.of(), entry));
        updateState();
    }

    private void onFail(Entry sender, Message message) {
        Entry failing = sender == null ? null : known(message.about().orElseThrow());
        if (failing != null && failing != myself && !failing.is(NodeFlag.FAIL)) {
            failing.flags.add(NodeFlag.FAIL);
            failing.flags.remove(NodeFlag.PFAIL);
            failing.failTime = world.now();
            updateState();
        }
    }

    private void onUpdate(Entry sender, Message message) {
        Entry about = sender == null ? null : known(message.about().orElseThrow());
        if (about == null || about.configEpoch >= message.aboutEpoch()) {
            return;
        }
        setAsMaster(about);
        about.configEpoch = message.aboutEpoch();
        updateSlots(about, message.aboutEpoch(), message.aboutSlots());
    }

    // ---- table

    /** clusterStartHandshake: nothing happens when one with this address is under way. */
    void startHandshake(Address peer, boolean meet) {
        boolean underWay = table.values().stream().anyMatch(e -> e.inHandshake() && peer.equals(e.address));
        if (!underWay) {
            Entry entry = new Entry(new NodeId(world.chance.hex(40)), peer, world.now());
            entry.flags.add(NodeFlag.HANDSHAKE);
            entry.meet = meet;
            table.put(entry.id, entry);
        }
    }

    /** clusterDelNode. */
    void remove(Entry entry) {
        slots.unbindAll(entry);
        slots.importing.values().removeIf(e -> e == entry);
        slots.migrating.values().removeIf(e -> e == entry);
        for (Entry other : table.values()) {
            other.failReports.remove(entry.id);
            if (other.slaveof == entry) {
                other.slaveof = null;
            }
        }
        if (entry.link != null) {
            entry.link.close();
        }
        table.remove(entry.id);
    }

    /** clusterReset, of a replica or of a master without keys. */
    void reset(boolean hard) {
        if (myself.isReplica()) {
            setAsMaster(myself);
            replication.empty();
            world.copies.onFollowsNobody(this);
        }
        slots.closeAll();
        election.reset();
        slots.clear();
        List.copyOf(table.values()).stream().filter(entry -> entry != myself).forEach(this::remove);
        if (hard) {
            currentEpoch = 0;
            myself.configEpoch = 0;
            election.lastVoteEpoch = 0;
            table.remove(myself.id);
            myself.id = new NodeId(world.chance.hex(40));
            table.put(myself.id, myself);
        }
        updateState();
    }

    void ban(NodeId id) {
        banned.put(id, world.now() + BAN_MS);
    }

    private boolean isBanned(NodeId id) {
        banned.values().removeIf(until -> until <= world.now());
        return banned.containsKey(id);
    }

    long maxEpoch() {
        return Math.max(currentEpoch, table.values().stream().mapToLong(e -> e.configEpoch).max().orElse(0));
    }

    /** clusterBumpConfigEpochWithoutConsensus. */
    void bumpEpoch() {
        if (myself.configEpoch == 0 || myself.configEpoch != maxEpoch()) {
            myself.configEpoch = ++currentEpoch;
        }
    }

    @Override
    public String toString() {
        return "redis " + id().brief() + "@" + address.host();
    }

    /** What {@code CLUSTER FAILOVER} and an election end with: clusterFailoverReplaceYourMaster. */
    void replaceMaster(String how) {
        Entry old = myself.slaveof;
        setAsMaster(myself);
        replication.stopFollowing();
        SlotSet taken = old.slots();
        slots.unbindAll(old);
        taken.ranges().forEach(range -> slots.bind(range, myself));
        updateState();
        broadcastPong();
        election.reset();
        // What a replica was given before, it serves from now on as well.
        world.promotions.onPromoted(this, old.id, myself.slots(), how);
    }
}
