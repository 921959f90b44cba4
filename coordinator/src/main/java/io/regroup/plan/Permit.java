package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Opens the start gate (DESIGN.md, A pod): a server starts only when nobody else owns a slot at its address. A blank
 * server on a dead master's address would be copied by the replica within half a second: all data gone.
 */
final class Permit implements Step {

    /** How long a server with data waits for a primary view to say whether a newer copy exists, in ms. */
    static final long ALONE_MS = 5000;
    /** How long a server with data waits at most until whoever has its slots has a higher epoch than it, or where they have no copy here, in ms. */
    static final long YIELD_MS = 15_000;
    /** A pod is older than another when it was created so much before, in ms: whole seconds are told, and no cluster forms and loses pods sooner. */
    private static final long OLDER_MS = 2000;

    @Override
    public String name() {
        return "permit";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        List<Action> permits = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (Report report : picture.reports.values()) {
            if (!(report.state() instanceof AtGate gate)
                || picture.observation.sentWithin("permit " + gate.request(), 1000)) {
                continue;
            }
            Optional<String> hold = report.stored().isPresent()
                ? holdStored(report.stored().get().myself().id(), gate, report, picture)
                : holdBlank(report, picture);
            if (hold.isPresent()) {
                waits.add(new Wait("gate " + report.member(),
                    "the gate of " + report.member() + " stays closed: " + hold.get()));
            } else {
                if (picture.observation.waitedMs("gate " + report.member()) >= YIELD_MS) {
                    // What is decided is not always done at once (Leader): without this the wait that is over would begin anew.
                    waits.add(new Wait("gate " + report.member(), "the gate of " + report.member() + " is to open"));
                }
                permits.add(new Action.Permit(report.member(), gate.request(), report.stored().isEmpty(),
                    report.stored().map(kept -> former(kept, picture)).orElseGet(TreeSet::new)));
                reasons.add(report.member() + (report.stored().isEmpty() ? " (blank)" : " (with its data)"));
            }
        }
        return permits.isEmpty() ? Optional.empty()
            : Optional.of(new Work(permits, "nobody else owns a slot at the address of " + String.join(", ", reasons)));
    }

    /**
     * Its own node with its own data is safe for the cluster: an older epoch yields. But its replica's copy is newer
     * by up to the last second (AOF everysec) if it ran on, so where one can be promoted that comes first. And where its address is another one's,
     * used again, a replica of that one would copy its data. One that was overruled deletes its keys as soon as it hears of that ({@code
     * clusterUpdateSlotsConfigWith}), also where who overruled it is dead.
     */
    private static Optional<String> holdStored(NodeId id, AtGate gate, Report report, Picture picture) {
        Optional<String> astray = astray(report, Optional.of(id), picture);
        if (astray.isPresent()) {
            return astray;
        }
        Optional<String> misled = mayLookHere(report, Optional.of(id), picture);
        if (misled.isPresent() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return misled;
        }
        List<Host> unaware = Forget.unaware(id, picture);
        if (!unaware.isEmpty() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return Optional.of("others have its slots, and it would serve them where that is not known yet: " + unaware);
        }
        if (!picture.isPrimary()) {
            boolean mayBeLast = !picture.unheard.isEmpty() || LostShards.shardThatItHad(id, report, picture).isPresent()
                || shardThatItsMasterHad(id, report, picture).isPresent();
            long most = mayBeLast ? YIELD_MS : ALONE_MS;
            return gate.waitedMs() >= most ? Optional.empty()
                : Optional.of("it has data, and waits " + most / 1000 + " s for a quorum that may know a newer copy");
        }
        Optional<Host> younger = picture.liveOwners().stream()
            .filter(owner -> RepairEpochs.waitingClaim(owner, picture) >= owner.table().myself().configEpoch()).findFirst();
        if (younger.isPresent() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return Optional.of("it may have as high an epoch as " + younger.get() + ", who has its slots now: that one takes a higher one first");
        }
        Optional<Host> rival = picture.liveOwners().stream().filter(owner -> RepairEpochs.isRival(report, owner.table().myself(), picture)).findFirst();
        if (rival.isPresent() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return Optional.of("it has the epoch of " + rival.get() + ", would take a new one as soon as it hears that one, and with it slots that others have by now: "
                + rival.get() + " takes a higher one first");
        }
        Optional<Report> rivalToStart = RepairEpochs.rivalToStart(report, picture);
        if (rivalToStart.isPresent() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return Optional.of("it has the epoch of " + rivalToStart.get().member() + ", would take a new one as soon as it hears that one, and with it slots that "
                + "others have by now: " + rivalToStart.get().member() + " starts first");
        }
        Optional<NodeId> overruled = picture.owned.keySet().stream().filter(owner -> !owner.equals(id) && !picture.nodes.containsKey(owner)
            && picture.stored.containsKey(owner) && RepairEpochs.borrowedClaim(owner, report.stored().orElseThrow(), picture) >= 0).findFirst();
        if (overruled.isPresent() && picture.observation.waitedMs("gate " + report.member()) < YIELD_MS) {
            return Optional.of("it gives slots of " + picture.name(overruled.get()) + " to a node that is not there any more, and would take the epoch of "
                + "whoever has that one's address now for its: " + picture.name(overruled.get()) + " starts first");
        }
        Optional<NodeId> orphan = LostShards.shardThatItHad(id, report, picture);
        if (orphan.isPresent()) {
            return Optional.of("it had slots of " + picture.name(orphan.get()) + ", of whom no copy is here: it would throw its own away before it is "
                + "known whether that is the last one");
        }
        Optional<NodeId> followed = shardThatItsMasterHad(id, report, picture);
        if (followed.isPresent()) {
            return Optional.of("its master had slots of " + picture.name(followed.get()) + ", of whom no copy is here, and waits as well: it would follow that "
                + "one, and be taken for the nearest to a copy of it with less than its master has");
        }
        return Promote.isPending(id, picture)
            ? Optional.of("its replica " + Heir.candidate(id, picture).orElseThrow() + " has a newer copy and is promoted first")
            : Optional.empty();
    }

