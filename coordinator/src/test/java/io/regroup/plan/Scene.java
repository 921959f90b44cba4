package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.Atomic;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.End;
import io.regroup.model.Heard;
import io.regroup.model.LastAnswer;
import io.regroup.model.NodeFlag;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Rounds;
import io.regroup.model.Seat;
import io.regroup.model.ShardLoss;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.model.View;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A deployment at one moment, as a story tells it: {@code Scene.cluster(3, 1).gone("m1").proven("m1", "…")}. Nodes are called
 * m1, m2 … (masters) and r1, r2 … (their replicas, in turn); everything is whole until the story says otherwise.
 */
final class Scene {

    static final long NOW = 1_000_000;
    private static final long ROUND = 7;
    private static final long CREATED = 1_795_600_800_000L;

    /** One node: what it is, what others say of it, and the pod around it. */
    private static final class Node {
        final String name;
        final int number;
        boolean master;
        Optional<String> follows = Optional.empty();
        SlotSet slots = SlotSet.NONE;
        long epoch;
        Optional<Long> heardOfEpoch = Optional.empty();
        boolean blank;
        boolean remembers = true;
        boolean member = true;
        boolean silent;
        boolean leaving;
        boolean listed = true;
        boolean linked = true;
        boolean deaf;
        Optional<RedisState> state = Optional.empty();
        boolean stored;
        Optional<Node> kept = Optional.empty();
        boolean linkUp = true;
        boolean reads;
        boolean synced = true;
        Optional<Address> masterAt = Optional.empty();
        boolean stateOk = true;
        long offset = 100;
        long keys = 10;
        long quietMs;
        long behindMs;
        long uptime = 60;
        String machine;
        Optional<Address> address;
        Optional<Report.MasterProbe> masterProbe = Optional.empty();
        SlotSet strays = SlotSet.NONE;
        Atomic atomic = Atomic.NONE;
        boolean copies = true;
        Optional<String> copyOf = Optional.empty();
        final SortedMap<Integer, NodeId> migrating = new TreeMap<>();
        final SortedMap<Integer, NodeId> importing = new TreeMap<>();
        final Set<NodeFlag> flags = EnumSet.noneOf(NodeFlag.class);
        final Set<String> ignorant = new TreeSet<>();
        final SortedMap<String, SlotSet> before = new TreeMap<>();
        final SortedMap<String, String> replicas = new TreeMap<>();
        final SortedMap<String, Long> shownEpochs = new TreeMap<>();
        final SortedMap<String, Address> elsewhere = new TreeMap<>();
        final Set<Address> meeting = new TreeSet<>();

        Node(String name, int number) {
            this.name = name;
            this.number = number;
            this.machine = "node-" + number;
            this.address = Optional.of(address());
        }

        Address address() {
            return new Address("10.0.0." + number, 6379);
        }

        /** A master as one sees it that has this epoch for it. */
        Node withEpoch(long shown) {
            Node seen = asOwner(slots);
            seen.epoch = shown;
            return seen;
        }

        /** As one sees it that takes it for a replica of that one. */
        Node asReplicaOf(String of) {
            Node seen = asOwner(SlotSet.NONE);
            seen.master = false;
            seen.follows = Optional.of(of);
            return seen;
        }

        /** As one sees it that takes it for the owner of these. */
        Node asOwner(SlotSet of) {
            Node seen = new Node(name, number);
            seen.master = true;
            seen.slots = of;
            seen.epoch = number;
            seen.address = address;
            seen.flags.addAll(flags);
            seen.before.putAll(before);
            return seen;
        }
    }

    private final SortedMap<String, Node> nodes = new TreeMap<>();
    private long now = NOW;
    private final List<String> order = new ArrayList<>();
    private Optional<Asked> asked = Optional.empty();
    private Optional<Primary> primary = Optional.empty();
    private boolean rememberAll = true;
    private final SortedMap<Address, Probe> probes = new TreeMap<>();
    private final SortedMap<String, End> ended = new TreeMap<>();
    private final SortedMap<NodeId, LastAnswer> masters = new TreeMap<>();
    private ShardLoss policy = ShardLoss.PRESET;
    private Optional<SortedSet<String>> pods = Optional.empty();
    private final SortedMap<String, Long> created = new TreeMap<>();
    private final SortedSet<String> left = new TreeSet<>();
    private final SortedMap<String, Long> sent = new TreeMap<>();
    private final SortedMap<String, Long> since = new TreeMap<>();
    private Optional<String> self = Optional.empty();
    private final List<Move> moving = new ArrayList<>();

