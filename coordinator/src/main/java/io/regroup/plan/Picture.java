package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.End;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Primary;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.model.Roster;
import io.regroup.model.Seat;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an observation shows, put together: who hosts which node, and who owns which slot. Nothing is decided here.
 *
 * <p>A node of the cluster is <em>hosted</em> when a member of this view reports it as its own; only those are spoken
 * to (S6). A <em>blank</em> node has no peer, no key and no slot but perhaps the placeholder: it belongs to nobody.
 */
final class Picture {

    /** Nodes whose tables say the same. */
    record Kin(Roster roster, List<Host> hosts) {
    }

    /** One answering Redis with the member that speaks for it. */
    record Host(Report report, ClusterTable table, Answering state) {

        NodeId id() {
            return table.myself().id();
        }

        Address address() {
            return report.redis();
        }

        String member() {
            return report.member();
        }

        boolean isMaster() {
            return table.myself().isMaster();
        }

        Optional<NodeId> master() {
            return table.myself().master();
        }

        /** See {@link Answering#copiesAsMaster}: it is to become a replica again, and no slot may go there. */
        boolean copiesAsMaster() {
            return state.copiesAsMaster().isPresent();
        }

        boolean isLeaving() {
            return report.leaving();
        }

        /**
         * Whether it is a replica that has had no link since its start: such a server shows no offset ({@code slave_repl_offset} 0 or 1). What it
         * knows of its master's address is from before, as its data is, and machines that restart give their pods new ones. Where the master has
         * ended in truth its own member or the API server says so; or the masters call it failed, and Redis elects a replica by itself.
         */
        boolean isAsStarted() {
            return !state.facts().linkUp() && state.facts().offset() <= 1;
        }

        @Override
        public String toString() {
            return id().brief() + " (" + member() + ")";
        }
    }

    /** The slot that an empty node gives itself while it waits for the bootstrap, see {@link Action.Prepare}. */
    static final SlotSet PLACEHOLDER = SlotSet.of(0);

    final Observation observation;
    /** Members of the view whose report is fresh, by name. */
    final SortedMap<String, Report> reports = new TreeMap<>();
    /** Members of the view that have not been heard since the round began. */
    final SortedSet<String> unheard = new TreeSet<>();
    /** Answering nodes that belong to a cluster: they know a peer, own slots or hold keys. */
    final SortedMap<NodeId, Host> nodes = new TreeMap<>();
    /** Answering nodes that belong to nobody. */
    final SortedMap<NodeId, Host> blanks = new TreeMap<>();
    /** Who owns which slots, see {@link Owners}. */
    final SortedMap<NodeId, SlotSet> owned;
    /** Slots that no table gives to anyone. */
    final SlotSet unclaimed;
    /** {@link #nodes}, by what their tables say: one group in a settled cluster. */
    final List<Kin> kins;
    private final SortedMap<NodeId, List<Host>> replicas = new TreeMap<>();
    private final SortedMap<Address, Report> tenants = new TreeMap<>();
    /** The latest memory in this view: after a merge the primary's side has the higher number. */
    final Optional<Primary> lastPrimary;
    /** What the nodes here say, and what the volumes of those that do not run keep. */
    private final Set<Roster> rosters = new LinkedHashSet<>();
    private final SortedSet<NodeId> named = new TreeSet<>();
    private final SortedSet<NodeId> known = new TreeSet<>();
    private final Quorum.Verdict quorum;
    private Optional<String> pending;
    private MasterPlan masters;
    private SortedMap<NodeId, Map.Entry<String, Seat>> seats;
    private List<Layout.Share> shares;
    private final List<Host> liveOwners;
    private final List<Host> liveMasters;
    private final SortedMap<String, Seat> missing = new TreeMap<>();
    /** Nodes that do not run now, and whose data a member's volume keeps. */
    final SortedMap<NodeId, Report> stored = new TreeMap<>();

