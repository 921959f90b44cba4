package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What an observation shows, put together: who hosts which node, and who owns which slot. Nothing is decided here.
 *
 * <p>A node of the cluster is <em>hosted</em> when a member of this view reports it as its own; only those are spoken
 * to (S6). A <em>blank</em> node has no peer, no key and no slot but perhaps the placeholder: it belongs to nobody.
 */
final class Picture {

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

        boolean isLeaving() {
            return report.leaving();
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
    /** The owners as the highest config epoch has it, among all claims in all tables; only non-empty sets. */
    final SortedMap<NodeId, SlotSet> owned = new TreeMap<>();
    /** Slots that no table gives to anyone. */
    final SlotSet unclaimed;
    /** Nodes that do not run now, and whose data a member's volume keeps. */
    final SortedMap<NodeId, Report> stored = new TreeMap<>();

    Picture(Observation observation) {
        this.observation = observation;
        List<ClusterTable> tables = new ArrayList<>();
        for (String member : observation.view().members()) {
            Optional<Report> fresh = observation.fresh(member);
            if (fresh.isEmpty()) {
                unheard.add(member);
                continue;
            }
            Report report = fresh.get();
            reports.put(member, report);
            if (report.state() instanceof Answering answering) {
                Host host = new Host(report, answering.table(), answering);
                if (isBlank(answering)) {
                    blanks.put(host.id(), host);
                } else {
                    nodes.put(host.id(), host);
                    tables.add(answering.table());
                }
            } else {
                report.stored().ifPresent(table -> {
                    stored.put(table.myself().id(), report);
                    tables.add(table);
                });
            }
        }
        unclaimed = resolveOwners(tables);
    }

    static boolean isBlank(Answering answering) {
        ClusterNode myself = answering.table().myself();
        return myself.isMaster() && answering.table().others().isEmpty() && answering.facts().keys() == 0
            && PLACEHOLDER.containsAll(myself.slots()) && myself.configEpoch() == 0;
    }

    private SlotSet resolveOwners(List<ClusterTable> tables) {
        SortedSet<Claim> claims = new TreeSet<>();
        for (ClusterTable table : tables) {
            for (ClusterNode line : lines(table)) {
                if (!line.isReplica() && line.isIntroduced() && !line.slots().isEmpty()) {
                    claims.add(new Claim(line.configEpoch(), line.id(), line.slots()));
                }
            }
        }
        SlotSet free = SlotSet.ALL;
        for (Claim claim : claims) {
            SlotSet won = claim.slots().and(free);
            if (!won.isEmpty()) {
                owned.merge(claim.id(), won, SlotSet::plus);
                free = free.minus(won);
            }
        }
        return free;
    }

    /** What some table gives to a node. In the order of precedence: the higher epoch, then the lower id. Most tables agree. */
    private record Claim(long epoch, NodeId id, SlotSet slots) implements Comparable<Claim> {

        private static final Comparator<Claim> PRECEDENCE = Comparator.comparingLong((Claim c) -> -c.epoch)
            .thenComparing(Claim::id).thenComparing((one, other) -> one.slots.equals(other.slots) ? 0
                : one.slots.toString().compareTo(other.slots.toString()));

        @Override
        public int compareTo(Claim other) {
            return PRECEDENCE.compare(this, other);
        }
    }

    /** A node's own line and those of the others, its placeholder aside. */
    static Collection<ClusterNode> lines(ClusterTable table) {
        List<ClusterNode> lines = new ArrayList<>(table.others().values());
        lines.add(table.myself());
        return lines;
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
        return nodes.values().stream().filter(h -> h.isMaster() && owned.containsKey(h.id())).toList();
    }

    /** Hosted, answering replicas that follow this master. */
    List<Host> replicasOf(NodeId master) {
        return nodes.values().stream().filter(h -> h.master().filter(master::equals).isPresent()).toList();
    }

    /** Every node that any table here shows as a replica of this one, hosted or not. */
    SortedSet<NodeId> followersOf(NodeId master) {
        SortedSet<NodeId> ids = new TreeSet<>();
        tables().forEach(table -> lines(table).stream().filter(line -> line.master().filter(master::equals).isPresent())
            .forEach(line -> ids.add(line.id())));
        return ids;
    }

    /** What the nodes here say, and what the volumes of those that do not run keep. */
    private Stream<ClusterTable> tables() {
        return Stream.concat(nodes.values().stream().map(Host::table), stored.values().stream().flatMap(r -> r.stored().stream()));
    }

    /** The member whose pod hosts this node: it runs, or its data is kept there. */
    Optional<Report> hostOf(NodeId id) {
        Host host = nodes.get(id);
        return host != null ? Optional.of(host.report()) : Optional.ofNullable(stored.get(id));
    }

    /** The node that this member's pod hosts: its Redis answers, or its data is kept there. */
    static Optional<NodeId> nodeAt(Report report) {
        return tableAt(report).map(table -> table.myself().id());
    }

    /** What that node believes, or believed when its process ended. */
    static Optional<ClusterTable> tableAt(Report report) {
        return report.state() instanceof Answering a ? Optional.of(a.table()) : report.stored();
    }

    /** Everything that any answering node's table says of this id, with the node that says it. */
    SortedMap<NodeId, ClusterNode> saidOf(NodeId id) {
        SortedMap<NodeId, ClusterNode> said = new TreeMap<>();
        nodes.values().forEach(h -> h.table().line(id).ifPresent(line -> said.put(h.id(), line)));
        return said;
    }

    /** All ids that any answering node's table names, first contacts excepted. */
    SortedSet<NodeId> named() {
        return idsIn(nodes.values().stream().map(Host::table));
    }

    /** Those, and the ones in the tables of nodes that do not run and whose data a volume keeps. */
    SortedSet<NodeId> known() {
        return idsIn(tables());
    }

    private static SortedSet<NodeId> idsIn(Stream<ClusterTable> tables) {
        SortedSet<NodeId> ids = new TreeSet<>();
        tables.forEach(table -> {
            for (ClusterNode line : lines(table)) {
                if (line.isIntroduced()) {
                    ids.add(line.id());
                }
            }
        });
        return ids;
    }

    /** The member of this view that serves at this address, whatever its Redis does. */
    Optional<Report> reportAt(Address address) {
        return reports.values().stream().filter(r -> r.redis().equals(address)).findFirst();
    }

    /** Last known addresses of a node, as the tables have them. */
    SortedSet<Address> addressesOf(NodeId id) {
        SortedSet<Address> addresses = new TreeSet<>();
        tables().forEach(t -> t.line(id).flatMap(ClusterNode::address).ifPresent(addresses::add));
        return Collections.unmodifiableSortedSet(addresses);
    }

    /** A name that an operator can find again: the node's brief id with its pod, or its address when the pod is gone. */
    String name(NodeId id) {
        return hostOf(id).map(r -> id.brief() + " (" + r.member() + ")")
            .orElseGet(() -> addressesOf(id).stream().findFirst().map(a -> id.brief() + " (" + a + ")")
                .orElse(id.brief()));
    }

    /** Whether every answering node calls this one failed: the majority has agreed on it (Redis' FAIL). */
    boolean isFailedForAll(NodeId id) {
        SortedMap<NodeId, ClusterNode> said = saidOf(id);
        return !said.isEmpty() && said.values().stream()
            .allMatch(line -> line.is(NodeFlag.FAIL) || line.is(NodeFlag.NOADDR));
    }
}