    private Scene() {
    }

    /** A whole cluster of masters m1… with {@code replicas} replicas each; slots in equal parts, epochs 1, 2 … */
    static Scene cluster(int masters, int replicas) {
        Scene scene = new Scene();
        List<SlotSet> parts = SlotSet.ALL.split(masters);
        for (int i = 1; i <= masters; i++) {
            Node node = scene.add("m" + i);
            node.master = true;
            node.slots = parts.get(i - 1);
            node.epoch = i;
        }
        for (int i = 1; i <= masters * replicas; i++) {
            Node node = scene.add("r" + i);
            node.follows = Optional.of("m" + ((i - 1) % masters + 1));
        }
        scene.asked = Optional.of(new Asked(masters * (1 + replicas), replicas));
        scene.rememberAll();
        return scene;
    }

    /** So many blank nodes b1 … and no cluster. */
    static Scene blanks(int count) {
        Scene scene = new Scene();
        for (int i = 1; i <= count; i++) {
            scene.blank("b" + i);
        }
        scene.rememberAll = false;
        return scene;
    }

    static NodeId id(String name) {
        String hex = HexFormat.of().formatHex(name.getBytes(StandardCharsets.US_ASCII));
        return new NodeId(hex + "0".repeat(40 - hex.length()));
    }

    Address address(String name) {
        return nodes.get(name).address();
    }

    /** As the product names it in its sentences. */
    String called(String name) {
        return id(name).brief() + " (" + name + ")";
    }

    /** As the product names it when its pod is gone. */
    String calledByAddress(String name) {
        return id(name).brief() + " (" + address(name) + ")";
    }

    private Node add(String name) {
        Node node = new Node(name, nodes.size() + 1);
        nodes.put(name, node);
        order.add(name);
        return node;
    }

    private Scene change(String name, java.util.function.Consumer<Node> how) {
        how.accept(nodes.get(name));
        return this;
    }

    private void rememberAll() {
        SortedMap<String, Seat> seats = new TreeMap<>();
        nodes.values().stream().filter(n -> !n.blank)
            .forEach(n -> seats.put(n.name, new Seat("uid-" + n.name, n.address(), new Address(n.address().host(), 7800), Optional.of(id(n.name)))));
        primary = Optional.of(new Primary(1, seats, new TreeMap<>(), new TreeSet<>(), new TreeMap<>()));
    }

    // ---- the story

    Scene asked(int count, int replicas) {
        asked = Optional.of(new Asked(count, replicas));
        return this;
    }

    /** The Deployment was created with another number. */
    Scene askedLater(int count, int replicas) {
        asked = Optional.of(new Asked(count, replicas, false));
        return this;
    }

    Scene nobodyTellsHowMany() {
        asked = Optional.empty();
        return this;
    }

    /** A pod with a blank server that answers. */
    Scene blank(String name) {
        Node node = add(name);
        node.master = true;
        node.blank = true;
        node.keys = 0;
        node.offset = 0;
        return this;
    }

    /** It has met all. */
    Scene joined(String name) {
        return change(name, n -> n.blank = false);
    }

    /** It has just been told to take it. */
    Scene placeholder(String name) {
        return change(name, n -> n.slots = SlotSet.of(0)).sent(Action.Prepare.key(address(name)), 10);
    }

    /** Its pod is gone: no member, no report; the tables still name its node. */
    Scene gone(String name) {
        return change(name, n -> n.member = false);
    }

    /** It is a member and has not reported in this round. */
    Scene unheard(String name) {
        return change(name, n -> n.silent = true);
    }

    Scene leaving(String name) {
        return change(name, n -> n.leaving = true);
    }

    Scene state(String name, RedisState state) {
        return change(name, n -> n.state = Optional.of(state));
    }