    Picture(Observation observation) {
        this.observation = observation;
        Map<Roster, List<Host>> byRoster = new LinkedHashMap<>();
        for (String member : observation.view().members()) {
            Optional<Report> fresh = observation.fresh(member);
            if (fresh.isEmpty()) {
                unheard.add(member);
                continue;
            }
            Report report = fresh.get();
            reports.put(member, report);
            tenants.putIfAbsent(report.redis(), report);
            if (report.state() instanceof Answering answering) {
                Host host = new Host(report, answering.table(), answering);
                if (isBlank(answering)) {
                    blanks.put(host.id(), host);
                } else {
                    nodes.put(host.id(), host);
                    byRoster.computeIfAbsent(host.table().roster(), r -> new ArrayList<>()).add(host);
                    host.master().ifPresent(m -> replicas.computeIfAbsent(m, id -> new ArrayList<>()).add(host));
                }
            } else {
                report.stored().ifPresent(table -> {
                    stored.put(table.myself().id(), report);
                    rosters.add(table.roster());
                });
            }
        }
        List<Kin> grouped = new ArrayList<>();
        byRoster.forEach((roster, hosts) -> grouped.add(new Kin(roster, List.copyOf(hosts))));
        kins = List.copyOf(grouped);
        replicas.values().forEach(list -> list.sort(Comparator.comparing(Host::id)));
        rosters.addAll(byRoster.keySet());
        kins.forEach(kin -> addIds(kin.roster(), named));
        rosters.forEach(roster -> addIds(roster, known));
        Owners owners = new Owners(rosters, nodes);
        owned = owners.owned;
        unclaimed = owners.unclaimed;
        liveMasters = nodes.values().stream().filter(h -> h.isMaster() && !h.copiesAsMaster()).toList();
        liveOwners = liveMasters.stream().filter(h -> owned.containsKey(h.id())).toList();
        lastPrimary = reports.values().stream().flatMap(r -> r.primary().stream())
            .max(Comparator.comparingLong(Primary::number).thenComparing(Primary::isSettled));
        lastPrimary.ifPresent(last -> missing.putAll(last.all()));
        missing.keySet().removeIf(member -> observation.view().members().contains(member)
            || Optional.ofNullable(observation.ended().get(member)).filter(End::forGood).isPresent());
        quorum = Quorum.of(this);
    }

    private static void addIds(Roster roster, SortedSet<NodeId> ids) {
        roster.lines().values().stream().filter(ClusterNode::isIntroduced).forEach(line -> ids.add(line.id()));
    }

    /** What is not whole, judged once. */
    Optional<String> pending() {
        if (pending == null) {
            pending = Whole.pending(this);
        }
        return pending;
    }

    /** By its node, whose place is remembered, and that place. */
    SortedMap<NodeId, Map.Entry<String, Seat>> seats() {
        if (seats == null) {
            seats = new TreeMap<>();
            lastPrimary.ifPresent(last -> last.all().entrySet().forEach(seat -> seat.getValue().node().ifPresent(id -> seats.putIfAbsent(id, seat))));
        }
        return seats;
    }

    /** Who is to be a master, judged once. */
    MasterPlan masters() {
        if (masters == null) {
            masters = MasterPlan.of(this);
        }
        return masters;
    }

    /** What is to be moved so that each master has its part, judged once. */
    List<Layout.Share> shares() {
        if (shares == null) {
            shares = Rebalance.shares(this);
        }
        return shares;
    }

    Quorum.Verdict quorum() {
        return quorum;
    }

    /** Whether this view may act (S4). */
    boolean isPrimary() {
        return quorum.primary();
    }

    static boolean isBlank(Answering answering) {
        ClusterNode myself = answering.table().myself();
        return myself.isMaster() && answering.table().others().isEmpty() && answering.facts().keys() == 0
            && PLACEHOLDER.containsAll(myself.slots()) && myself.configEpoch() == 0;
    }

    /** Whether any member of this view knows a cluster: from its Redis, or from what its volume keeps. */
    boolean clusterIsKnown() {
        return !nodes.isEmpty() || !stored.isEmpty();
    }

    SlotSet slotsOf(NodeId id) {
        return owned.getOrDefault(id, SlotSet.NONE);
    }

    /** Nodes that own slots and answer. */
    List<Host> liveOwners() {
        return liveOwners;
    }

    /** Those, and those that may come to own some. */
    List<Host> liveMasters() {
        return liveMasters;
    }

    /** Hosted, answering replicas that follow this master, in the order of their ids. */
    List<Host> replicasOf(NodeId master) {
        return List.copyOf(replicas.getOrDefault(master, List.of()));
    }