    /**
     * The shard, if any, that its master by its own table has come to lose and keeps older data of ({@link LostShards#shardThatItHad}). A replica has no
     * more than its master sent. Once it runs it hears who came after that one and follows them ({@code clusterUpdateSlotsConfigWith}), and nothing tells
     * any more whose data it has. Who is shown as a follower of that shard has the copy that is waited for.
     */
    private static Optional<NodeId> shardThatItsMasterHad(NodeId id, Report report, Picture picture) {
        return report.stored().flatMap(table -> table.myself().master())
            .flatMap(master -> Optional.ofNullable(picture.stored.get(master)).flatMap(keeper -> LostShards.shardThatItHad(master, keeper, picture)))
            .filter(shard -> !picture.followersOf(shard).contains(id));
    }

    /**
     * A replica with data, be it of its own when it was a master, that looks at this address for another master than the one that starts here.
     * It dials what its table said when it became a replica, and goes on with that when the table learns another address by gossip.
     */
    private static Optional<String> astray(Report report, Optional<NodeId> node, Picture picture) {
        return picture.nodes.values().stream().filter(h -> (h.state().facts().synced() || h.state().facts().keys() > 0)
                && h.master().filter(master -> !Optional.of(master).equals(node)).filter(master -> h.state().facts().masterAt().filter(report.redis()::equals)
                    .isPresent() || h.table().line(master).flatMap(ClusterNode::address).filter(report.redis()::equals).isPresent()).isPresent()).findFirst()
            .map(h -> h + " still looks for its master " + picture.name(h.master().orElseThrow()) + " at its address")
            .or(() -> astrayMaster(report, node, picture));
    }

    private static boolean isNode(NodeId id, Optional<NodeId> node) {
        return node.filter(id::equals).isPresent();
    }

    /**
     * A server that is a master by its table and goes on copying, or tries to. It is started again within {@link #YIELD_MS} if it has the last copy; where its pod
     * ends nobody does that, and it goes.
     */
    private static Optional<String> astrayMaster(Report report, Optional<NodeId> node, Picture picture) {
        boolean waits = picture.observation.waitedMs("gate " + report.member()) < YIELD_MS;
        return picture.nodes.values().stream().filter(h -> h.state().facts().keys() > 0 && h.state().copiesAsMaster().filter(report.redis()::equals).isPresent())
            .filter(h -> h.state().copiedAsMaster().map(ClusterNode::id).or(() -> h.state().facts().copyOf()).filter(master -> isNode(master, node)).isEmpty())
            .filter(h -> waits || h.isLeaving()).findFirst()
            .map(h -> h + " copies whoever serves at its address, though it is a master by its table");
    }

    private static Optional<String> mayLookHere(Report report, Optional<NodeId> node, Picture picture) {
        return misled(report, node, picture).or(() -> unheard(report, node, picture));
    }