    Scene ended(String name) {
        return state(name, new RedisState.Ended());
    }

    Scene atGate(String name) {
        return state(name, new RedisState.AtGate("start-of-" + name, 100, Optional.empty()));
    }

    Scene running(String name) {
        return change(name, n -> n.state = Optional.empty());
    }

    Scene atGateFor(String name, long ms) {
        return state(name, new RedisState.AtGate("start-of-" + name, ms, Optional.empty()));
    }

    Scene endedWritten(String name, long agoMs) {
        return state(name, new RedisState.Ended(Optional.of(agoMs)));
    }

    /** Its data was written last so long ago. */
    Scene atGateWritten(String name, long agoMs) {
        return state(name, new RedisState.AtGate("start-of-" + name, 100, Optional.of(agoMs)));
    }

    /** While its Redis does not answer, its volume keeps the node. */
    Scene stored(String name) {
        return change(name, n -> n.stored = true);
    }

    /** Its volume has it as a master with these slots and this epoch. */
    Scene stored(String name, SlotSet slots, long epoch) {
        return change(name, n -> {
            n.stored = true;
            n.kept = Optional.of(n.asOwner(slots).withEpoch(epoch));
        });
    }

    Scene offset(String name, long offset) {
        return change(name, n -> n.offset = offset);
    }

    Scene keys(String name, long keys) {
        return change(name, n -> n.keys = keys);
    }

    Scene linkDown(String name) {
        return change(name, n -> n.linkUp = false);
    }

    /** Its master has ended, and it has not come to the end of what that one sent. */
    Scene reads(String name) {
        return change(name, n -> n.reads = true);
    }

    private boolean masterRuns(Node replica) {
        Node master = nodes.get(replica.follows.orElseThrow());
        return master.member && master.state.filter(state -> !(state instanceof RedisState.Answering)).isEmpty();
    }

    /** Its link goes to that host. */
    Scene looksForItsMasterAt(String name, String host) {
        return change(name, n -> {
            n.linkUp = false;
            n.masterAt = Optional.of(new Address(host, 6379));
        });
    }

    /** Its link is up, to whoever is at another address than its master. */
    Scene copiesFrom(String name, String host) {
        return change(name, n -> n.masterAt = Optional.of(new Address(host, 6379)));
    }

    Scene neverSynced(String name) {
        return change(name, n -> {
            n.synced = false;
            n.linkUp = false;
        });
    }

    /** It was started again with a copy of that one's data, and has had no link since. */
    Scene startedWithCopyOf(String name, String master) {
        return change(name, n -> {
            n.copyOf = Optional.of(master);
            n.linkUp = false;
            n.offset = 0;
        });
    }

    /** It looks like one that copies, and is a replica no more: Valkey ends that, and so does a restart. */
    Scene hasEndedCopying(String name) {
        return change(name, n -> n.copies = false);
    }

    Scene uptime(String name, long seconds) {
        return change(name, n -> n.uptime = seconds);
    }

    Scene on(String machine, String... names) {
        for (String name : names) {
            change(name, n -> n.machine = machine);
        }
        return this;
    }

    Scene flag(String name, NodeFlag flag) {
        return change(name, n -> n.flags.add(flag));
    }

    /** Nobody knows an address of it. */
    Scene nowhere(String name) {
        return change(name, n -> {
            n.address = Optional.empty();
            n.flags.add(NodeFlag.NOADDR);
        });
    }

    /** The others have it at another address than the one where it is. */
    Scene moved(String name, String oldHost) {
        return change(name, n -> n.address = Optional.of(new Address(oldHost, 6379)));
    }

    Scene follows(String replica, String master) {
        return change(replica, n -> n.follows = Optional.of(master));
    }

    /** This replica has taken its master's slots, with a higher epoch. */
    Scene master(String replica) {
        Node old = nodes.get(nodes.get(replica).follows.orElseThrow());
        change(replica, n -> {
            n.master = true;
            n.follows = Optional.empty();
            n.slots = old.slots;
            n.epoch = 100 + old.epoch;
        });
        return change(old.name, n -> {
            n.slots = SlotSet.NONE;
            n.master = false;
            n.follows = Optional.of(replica);
        });
    }