    /** Every node that any table here shows as a replica of this one, hosted or not. */
    SortedSet<NodeId> followersOf(NodeId master) {
        SortedSet<NodeId> ids = new TreeSet<>();
        rosters.forEach(roster -> roster.lines().values().stream().filter(line -> line.master().filter(master::equals).isPresent())
            .forEach(line -> ids.add(line.id())));
        return ids;
    }

    /** The member whose pod hosts this node: it runs, or its data is kept there. */
    Optional<Report> hostOf(NodeId id) {
        Host host = nodes.get(id);
        return host != null ? Optional.of(host.report()) : Optional.ofNullable(stored.get(id));
    }

    /** All that answering nodes' tables say of this id; what several say is there once. */
    List<ClusterNode> saidOf(NodeId id) {
        return kins.stream().flatMap(kin -> kin.roster().line(id).stream()).toList();
    }

    /** The node that this member's pod hosts: its Redis answers, or its data is kept there. */
    static Optional<NodeId> nodeAt(Report report) {
        return tableAt(report).map(table -> table.myself().id());
    }

    /** What that node believes, or believed when its process ended. */
    static Optional<ClusterTable> tableAt(Report report) {
        return report.state() instanceof Answering a ? Optional.of(a.table()) : report.stored();
    }

    /** All ids that any answering node's table names, first contacts excepted. */
    SortedSet<NodeId> named() {
        return Collections.unmodifiableSortedSet(named);
    }

    /**
     * Whether this replica copies its master: its link is up, and to where that is. It dials what its table said when it became a replica, and
     * goes on with that when the table learns another address by gossip; whoever has got the old one by then is copied as well.
     */
    boolean isInSync(Host replica) {
        Optional<Host> master = replica.master().map(nodes::get);
        return replica.state().facts().linkUp()
            && replica.state().facts().masterAt().filter(at -> master.filter(host -> !host.address().equals(at)).isPresent()).isEmpty();
    }

    /** Those, and the ones in the tables of nodes that do not run and whose data a volume keeps. */
    SortedSet<NodeId> known() {
        return Collections.unmodifiableSortedSet(known);
    }

    /** The member of this view that serves at this address, whatever its Redis does. */
    Optional<Report> reportAt(Address address) {
        return Optional.ofNullable(tenants.get(address));
    }

    /** Last known addresses of a node, as the tables have them. */
    SortedSet<Address> addressesOf(NodeId id) {
        SortedSet<Address> addresses = new TreeSet<>();
        rosters.forEach(roster -> roster.line(id).flatMap(ClusterNode::address).ifPresent(addresses::add));
        return Collections.unmodifiableSortedSet(addresses);
    }

    /** Whose replica this node is, for anybody here. */
    SortedSet<NodeId> mastersOf(NodeId id) {
        SortedSet<NodeId> masters = new TreeSet<>();
        rosters.forEach(roster -> roster.line(id).flatMap(ClusterNode::master).ifPresent(masters::add));
        return Collections.unmodifiableSortedSet(masters);
    }

    /** A name that an operator can find again: the node's brief id with its pod, or its address when the pod is gone. */
    String name(NodeId id) {
        return hostOf(id).map(r -> id.brief() + " (" + r.member() + ")")
            .orElseGet(() -> addressesOf(id).stream().findFirst().map(a -> id.brief() + " (" + a + ")")
                .orElse(id.brief()));
    }

    /** Whether every answering node calls this one failed: the majority has agreed on it (Redis' FAIL). */
    boolean isFailedForAll(NodeId id) {
        List<ClusterNode> said = saidOf(id);
        return !said.isEmpty() && said.stream().allMatch(line -> line.is(NodeFlag.FAIL) || line.is(NodeFlag.NOADDR));
    }

    /** Members of the last primary view, and departed ones, that are neither here nor proven to be gone for good. */
    SortedMap<String, Seat> missing() {
        return Collections.unmodifiableSortedMap(missing);
    }

    /** Those of them that had a node. */
    SortedSet<String> missingNodes() {
        SortedSet<String> members = new TreeSet<>();
        missing.forEach((member, seat) -> seat.node().ifPresent(id -> members.add(member)));
        return members;
    }
}