    /**
     * A replica, perhaps with the last copy, that does not know where to look for its master, or will not when it starts, while a table here has that one,
     * which is not here, at this address. Whoever has not missed the master yet tells the replica so ({@code clusterProcessGossipSection}), which then dials
     * whoever serves here, and copies that. Once told it is {@link #astray}; and who has not told it by then has missed the master itself.
     */
    private static Optional<String> misled(Report report, Optional<NodeId> node, Picture picture) {
        return picture.reports.values().stream()
            .filter(other -> !(other.state() instanceof Answering answering) || answering.facts().masterAt().isEmpty())
            .flatMap(other -> Picture.tableAt(other).stream()).map(ClusterTable::myself)
            .filter(replica -> !isNode(replica.id(), node) && replica.master().filter(master -> !isNode(master, node) && picture.hostOf(master).isEmpty()
                && picture.addressesOf(master).contains(report.redis())).isPresent()).findFirst()
            .map(replica -> picture.name(replica.id()) + " may be told to look for its master " + picture.name(replica.master().orElseThrow())
                + " at its address");
    }

    /**
     * One of a member that has not been heard, or is not here: what others have it as, a replica of who had this address, it may be all the while. A server
     * that stands still goes on with what it knew.
     */
    private static Optional<String> unheard(Report report, Optional<NodeId> node, Picture picture) {
        return Stream.concat(picture.unheard.stream(), picture.missing().keySet().stream()).flatMap(member ->
            picture.lastPrimary.map(last -> last.all().get(member)).flatMap(Seat::node).stream().flatMap(replica -> picture.mastersOf(replica).stream()
                .filter(master -> !isNode(master, node) && picture.hostOf(master).isEmpty() && picture.addressesOf(master).contains(report.redis()))
                .map(master -> member + " has not been heard, and its " + replica.brief() + " may look for its master " + picture.name(master)
                    + " at its address")))
            .findFirst();
    }

    /**
     * Owners in its table whose slots others have by now, at addresses where they are not. Whoever has such an address, be it a blank one of ours or a
     * stranger, whose epoch nobody here knows: the server would take its epoch for the former owner's, and tell the owner of the slots that it has been
     * overruled ({@code clusterProcessPacket}, UPDATE). So it does not look for them there; those that are here meet it. Its own master's address is taken
     * out at each start.
     */
    private static SortedSet<NodeId> former(ClusterTable kept, Picture picture) {
        SortedSet<NodeId> former = new TreeSet<>();
        kept.others().values().stream().filter(line -> line.isMaster() && kept.myself().master().filter(line.id()::equals).isEmpty())
            .filter(line -> line.address().filter(address -> picture.reportAt(address).flatMap(Picture::nodeAt).filter(line.id()::equals).isEmpty()).isPresent())
            .filter(line -> picture.owned.entrySet().stream().anyMatch(e -> !e.getKey().equals(line.id()) && !e.getValue().and(line.slots()).isEmpty()))
            .forEach(line -> former.add(line.id()));
        return former;
    }

    private static Optional<String> holdBlank(Report report, Picture picture) {
        Quorum.Verdict quorum = picture.quorum();
        if (picture.clusterIsKnown() && !quorum.primary()) {
            return Optional.of("it is blank, and only a primary view can say whether its address is free: " + quorum.reason());
        }
        // Where nobody remembers a cluster, a majority that knows none is enough: the others' starts need not be waited for.
        if (!picture.unheard.isEmpty() && (picture.clusterIsKnown() || picture.lastPrimary.isPresent())) {
            return Optional.of("these have not reported yet: " + String.join(", ", picture.unheard));
        }
        SortedSet<String> mayKnow = picture.clusterIsKnown() ? new TreeSet<>() : picture.missingNodes();
        if (!mayKnow.isEmpty()) {
            return Optional.of("it is blank, and these had nodes that may know a cluster: " + String.join(", ", mayKnow));
        }
        if (!picture.clusterIsKnown() && !isMajorityHeard(picture)) {
            return Optional.of("it is blank, and too few members are here to know whether its address is free: "
                + quorum.reason());
        }
        Optional<String> elders = nobodyRemembers(picture) ? elders(picture) : Optional.empty();
        if (elders.isPresent()) {
            return elders;
        }
        return picture.owned.keySet().stream().filter(id -> isClaimedAt(id, report, picture)).findFirst()
            .map(id -> picture.name(id) + " still owns " + picture.slotsOf(id).size() + " slots at its address")
            .or(() -> astray(report, Optional.empty(), picture))
            .or(() -> picture.observation.waitedMs("gate " + report.member()) < YIELD_MS
                ? formerTenant(report, picture).or(() -> mayLookHere(report, Optional.empty(), picture)) : Optional.empty());
    }