    /** This replica follows nobody any more, and its master has its slots still. */
    Scene masterOfNothing(String replica) {
        return change(replica, n -> {
            n.master = true;
            n.follows = Optional.empty();
        });
    }

    /** So late it is. */
    Scene at(long now) {
        this.now = now;
        return this;
    }

    Scene owns(String name, SlotSet slots, long epoch) {
        return change(name, n -> {
            n.slots = slots;
            n.epoch = epoch;
        });
    }

    /** This node's table does not name that one. */
    Scene doesNotKnow(String who, String whom) {
        return change(who, n -> n.ignorant.add(whom));
    }

    /** This node's table has that one at the address of a third. */
    Scene hasAtAddressOf(String who, String whom, String third) {
        return change(who, n -> n.elsewhere.put(whom, address(third)));
    }

    /** This node has not heard of a promotion: by its table that one is a master and owns these slots. */
    Scene stillHasOwner(String who, String whom, SlotSet slots) {
        return change(who, n -> n.before.put(whom, slots));
    }

    /** Nor has this one: by its table that one still follows the master. */
    Scene stillHasReplica(String who, String whom, String master) {
        return change(who, n -> n.replicas.put(whom, master));
    }

    /** This node's table has another epoch for that master than it has itself. */
    Scene showsEpoch(String who, String whom, long epoch) {
        return change(who, n -> n.shownEpochs.put(whom, epoch));
    }

    /** It has heard of no higher one. */
    Scene heardOfEpoch(String name, long epoch) {
        return change(name, n -> n.heardOfEpoch = Optional.of(epoch));
    }

    Scene meets(String who, String whom) {
        return change(who, n -> n.meeting.add(address(whom)));
    }

    /** It has been forgotten by all, and its pod is gone. */
    Scene forgotten(String name) {
        return proven(name, "pod " + name + " is gone").change(name, n -> {
            n.member = false;
            n.listed = false;
        });
    }

    /** Others have no link to it on the bus. */
    Scene unlinked(String name) {
        return change(name, n -> n.linked = false);
    }

    /** Its bus is cut off: it has no link to anyone. */
    Scene deaf(String name) {
        return change(name, n -> n.deaf = true);
    }

    /** It says {@code cluster_state:fail}. */
    Scene servesNobody(String name) {
        return change(name, n -> n.stateOk = false);
    }

    Scene probe(String name, Probe probe) {
        probes.put(address(name), probe);
        return this;
    }

    /** What the replica's own member finds at its master's port. */
    Scene masterProbe(String replica, Probe probe) {
        return change(replica, n -> {
            String master = n.follows.orElseThrow();
            n.masterProbe = Optional.of(new Report.MasterProbe(id(master), address(master), probe));
            n.linkUp = false;
        });
    }

    /** The API server says that the pod is gone for good. */
    Scene proven(String name, String words) {
        ended.put(name, new End(words, true));
        return this;
    }

    /** Its processes have ended, and may be started again; as far as nothing else is told of it, its port refuses connections. */
    Scene provenForNow(String name, String words) {
        ended.put(name, new End(words, false));
        probes.putIfAbsent(address(name), Probe.REFUSES);
        return this;
    }

    /** The last primary view has seen its pod without its data. */
    Scene lost(String name) {
        primary = primary.map(p -> new Primary(p.number(), p.seats(), p.departed(), new TreeSet<>(Set.of(id(name))), p.before()));
        return this;
    }

    /** The API server lists these pods and no others; all were created at once. */
    Scene thereAre(String... names) {
        pods = Optional.of(new TreeSet<>(Set.of(names)));
        created.clear();
        pods.get().forEach(name -> created.put(name, CREATED));
        return this;
    }

    /** It lists this one too, which was created so much before those. */
    Scene thereIsOlder(String name, long seconds) {
        pods.orElseThrow().add(name);
        created.put(name, CREATED - seconds * 1000);
        return this;
    }

    /** It told before this view. */
    Scene toldBeforeThisView() {
        pods = Optional.empty();
        return this;
    }

    Scene nobodyTellsWhichPodsThereAre() {
        pods = Optional.empty();
        created.clear();
        return this;
    }