    /**
     * Who was away when a node was replaced still has it at its address, as owner of its slots: it would take the epoch of whoever answers there for that
     * one's, and tell the owner, if that has an older one, that it owns them no more ({@code clusterProcessPacket}, UPDATE). It is told first.
     */
    private static Optional<String> formerTenant(Report report, Picture picture) {
        Optional<String> here = picture.nodes.values().stream().filter(h -> h.table().others().values().stream().anyMatch(line -> line.isMaster()
                && !line.slots().isEmpty() && line.address().filter(report.redis()::equals).isPresent() && !picture.nodes.containsKey(line.id())))
            .findFirst().map(h -> h + " still takes who had its address for the owner of slots");
        return here.or(() -> picture.lastPrimary.stream().flatMap(last -> last.all().entrySet().stream())
            .filter(e -> !picture.reports.containsKey(e.getKey()) && e.getValue().redis().equals(report.redis()) && e.getValue().node().isPresent())
            .map(e -> e.getKey()).flatMap(former -> picture.missingNodes().stream().filter(away -> !away.equals(former))
                .map(away -> away + " is not here, and may still look for the node of " + former + " at its address")).findFirst())
            .or(() -> unknownHeir(report, picture));
    }

    /**
     * Who is away may be the only one that knows of a promotion of the node that was here before. It tells the former owner of the slots, who has started
     * again with its old table and serves them ({@code clusterProcessPacket}, UPDATE): that one, perhaps with the last copy, follows the heir to this address,
     * and copies whoever serves here. Of a node that its table does not name it takes no such word.
     */
    private static Optional<String> unknownHeir(Report report, Picture picture) {
        return picture.known().stream().filter(id -> picture.hostOf(id).isEmpty() && picture.addressesOf(id).contains(report.redis()))
            .flatMap(id -> picture.missing().entrySet().stream().filter(away -> away.getValue().node().filter(node -> !node.equals(id)).isPresent())
                .map(away -> away.getKey() + " is not here, and may know that " + picture.name(id) + " had become a master")).findFirst();
    }

    /**
     * When more are asked for than at first, the new ones may be more than half of all and have not met the others yet; and when fewer are, there are others
     * until they have gone.
     */
    private static boolean isMajorityHeard(Picture picture) {
        return picture.observation.asked().filter(a -> a.first() ? Quorum.isMajority(picture.reports.size(), a.nodes()) : picture.isPrimary()).isPresent();
    }

    private static boolean nobodyRemembers(Picture picture) {
        return !picture.clusterIsKnown() && picture.lastPrimary.isEmpty();
    }

    /** Whether blank servers wait, or soon will, for a list of all pods. The first one is there before those that are to wait for it. */
    static boolean podsDecide(Picture picture) {
        return nobodyRemembers(picture) && (isMajorityHeard(picture) || picture.observation.created().isEmpty())
            && picture.reports.values().stream().anyMatch(report -> !(report.state() instanceof Answering));
    }

    /**
     * Pods that were there before all that are here may be what is left of a cluster, and these have come in place of its dead: one of its replicas may
     * look for its master at the address of one of them. Those that a Deployment begins with are as old as each other, and not waited for. There is no
     * end to it, as there is none for the bootstrap, which waits for all other pods.
     */
    private static Optional<String> elders(Picture picture) {
        SortedMap<String, Long> created = picture.observation.created();
        OptionalLong oldest = picture.reports.keySet().stream().filter(created::containsKey).mapToLong(created::get).min();
        if (oldest.isEmpty()) {
            return Optional.of("it is blank, and whether there are older pods, which may have a cluster, is not known yet");
        }
        List<String> elders = created.keySet().stream().filter(pod -> created.get(pod) <= oldest.getAsLong() - OLDER_MS).toList();
        return elders.isEmpty() ? Optional.empty()
            : Optional.of("it is blank, and these are older than all pods that are here, and may have a cluster: " + String.join(", ", elders));
    }

    private static boolean isClaimedAt(NodeId owner, Report report, Picture picture) {
        return picture.nodes.values().stream().anyMatch(h -> h.table().line(owner).flatMap(ClusterNode::address)
            .filter(report.redis()::equals).isPresent())
            || picture.stored.values().stream().flatMap(r -> r.stored().stream())
                .anyMatch(t -> t.line(owner).flatMap(ClusterNode::address).filter(report.redis()::equals).isPresent());
    }
}