    /** Nothing has come from its master for so long. */
    Scene quiet(String name, long ms) {
        return change(name, n -> n.quietMs = ms);
    }

    /** For so much of that time it heard its master on the bus. */
    Scene behind(String name, long ms) {
        return change(name, n -> n.behindMs = ms);
    }

    /** It answered so long ago. */
    Scene answered(String name, long agoMs) {
        masters.put(id(name), new LastAnswer(now - agoMs, 10));
        return this;
    }

    /** It was heard with so many keys before it was gone. */
    Scene had(String name, long keys) {
        masters.put(id(name), new LastAnswer(now, keys));
        return this;
    }

    Scene onLoss(boolean reassign, long graceMs) {
        policy = new ShardLoss(reassign, graceMs);
        return this;
    }

    Scene left(String name) {
        left.add(name);
        return this;
    }

    Scene sent(String key, long agoMs) {
        sent.put(key, NOW - agoMs);
        return this;
    }

    Scene waited(String key, long ms) {
        since.put(key, NOW - ms);
        return this;
    }

    /** Its pod has joined and is to be a master: it owns nothing yet. */
    Scene fresh(String name) {
        return blank(name).joined(name);
    }

    /** This replica of nobody's yet follows that master. */
    Scene replica(String name, String master) {
        fresh(name).follows(name, master);
        return change(name, n -> n.master = false);
    }

    /** These slots are open for a move: at the target, and at the source unless that has forgotten it. */
    Scene open(String source, String target, SlotSet slots) {
        slots.stream().forEach(slot -> {
            nodes.get(source).migrating.put(slot, id(target));
            nodes.get(target).importing.put(slot, id(source));
        });
        return this;
    }

    /** It has keys of these slots, which are another's. */
    Scene strays(String name, SlotSet slots) {
        return change(name, n -> n.strays = slots);
    }

    /** Its server can move slots by itself. */
    Scene able(MoveBy by, String... names) {
        for (String name : names) {
            change(name, n -> n.atomic = new Atomic(by, n.atomic.slots()));
        }
        return this;
    }

    /** These two servers move these slots by themselves now. */
    Scene atomic(MoveBy by, String source, String target, SlotSet slots) {
        open(source, target, slots);
        return change(source, n -> n.atomic = new Atomic(by, slots)).change(target, n -> n.atomic = new Atomic(by, slots));
    }

    Scene opensNothing(String name) {
        return change(name, n -> {
            n.migrating.clear();
            n.importing.clear();
        });
    }

    /** These slots move now. */
    Scene moving(String source, String target, SlotSet slots) {
        moving.add(move(source, target, slots));
        return this;
    }

    /** As it is decided. */
    Action.MoveSlots moved(String source, String target, SlotSet slots) {
        return moved(source, target, slots, MoveBy.MIGRATE);
    }

    Action.MoveSlots moved(String source, String target, SlotSet slots, MoveBy by) {
        boolean copied = nodes.values().stream().anyMatch(n -> n.follows.filter(target::equals).isPresent() && n.linkUp && n.member);
        return new Action.MoveSlots(move(source, target, slots), copied ? 1 : 0, by);
    }

    Move move(String source, String target, SlotSet slots) {
        SortedSet<Address> others = new TreeSet<>();
        nodes.values().stream().filter(n -> n.master && !n.slots.isEmpty() && n.member && !n.name.equals(source) && !n.name.equals(target))
            .forEach(n -> others.add(n.address()));
        return new Move(id(source), address(source), id(target), address(target), slots, others);
    }

    /** All members have this as the last primary view. */
    Scene remembers(Primary last) {
        primary = Optional.of(last);
        return this;
    }

    Scene remembersNothing(String name) {
        return change(name, n -> n.remembers = false);
    }

    Scene remembersNothing() {
        rememberAll = false;
        return this;
    }

    /** Another member than the first looks. */
    Scene seenBy(String name) {
        self = Optional.of(name);
        return this;
    }

    // ---- the values

    Observation observation() {
        List<String> members = order.stream().filter(n -> nodes.get(n).member).toList();
        SortedMap<String, Heard> heard = new TreeMap<>();
        members.stream().map(nodes::get).filter(n -> !n.silent).forEach(n -> heard.put(n.name, new Heard(report(n), now - 5)));
        return new Observation(now, Rounds.from(ROUND), new View(4, members.getFirst(), members, self.orElse(members.getFirst())), heard, asked, probes,
            ended, pods, created, left, sent, since, masters, moving, policy);
    }

    Decision decide() {
        return Planner.decide(observation());
    }

    Action bump(String name) {
        return new Action.BumpEpoch(address(name), id(name), nodes.get(name).slots);
    }

    Outlook look() {
        return Planner.look(observation());
    }

    Pod pod(String name) {
        Node node = nodes.get(name);
        return new Pod(name, "uid-" + name, node.address().host(), node.machine, "");
    }

    private Report report(Node node) {
        ClusterTable table = table(node);
        RedisState state = node.state.orElseGet(() -> new RedisState.Answering(table, new ServerFacts(node.stateOk, node.heardOfEpoch.orElseGet(this::highestEpoch), node.keys,
            !node.master && node.linkUp && (node.reads || masterRuns(node)), !node.master && node.synced, node.masterAt, node.offset, node.uptime, "7.0.15", node.strays, node.quietMs, node.behindMs, 0,
            node.atomic, !node.master || node.masterAt.isPresent() && node.copies, node.copyOf.map(Scene::id))));
        return new Report(pod(node.name), ROUND, node.address(), new Address(node.address().host(), 7800), state,
            node.stored ? node.kept.map(this::table).or(() -> Optional.of(table)) : Optional.empty(), node.leaving, node.masterProbe, rememberAll && node.remembers ? primary : Optional.empty());
    }

    private long highestEpoch() {
        return nodes.values().stream().mapToLong(node -> node.epoch).max().orElse(0);
    }

    private ClusterTable table(Node owner) {
        SortedMap<NodeId, ClusterNode> others = new TreeMap<>();
        if (!owner.blank) {
            nodes.values().stream().filter(n -> !n.name.equals(owner.name) && !n.blank && n.listed && !owner.ignorant.contains(n.name))
                .map(n -> owner.before.containsKey(n.name) ? n.asOwner(owner.before.get(n.name)) : n)
                .map(n -> owner.replicas.containsKey(n.name) ? n.asReplicaOf(owner.replicas.get(n.name)) : n)
                .map(n -> owner.shownEpochs.containsKey(n.name) ? n.withEpoch(owner.shownEpochs.get(n.name)) : n)
                .forEach(n -> others.put(id(n.name), line(n, Optional.ofNullable(owner.elsewhere.get(n.name)).or(() -> n.address), n.flags, n.linked && !owner.deaf)));
        }
        int handshake = 0;
        for (Address peer : owner.meeting) {
            NodeId unknown = new NodeId("f".repeat(39) + handshake++);
            others.put(unknown, new ClusterNode(unknown, Optional.of(peer), EnumSet.of(NodeFlag.HANDSHAKE), Optional.empty(), 0, false,
                SlotSet.NONE, new TreeMap<>(), new TreeMap<>()));
        }
        Set<NodeFlag> own = EnumSet.of(NodeFlag.MYSELF);
        owner.flags.stream().filter(NodeFlag.NOFAILOVER::equals).forEach(own::add);   // of all flags the one that a server says of itself
        return new ClusterTable(line(owner, Optional.of(owner.address()), own, true), others);
    }

    private ClusterNode line(Node node, Optional<Address> address, Set<NodeFlag> flags, boolean linked) {
        Set<NodeFlag> all = EnumSet.of(node.master ? NodeFlag.MASTER : NodeFlag.REPLICA);
        all.addAll(flags);
        Function<String, Long> epochOf = name -> nodes.get(name).epoch;
        return new ClusterNode(id(node.name), address, all, node.follows.map(Scene::id), node.follows.map(epochOf).orElse(node.epoch), linked,
            node.slots, flags.contains(NodeFlag.MYSELF) ? node.migrating : new TreeMap<>(), flags.contains(NodeFlag.MYSELF) ? node.importing : new TreeMap<>());
    }
}
