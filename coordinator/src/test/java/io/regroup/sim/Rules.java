package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Outlook;
import io.regroup.plan.Planner;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The safety rules of DESIGN.md as an omniscient observer sees them, checked whenever something happens. */
final class Rules {

    private static final boolean WITH_REPORTS = Boolean.getBoolean("reports");

    /** Two masters may claim a slot while the news travels; not longer. */
    private static final long DISPUTE_MS = 10_000;
    /** A report may be this old when a decision rests on it: the product's limit, and the way it took. */
    private static final long MOST_AGE_MS = 2500 + 100;

    private final World world;
    /** A container that is killed is back within so long. */
    private static final long RETURN_MS = 30_000;
    /** CLUSTER_MF_TIMEOUT, and a moment. */
    private static final long FORCE_MS = 5500;

    /** A coordinator that runs has looked at its server within so long. */
    private static final long MOST_LOOK_MS = 500;
    /** What was tried while a cut lasted is evidence for so long. */
    private static final long MOST_PROBE_MS = 600;

    /** Replicas that an operator told to take over without their master's data, and how long they may. */
    private final SortedMap<NodeId, Long> heedlessByHand = new TreeMap<>();
    /** Masters whose replica an operator promoted without asking anybody: those that have not heard of it still vote on their side of a cut. */
    private final Set<NodeId> deposedByHand = new TreeSet<>();
    /** Masters that only had a majority because such voted for them: the other side of the cut has one too, by the operator's hand. */
    private final Set<NodeId> electedByDeposed = new TreeSet<>();
    /** Slots that an operator deleted from the tables of these. */
    private final SortedMap<NodeId, SlotSet> deletedByHand = new TreeMap<>();
    private final Map<NodeId, long[]> epochs = new HashMap<>();
    private final SortedMap<Integer, Long> disputedSince = new TreeMap<>();
    /** What nodes had that were told to follow another master, and that was also elsewhere then. */
    private final SortedMap<NodeId, BitSet> givenUp = new TreeMap<>();
    /** What servers have that the crash of their successor took from it, while they had not heard of that one. */
    private final SortedMap<NodeId, BitSet> doomed = new TreeMap<>();
    /** Keys that were moved to another master, and those of them that a crash has taken with it since. */
    private final BitSet moved = new BitSet();
    private final BitSet crashedSinceMoved = new BitSet();
    /** What the last crashes took with them: nobody can know yet. */
    private final List<Crash> crashes = new ArrayList<>();
    /** When each pod was looked at, in the reports that a leader has decided from last. */
    private final Map<SimMember, SortedMap<String, Long>> seenAt = new HashMap<>();

    private record Crash(long at, String pod, BitSet writes) {
    }

    Rules(World world) {
        this.world = world;
    }

    private Violation broken(String rule, String what) {
        Violation violation = new Violation(rule, what);
        world.trace(() -> "VIOLATION " + violation.getMessage());
        return violation;
    }

    // ---- decisions: S4, S5, S8

    void onDecision(SimMember leader, CarryOut what) {
        world.trace(() -> leader + " decides " + what.decision().step() + ": " + what.decision().reason());
        if (WITH_REPORTS) {
            leader.heard.values().forEach(heard -> world.trace(() -> "    heard " + heard.report()));
        }
        boolean onlyPrimary = what.decision().actions().stream().anyMatch(this::needsPrimary);
        if (onlyPrimary) {
            checkPrimary(leader, what);
        }
        checkAge(leader, what);
        if (what.decision().actions().stream().anyMatch(Action.Bootstrap.class::isInstance)) {
            checkBootstrap(leader, what);
        }
        what.decision().actions().stream().filter(Action.Forget.class::isInstance)
            .forEach(action -> checkDead(leader, ((Action.Forget) action).node(), world.now()));
    }

    /** A server with its own data is safe anywhere, who leaves may leave, and who was deposed may hear of it. */
    private boolean needsPrimary(Action action) {
        return switch (action) {
            case Action.Meet meet -> !meet.meetings().entrySet().stream()
                .allMatch(e -> e.getValue().stream().allMatch(to -> isDeposed(e.getKey(), to)));
            case Action.Permit permit -> permit.blank();
            case Action.Release release -> false;
            case Action.Prepare prepare -> false;
            default -> true;
        };
    }

    private boolean isDeposed(Address from, Address to) {
        SimRedis server = world.serverAt(from);
        SimRedis other = world.serverAt(to);
        return server != null && other != null && server.myself.isMaster() && other.myself.isMaster()
            && other.myself.configEpoch > server.myself.configEpoch && !other.myself.slots().and(server.myself.slots()).isEmpty();
    }

    private void checkPrimary(SimMember leader, CarryOut what) {
        for (SimMember other : world.members()) {
            if (other == leader || !other.leads() || !Collections.disjoint(other.view().orElseThrow().members(), what.view().members())) {
                continue;
            }
            Outlook theirs = look(other);
            if (theirs.isPrimary()) {
                throw broken("S4", "two primary views at once: " + what.view() + ", for " + look(leader).quorum() + ", and " + other.view().orElseThrow()
                    + ", for " + theirs.quorum());
            }
        }
    }

    private static Outlook look(SimMember member) {
        return Planner.look(member.leader().orElseThrow().observation(member.clock()));
    }

    private void checkAge(SimMember leader, CarryOut what) {
        SortedMap<String, Long> seen = new TreeMap<>();
        seenAt.put(leader, seen);
        for (SimMember.Heard heard : leader.heard.values()) {
            boolean used = isUsed(leader, what, heard.report());
            if (used) {
                seen.put(heard.report().member(), heard.readAt());
            }
            if (used && heard.readAt() < leader.lastDone) {
                throw broken("S8", leader + " used a report of " + heard.report().member() + " from before its last action");
            }
            if (used && leader.pausedUntil > leader.lastDone && heard.readAt() < leader.pausedUntil && world.now() >= leader.pausedUntil
                && world.now() - heard.readAt() > MOST_AGE_MS) {
                throw broken("S8", leader + " used a report of " + heard.report().member() + " from before its pause");
            }
        }
    }

    private boolean isUsed(SimMember leader, CarryOut what, Report report) {
        return what.view().members().contains(report.member())
            && leader.leader().orElseThrow().observation(leader.clock()).fresh(report.member()).filter(report::equals).isPresent();
    }

    private void checkBootstrap(SimMember leader, CarryOut what) {
        int founders = what.decision().actions().stream().mapToInt(a -> a instanceof Action.Bootstrap b ? b.founders().size() : 0).sum();
        if (founders < world.kube.asked.nodes()) {
            throw broken("S5", "a bootstrap of " + founders + " nodes, " + world.kube.asked.nodes() + " are asked for");
        }
        for (SimRedis server : world.servers()) {
            if (!isBlank(server) && world.canReach(leader.pod.ip, server.address)) {
                throw broken("S5", "a bootstrap although " + server + " has a slot, a key or a peer");
            }
        }
        for (Pod pod : world.pods()) {
            if (pod.redis().isEmpty() && pod.volume().table().filter(Rules::isOfACluster).isPresent()) {
                throw broken("S5", "a bootstrap although " + pod.name + " keeps a cluster on its volume");
            }
        }
        if (!world.ledger.alive().isEmpty()) {
            throw broken("S5", "a bootstrap although what clients have written is still somewhere");
        }
    }

    private static boolean isOfACluster(ClusterTable table) {
        return !table.others().isEmpty() || !SlotSet.of(0).containsAll(table.myself().slots());
    }

    static boolean isBlank(SimRedis server) {
        return server.data().size() == 0 && SlotSet.of(0).containsAll(server.myself.slots()) && server.myself.isMaster()
            && server.table.values().stream().allMatch(e -> e == server.myself || e.inHandshake());
    }

    // ---- commands: S1, S2, S3, S5

    String onCommand(SimMember leader, CarryOut what, long decidedAt, Action action, SimRedis server, List<String> sent) {
        world.commanded(server);
        List<String> words = ClusterCommands.unconditional(sent);
        Optional<String> refusal = ClusterCommands.refusal(server, sent);
        if (refusal.isPresent()) {
            world.trace(() -> "  " + leader + " -> " + server + ": " + words + " " + refusal.get());
            return refusal.get();
        }
        if (world.strangers.isOne(server.id())) {
            throw broken("S6", leader + " sends " + words + " to the stranger " + server);
        }
        switch (words.get(1)) {
            case "MEET" -> {
                SimRedis other = world.serverAt(new Address(words.get(2), Integer.parseInt(words.get(3))));
                if (other != null && world.strangers.isOne(other.id())) {
                    throw broken("S6", server + " is to meet the stranger " + other);
                }
            }
            case "FLUSHSLOTS" -> {
                if (action instanceof Action.Bootstrap && !isBlank(server)) {
                    world.trace(() -> "a bootstrap's FLUSHSLOTS meets " + server + ", which is not blank any more");
                }
            }
            case "FAILOVER" -> {
                if (words.contains("TAKEOVER")) {
                    checkProof(server);
                }
                checkBest(leader, what, server);
                checkSynced(leader, what, server);
            }
            case "FORGET" -> {
                checkDead(leader, new NodeId(words.get(2)), decidedAt);
                Unserved.broken(world, server, new NodeId(words.get(2))).ifPresent(found -> {
                    throw broken("redirects", found);
                });
            }
            default -> {
            }
        }
        if (action instanceof Action.TakeSlots take && words.get(1).equals("SETSLOT") && words.get(3).equals("NODE")) {
            checkLost(leader, take.slots(), takenBy(take.taker(), what), true);
        } else if (what.decision().step().equals("repair") && action instanceof Action.Forget forget && server.table.containsKey(forget.node())) {
            checkLost(leader, server.table.get(forget.node()).slots(), new BitSet(), false);
        }
        BitSet spare = words.get(1).equals("REPLICATE") ? spareCopies(server) : new BitSet();
        BitSet before = (BitSet) server.data().writes().clone();
        BitSet unseen = words.get(1).equals("RESET") ? crashedUnseen(leader, server) : new BitSet();
        String reply = ClusterCommands.execute(server, words);
        if (words.get(1).equals("RESET") && reply.equals("OK")) {
            onEmptied(server, before, unseen);
        }
        if (words.get(1).equals("REPLICATE") && reply.equals("OK")) {
            world.ledger.forgive(crashedUnseen(leader, server));
        }
        if (!spare.isEmpty() && reply.equals("OK")) {
            givenUp.put(server.id(), spare);
        }
        world.trace(() -> "  " + leader + " -> " + server + ": " + (words.size() > 6 ? words.subList(0, 4) + "..." : words) + " " + reply);
        return reply;
    }

    /** Somebody else's command: what he throws away is lost by his order. */
    void onOperator(SimRedis server, List<String> words) {
        BitSet before = (BitSet) server.data().writes().clone();
        if (words.contains("RESET")) {
            epochs.remove(server.id());
        }
        if (words.contains("FAILOVER") && isHeedless(server, words)) {
            heedlessByHand.put(server.id(), world.now() + FORCE_MS);
        }
        if (words.contains("TAKEOVER") && server.myself.isReplica() && server.myself.slaveof != null) {
            deposedByHand.add(server.myself.slaveof.id);
        }
        SlotSet shown = shown(server);
        String reply = ClusterCommands.execute(server, words);
        if (words.contains("DELSLOTSRANGE")) {
            deletedByHand.merge(server.id(), shown.minus(shown(server)), SlotSet::plus);
        }
        world.trace(() -> "an operator -> " + server + ": " + words + " " + reply);
        before.andNot(server.data().writes());
        BitSet last = lastCopies(before);
        world.ledger.forgive(last);
        world.ledger.lostByOrder(last);
    }

    /** Those that its table gives to anyone. */
    private static SlotSet shown(SimRedis server) {
        return server.table.values().stream().map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
    }

    /**
     * FORCE does not wait for the master's data; nor does a plain FAILOVER where both were started again and have not synced since: all that
     * {@code clusterHandleManualFailover} asks for is equal offsets, and both show 0. The product hands over to replicas with a link only.
     */
    private static boolean isHeedless(SimRedis replica, List<String> words) {
        return words.contains("FORCE") || !replica.replication.isUp();
    }

    /** What a replica serves when it becomes a master: its master's slots, and those that it was given already. */
    private static SlotSet toBeServed(SimRedis replica) {
        return replica.myself.slaveof.slots().plus(replica.myself.slots());
    }

    /** S2: a TAKEOVER asks nobody, so the old master must have ended. */
    private void checkProof(SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (replica.myself.isReplica() && master != null && !toBeServed(replica).isEmpty()) {
            for (SimRedis server : world.servers()) {
                if (server.id().equals(master.id)) {
                    throw broken("S2", "TAKEOVER by " + replica + " although its master " + server + " runs (" + server.phase + ")");
                }
            }
        }
    }

    /** S2: of the replicas that the leader hears of, the one with most of the master's data, as their reports show: what arrived since nobody could know. */
    private void checkBest(SimMember leader, CarryOut what, SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (master == null || world.servers().stream().anyMatch(s -> s.id().equals(master.id))) {
            return;
        }
        for (SimMember.Heard heard : leader.heard.values()) {
            Report report = heard.report();
            if (!isUsed(leader, what, report) || report.leaving()
                || !(report.state() instanceof RedisState.Answering state)) {
                continue;
            }
            Optional<SimRedis> other = world.servers().stream().filter(s -> s.id().equals(state.table().myself().id())).findFirst();
            if (other.isPresent() && other.get() != replica && other.get().myself.slaveof != null && other.get().replication.appliedAt <= heard.readAt()
                && other.get().myself.slaveof.id.equals(master.id) && other.get().replication.isCopy(other.get().myself.slaveof)) {
                BitSet more = onSlots(other.get().data().writes(), toBeServed(replica));
                more.and(world.ledger.acknowledged());
                more.andNot(replica.data().writes());
                // Of one that was the master before and was overruled: it throws away at its next sync what the vote did not know.
                more.andNot(world.ledger.forgiven());
                if (!more.isEmpty()) {
                    throw broken("S2", replica + " is promoted although " + other.get() + " has " + more.cardinality() + " writes more");
                }
            }
        }
    }

    /** S2: a replica that never finished a sync has to wait for whoever has the data, as long as that may come back. */
    private void checkSynced(SimMember leader, CarryOut what, SimRedis replica) {
        Entry master = replica.myself.slaveof;
        if (master == null || replica.replication.isCopy(master)) {
            return;
        }
        for (Pod pod : world.pods()) {
            // What has been moved to a target that still imports the slot stays there: the move is finished.
            SlotSet importing = pod.redis().filter(SimRedis::isServing).filter(r -> r.myself.isMaster())
                .map(r -> SlotSet.of(r.slots.importing.keySet().stream().mapToInt(slot -> slot))).orElse(SlotSet.NONE);
            BitSet kept = onSlots(dataOf(pod).writes(), toBeServed(replica).minus(importing));
            kept.and(world.ledger.alive());
            kept.andNot(replica.data().writes());
            if (!kept.isEmpty() && what.view().members().contains(pod.name) && world.canReach(leader.pod.ip, pod.address())) {
                throw broken("S2", replica + " never finished a sync and is promoted although " + pod.name + " keeps " + kept.cardinality()
                    + " writes");
            }
        }
    }

    /** S3: what lives and can be reached is not forgotten. Who decided it before a cut ended cannot know of that. */
    private void checkDead(SimMember leader, NodeId id, long decidedAt) {
        for (SimRedis server : world.servers()) {
            if (server.id().equals(id) && server.isServing() && world.canReach(leader.pod.ip, server.address) && world.net.mendedAt() <= decidedAt) {
                throw broken("S3", server + " is to be forgotten and lives");
            }
        }
        // Whoever is forgotten is kept out for a minute: for a pod that is just starting again, that is the worst moment.
        for (Pod pod : world.pods()) {
            if (pod.exists && pod.hostUp && !pod.leaving && pod.redis().isEmpty() && world.now() - pod.endedAt() < RETURN_MS
                && pod.volume().table().filter(t -> t.myself().id().equals(id) && isOfACluster(t)).isPresent()) {
                throw broken("S3", id.brief() + " is to be forgotten, and " + pod.name + " keeps it and is just starting again");
            }
        }
    }

    /**
     * S1: slots are given away only when no copy is in reach. Who had begun to take them as a master keeps the keys that it has when their
     * owner is forgotten, and is to be the one who is given the slots.
     */
    private void checkLost(SimMember leader, SlotSet slots, BitSet there, boolean toAnother) {
        for (Pod pod : world.pods()) {
            if (!toAnother && pod.redis().filter(r -> r.isServing() && r.myself.isMaster()).isPresent()) {
                continue;
            }
            // A master that claims them itself is their owner when the one with the higher epoch is forgotten.
            SlotSet its = !serves(pod) && !toAnother ? claimOnVolume(pod)
                : pod.redis().filter(r -> r.isServing() && r.myself.isMaster()).map(r -> r.myself.slots()).orElse(SlotSet.NONE);
            SlotSet disowned = pod.redis().map(this::disowned).orElse(SlotSet.NONE);
            BitSet ordered = onSlots(dataOf(pod).writes(), disowned);
            world.ledger.forgive(ordered);
            world.ledger.lostByOrder(ordered);
            BitSet kept = onSlots(dataOf(pod).writes(), slots.minus(its).minus(disowned));
            kept.and(world.ledger.alive());
            kept.andNot(there);
            if (!toAnother) {
                // Its replica has what the master has that had begun to take them.
                pod.redis().filter(r -> r.myself.isReplica()).flatMap(r -> Optional.ofNullable(r.myself.slaveof)).ifPresent(master -> kept.andNot(dataOf(master.id)));
                // So has a master that waits at its gate or starts, and claims them again once this one is forgotten.
                Optional.of(pod).filter(p -> p.redis().isEmpty()).flatMap(p -> p.volume().kept()).flatMap(t -> t.myself().master())
                    .ifPresent(master -> kept.andNot(keptByOwner(master, leader)));
            }
            if (kept.isEmpty()) {
                continue;
            }
            boolean heard = leader.view().orElseThrow().members().contains(pod.name)
                && world.canReach(leader.pod.ip, pod.address());
            if (heard) {
                throw broken("S1", slots.size() + " slots are given up although " + pod.name + " keeps " + kept.cardinality() + " writes to them");
            }
            world.ledger.forgive(kept);
        }
    }

    /**
     * What a master that does not serve yet, and that this leader hears of, keeps of slots that it claims as soon as it does. That the leader does not
     * reach its port changes nothing: its own member speaks for it, and opens its gate.
     */
    private BitSet keptByOwner(NodeId master, SimMember leader) {
        BitSet writes = new BitSet();
        for (Pod pod : world.pods()) {
            if (!serves(pod) && pod.volume().kept().filter(t -> t.myself().id().equals(master)).isPresent()
                && leader.view().orElseThrow().members().contains(pod.name)) {
                writes.or(onSlots(dataOf(pod).writes(), claimOnVolume(pod)));
            }
        }
        return writes;
    }

    private static boolean serves(Pod pod) {
        return pod.redis().filter(SimRedis::isServing).isPresent();
    }

    /** Where it is promoted by the same decision, these slots are its master's, and what it had not received of them is lost by that, as of the others. */
    private BitSet takenBy(NodeId taker, CarryOut what) {
        BitSet taken = (BitSet) dataOf(taker).clone();
        if (what.decision().actions().stream().anyMatch(action -> action instanceof Action.Promote promote && promote.replica().equals(taker))) {
            taken.or(world.ledger.forgiven());
        }
        return taken;
    }

    /**
     * What a former master claims as soon as it serves: nobody contradicts once the one that overruled it is forgotten. Of slots that are nobody's in its table
     * those that it has keys of ({@code verifyClusterConfigWithData}).
     */
    private static SlotSet claimOnVolume(Pod pod) {
        return pod.volume().kept().filter(table -> table.myself().isMaster()).map(table -> table.others().values().stream().map(ClusterNode::slots)
            .reduce(SlotSet.ALL, SlotSet::minus)).orElse(SlotSet.NONE);
    }

    /**
     * What an operator deleted from this master's table and no other table gives to it: where all that knew it are gone, nothing tells any more
     * whose it was. Redis itself asks its keys for their slots only when it starts ({@code verifyClusterConfigWithData}).
     */
    private SlotSet disowned(SimRedis master) {
        SlotSet told = world.servers().stream().filter(s -> s != master && s.isServing()).flatMap(s -> Optional.ofNullable(s.table.get(master.id())).stream())
            .map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
        return deletedByHand.getOrDefault(master.id(), SlotSet.NONE).minus(told).minus(master.myself.slots());
    }

    private BitSet dataOf(NodeId id) {
        return world.servers().stream().filter(s -> s.id().equals(id)).findFirst().map(s -> s.data().writes()).orElse(new BitSet());
    }

    private static BitSet onSlots(BitSet writes, SlotSet slots) {
        BitSet set = (BitSet) writes.clone();
        for (int slot : Dataset.SLOTS) {
            if (!slots.contains(slot)) {
                set.andNot(Dataset.ofSlot(slot, writes.length()));
            }
        }
        return set;
    }

    // ---- data: S1

    static Dataset dataOf(Pod pod) {
        return pod.redis().map(SimRedis::data).orElseGet(() -> pod.volume().data());
    }

    /** What a master accepts that has been superseded elsewhere is lost by the rules: it cannot know yet. */
    void onAcknowledged(SimRedis server, int slot, int write) {
        world.ledger.onAcknowledged(write, world.now());
        boolean superseded = world.servers().stream().anyMatch(s -> s.slots.owner(slot) == s.myself && s.myself.isMaster()
            && s.myself.configEpoch > server.myself.configEpoch)
            || world.pods().stream().filter(p -> p.redis().isEmpty()).flatMap(p -> p.volume().table().stream()).map(ClusterTable::myself)
                .anyMatch(kept -> kept.isMaster() && kept.slots().contains(slot) && kept.configEpoch() > server.myself.configEpoch);
        if (superseded) {
            forgive(write);
        }
    }

    /** So is a key that was moved to one whose slots have become another's, and that cannot know yet: it is not among its replicas' data. */
    void onMigrated(SimRedis target, int write) {
        moved.set(write);
        crashedSinceMoved.clear(write);
        boolean superseded = world.servers().stream().anyMatch(s -> s != target && s.myself.isMaster() && s.myself.configEpoch > target.myself.configEpoch
            && !s.myself.slots().and(target.myself.slots()).isEmpty());
        if (superseded) {
            forgive(write);
        }
    }

    private void forgive(int write) {
        BitSet one = new BitSet();
        one.set(write);
        world.ledger.forgive(one);
    }

    private BitSet lastCopies(BitSet dropped) {
        BitSet last = (BitSet) dropped.clone();
        last.and(world.ledger.alive());
        for (Pod pod : world.pods()) {
            if (!last.isEmpty()) {
                last.andNot(copiesOf(pod));
            }
        }
        return last;
    }

    /** A replica that was told to follow another master throws its data away when it gets to that: what it still has is no copy any more. */
    private BitSet copiesOf(Pod pod) {
        BitSet copies = (BitSet) dataOf(pod).writes().clone();
        pod.redis().map(SimRedis::id).or(() -> pod.volume().table().map(t -> t.myself().id())).map(givenUp::get).ifPresent(copies::andNot);
        return copies;
    }

    /** What it has and another one too. */
    private BitSet spareCopies(SimRedis server) {
        BitSet others = new BitSet();
        world.pods().stream().filter(p -> p.redis().filter(server::equals).isEmpty()).forEach(p -> others.or(copiesOf(p)));
        others.and(server.data().writes());
        return others;
    }

    /** What it has, and another one had whose crash is younger than the report in which this leader saw it. */
    private BitSet crashedUnseen(SimMember leader, SimRedis server) {
        SortedMap<String, Long> seen = seenAt.get(leader);
        BitSet writes = new BitSet();
        crashes.stream().filter(crash -> crash.at() >= seen.getOrDefault(crash.pod(), Long.MAX_VALUE)).forEach(crash -> writes.or(crash.writes()));
        writes.and(server.data().writes());
        return writes;
    }

    /** A server ends without its data. What a former master still has of it, one that has not heard of its successor, goes as soon as it hears. */
    void onEnded(SimRedis ended) {
        world.servers().forEach(other -> {
            BitSet writes = overruled(other, ended);
            writes.and(ended.data().writes());
            doomed.merge(other.id(), writes, (before, more) -> {
                before.or(more);
                return before;
            });
        });
    }

    /** A crash took these with it: no rule holds against that. */
    void onCrashed(Pod pod, Dataset gone) {
        crashes.removeIf(crash -> crash.at() < world.now() - MOST_AGE_MS);
        crashes.add(new Crash(world.now(), pod.name, (BitSet) gone.writes().clone()));
        BitSet onTheMove = (BitSet) gone.writes().clone();
        onTheMove.and(moved);
        crashedSinceMoved.or(onTheMove);
        BitSet last = lastCopies(gone.writes());
        if (!last.isEmpty()) {
            world.trace(() -> last.cardinality() + " acknowledged writes were only on " + pod.name + ", which crashed");
            world.ledger.lostByCrash(last);
        }
    }

    /** What the pod has of slots that another owns by a later vote: it would throw it away as soon as it hears of that. */
    private BitSet overruled(Pod pod) {
        BitSet writes = new BitSet();
        pod.redis().ifPresent(redis -> world.servers().stream().filter(SimRedis::isServing).forEach(other -> writes.or(overruled(redis, other))));
        return writes;
    }

    private BitSet overruled(SimRedis redis, SimRedis other) {
        BitSet writes = new BitSet();
        if (other != redis && other.myself.isMaster()) {
            for (int slot : Dataset.SLOTS) {
                Entry believed = redis.slots.owner(slot);
                if (other.slots.owner(slot) == other.myself && (believed == null
                    || believed.configEpoch < other.myself.configEpoch || believed.id.equals(other.id()))) {
                    writes.or(Dataset.ofSlot(slot, world.ledger.acknowledged().length()));
                }
            }
        }
        return writes;
    }

    /** S7: who is let go has nothing that another, as far as anyone can know by now, could not take over; unless all go. */
    void onReleased(Pod pod) {
        BitSet only = (BitSet) dataOf(pod).writes().clone();
        only.and(world.ledger.alive());
        only.andNot(world.ledger.forgiven());
        only.andNot(overruled(pod));
        world.pods().stream().filter(p -> p != pod).forEach(p -> only.andNot(dataOf(p).writes()));
        crashes.stream().filter(crash -> crash.at() >= world.now() - MOST_AGE_MS).forEach(crash -> only.andNot(crash.writes()));
        if (!only.isEmpty() && world.pods().stream().anyMatch(p -> !p.leaving)) {
            throw broken("S7", pod.name + " is let go with the only copy of " + only.cardinality() + " writes");
        }
    }

    /** The gate was opened as "blank": what the volume had is gone by our order. */
    void onWiped(Pod pod, Dataset before) {
        BitSet last = lastCopies(before.writes());
        if (!last.isEmpty()) {
            throw broken("S1", pod.name + " was started blank over the last copy of " + last.cardinality() + " writes");
        }
    }

    /** It drops what it has given to another in whole. Where that one has crashed since, the crash took it. */
    void onGivenAway(SimRedis server, int slot) {
        BitSet rest = new BitSet();
        world.pods().stream().filter(pod -> pod.redis().filter(server::equals).isEmpty()).forEach(pod -> rest.or(copiesOf(pod)));
        BitSet last = onSlots(server.data().writes(), SlotSet.of(slot));
        last.and(world.ledger.alive());
        last.andNot(rest);
        if (!last.isEmpty()) {
            world.ledger.lostByCrash(last);
        }
    }

    /** A replica hears that its master has given these away. It may have been the last to have them: where the crash of who got them took the others. */
    void onFollowed(SimRedis replica, BitSet gone, SimRedis master) {
        BitSet crashed = (BitSet) doomed.getOrDefault(master.id(), new BitSet()).clone();
        crashed.or(crashedSinceMoved);
        onEmptied(replica, gone, crashed);
    }

    /** These are not on a server any more, by an order; a crash that nobody could know of took the other copies of some. */
    private void onEmptied(SimRedis server, BitSet gone, BitSet unseen) {
        BitSet last = lastCopies(gone);
        BitSet crashed = (BitSet) last.clone();
        crashed.and(unseen);
        world.ledger.lostByCrash(crashed);
        last.andNot(crashed);
        BitSet inexcusable = world.ledger.lostByOrder(last);
        if (!inexcusable.isEmpty()) {
            throw broken("S1", server + " was told to drop the last copy of " + inexcusable.cardinality() + " acknowledged writes");
        }
    }

    /** A server's data were replaced by those of another, or slots of it emptied. */
    void onReplaced(SimRedis server, Dataset before, SimRedis source) {
        BitSet arrived = (BitSet) server.data().writes().clone();
        arrived.andNot(before.writes());
        world.ledger.onCopied(arrived);
        BitSet dropped = (BitSet) before.writes().clone();
        Optional.ofNullable(givenUp.remove(server.id())).ifPresent(dropped::andNot);
        BitSet last = lastCopies(dropped);
        if (source == server) {
            BitSet crashed = (BitSet) last.clone();
            crashed.and(doomed.getOrDefault(server.id(), new BitSet()));
            world.ledger.lostByCrash(crashed);
            last.andNot(crashed);
        }
        if (last.isEmpty()) {
            return;
        }
        BitSet inexcusable = world.ledger.lostByOrder(last);
        world.trace(() -> last.cardinality() + " acknowledged writes are gone, " + server + " has the data of " + source + " now");
        if (!inexcusable.isEmpty()) {
            throw broken("S1", server + " dropped the last copy of " + inexcusable.cardinality() + " acknowledged writes, e.g. to slot "
                + Dataset.slotOf(inexcusable.nextSetBit(0)) + ", when it copied " + source);
        }
    }

    /** What the promoted replica had not received is lost by the rules of asynchronous replication. */
    void onPromoted(SimRedis server, NodeId old, SlotSet taken, String how) {
        // What it was to throw away at its next sync, it keeps: a master syncs from nobody.
        givenUp.remove(server.id());
        deposedByHand.remove(server.id());
        if (how.equals("TAKEOVER") || server.election.isWonWithout(deposedByHand)) {
            electedByDeposed.remove(server.id());
        } else {
            electedByDeposed.add(server.id());
        }
        if (how.equals("election") && !server.replication.wasCopyOf(old) && isLookedAt(server)) {
            throw broken("S2", server + " is elected by Redis in place of " + old.brief() + ", and never had its data");
        }
        BitSet missing = missingAt(server, taken);
        world.trace(() -> server + " is master in place of " + old.brief() + " by " + how + ", epoch " + server.myself.configEpoch
            + ", " + taken.size() + " slots" + (missing.isEmpty() ? "" : ", without " + missing.cardinality() + " acknowledged writes"));
        boolean heedless = world.now() <= heedlessByHand.getOrDefault(server.id(), Long.MIN_VALUE);
        if (how.equals("FORCE") && !missing.isEmpty() && !heedless) {
            checkDeposed(server, old, missing);
        }
        if (!how.equals("FAILOVER") && !heedless && isLookedAt(server)) {
            BitSet inexcusable = (BitSet) missing.clone();
            inexcusable.andNot(world.ledger.forgiven());
            LeftBehind.broken(world, server, old, inexcusable).ifPresent(words -> {
                throw broken("S2", server + " takes the place of " + old.brief() + " by " + how + " without " + words);
            });
        }
        BitSet lostNow = (BitSet) missing.clone();
        if (how.equals("FAILOVER")) {
            world.ledger.forgive(writtenApart(server, old, taken));
        }
        // What an earlier election overruled may still be with the master of before it, who throws it away at its next sync.
        lostNow.andNot(world.ledger.forgiven());
        lostNow.and(servedBefore(server, old, taken));
        if (how.equals("FAILOVER") && !lostNow.isEmpty() && !heedless) {
            throw broken("S7", "a planned hand-over to " + server + " lost " + lostNow.cardinality() + " acknowledged writes");
        }
        SlotSet behind = leftBehind(server, old, taken);
        if (!how.equals("FAILOVER") || heedless) {
            world.ledger.forgive(missing);
            // It is given these afterwards.
            world.ledger.forgive(missingAt(server, behind));
            forgiveImported(server, old);
        }
        BitSet left = onSlots(server.data().writes(), behind);
        left.and(world.ledger.acknowledged());
        world.ledger.forgive(left);
        world.ledger.lostByOrder(left);
    }

    /** Its pod's coordinator has had the time to see whom it follows. */
    private boolean isLookedAt(SimRedis server) {
        return world.now() - server.replication.followedAt > MOST_LOOK_MS && world.pods().stream().filter(pod -> pod.redis().filter(server::equals).isPresent())
            .flatMap(pod -> pod.coordinator().stream()).anyMatch(member -> member.view().isPresent() && member.slowness == 0 && !member.isPaused()
                && world.now() - member.pausedUntil > MOST_LOOK_MS);
    }

    private BitSet missingAt(SimRedis heir, SlotSet slots) {
        BitSet missing = new BitSet();
        for (Pod pod : world.pods()) {
            missing.or(onSlots(dataOf(pod).writes(), slots));
        }
        missing.and(world.ledger.acknowledged());
        missing.andNot(heir.data().writes());
        return missing;
    }

    /**
     * What a hand-over can lose: what the old master has, and what is with another who owns some of the slots by its own table, the one on its volume if it
     * does not run: the heir's newer claim takes them from it, keys and all. What a move has brought to a target that does not own its slot yet is not lost
     * by this: it is moved on, see {@link Wholeness}.
     */
    private BitSet servedBefore(SimRedis heir, NodeId old, SlotSet taken) {
        BitSet served = (BitSet) dataOf(old).clone();
        for (Pod pod : world.pods()) {
            pod.redis().map(SimRedis::clusterTable).or(() -> pod.volume().table()).map(ClusterTable::myself)
                .filter(owner -> owner.isMaster() && !owner.id().equals(heir.id()))
                .ifPresent(owner -> served.or(onSlots(dataOf(pod).writes(), owner.slots().and(taken))));
        }
        return served;
    }

    /**
     * An operator's TAKEOVER during a cut leaves each side with a majority of masters, and the two may elect replicas of the same master. Nothing tells one
     * side of the other's: what that one alone took is lost by his order when it hears of the newer claim. What the old master has is not excused.
     */
    private BitSet writtenApart(SimRedis heir, NodeId old, SlotSet taken) {
        BitSet writes = new BitSet();
        for (Pod pod : world.pods()) {
            pod.redis().map(SimRedis::clusterTable).or(() -> pod.volume().table()).map(ClusterTable::myself)
                .filter(owner -> owner.isMaster() && electedByDeposed.contains(owner.id()) && isApart(pod, heir))
                .ifPresent(owner -> writes.or(onSlots(dataOf(pod).writes(), owner.slots().and(taken))));
        }
        writes.andNot(dataOf(old));
        return writes;
    }

    /** Neither the bus nor the group tells the one of the other, or did until a moment ago. */
    private boolean isApart(Pod pod, SimRedis heir) {
        return world.now() - world.net.mendedAt() <= MOST_PROBE_MS || !world.busReaches(heir, pod.address())
            && !world.net.reach(Network.Plane.GROUP, heir.address.host(), pod.ip);
    }

    /** Keys of slots that were on their way to the old master: they replicate as all others do, and had not reached this replica. */
    private void forgiveImported(SimRedis heir, NodeId old) {
        BitSet imported = (BitSet) dataOf(old).clone();
        imported.andNot(heir.data().writes());
        imported.and(world.ledger.acknowledged());
        world.ledger.forgive(imported);
    }

    /**
     * A replica takes over what its own table gives to its master ({@code clusterFailoverReplaceYourMaster}). Where an operator deleted slots
     * from that, and the master ended before it told the replica again, they stay with the dead one: what is in them is lost by his order.
     */
    private SlotSet leftBehind(SimRedis heir, NodeId old, SlotSet taken) {
        SlotSet told = world.servers().stream().filter(other -> other != heir).flatMap(other -> Optional.ofNullable(other.table.get(old)).stream())
            .map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
        return deletedByHand.getOrDefault(heir.id(), SlotSet.NONE).minus(taken).and(told);
    }

    /**
     * S3: a master that runs and that a majority of masters hears takes writes; what it took must not be thrown away. Who does not know where it
     * is now, after a restart of all, does not hear it, and without a majority it takes none ({@code clusterUpdateState}).
     */
    private void checkDeposed(SimRedis heir, NodeId old, BitSet missing) {
        List<SimRedis> masters = world.servers().stream().filter(s -> s.isServing() && s != heir && s.myself.isMaster() && s.myself.hasSlots()
            && !deposedByHand.contains(s.id())).toList();
        masters.stream().filter(s -> s.id().equals(old)).findFirst().ifPresent(deposed -> {
            long hear = masters.stream().filter(m -> m == deposed || knowsPlaceOf(deposed, m) && world.busReaches(m, deposed.address)
                && world.busReaches(deposed, m.address)).count();
            if (2 * hear > masters.size() && world.now() - world.net.mendedAt() > MOST_PROBE_MS) {
                throw broken("S3", heir + " takes over from " + deposed + ", which runs and is heard by " + hear + " of " + masters.size()
                    + " masters: " + missing.cardinality() + " acknowledged writes are lost");
            }
        });
    }

    private static boolean knowsPlaceOf(SimRedis server, SimRedis other) {
        return Optional.ofNullable(other.table.get(server.id())).filter(line -> line.hasAddress() && line.address.equals(server.address)).isPresent();
    }

    // ---- S6

    void onIntroduced(SimRedis server, NodeId id) {
        if (world.strangers.isOne(server.id()) != world.strangers.isOne(id)) {
            throw broken("S6", server + " knows " + id.brief() + " now, which is of another cluster");
        }
    }

    // ---- as time goes by

    void tick() {
        for (SimRedis server : world.servers()) {
            long[] before = epochs.computeIfAbsent(server.id(), i -> new long[2]);
            if (server.isServing() && (server.currentEpoch < before[0] || server.myself.isMaster() && server.myself.configEpoch < before[1])) {
                throw broken("epochs", server + " fell from " + before[0] + "/" + before[1] + " to " + server.currentEpoch + "/"
                    + server.myself.configEpoch);
            }
            before[0] = Math.max(before[0], server.currentEpoch);
            before[1] = server.myself.isMaster() ? Math.max(before[1], server.myself.configEpoch) : before[1];
        }
        for (int slot : Dataset.SLOTS) {
            List<SimRedis> owners = world.servers().stream().filter(s -> s.isServing() && s.myself.isMaster() && s.stateOk
                && s.slots.owner(slot) == s.myself && !isBlank(s)).toList();
            boolean disputed = owners.size() > 1 && world.net.isWhole();
            if (!disputed) {
                disputedSince.remove(slot);
            } else if (world.now() - disputedSince.computeIfAbsent(slot, s -> world.now()) > DISPUTE_MS) {
                throw broken("owners", "slot " + slot + " has had several for " + DISPUTE_MS + " ms: " + owners);
            }
        }
    }

    static Set<String> names(List<Pod> pods) {
        Set<String> names = new TreeSet<>();
        pods.forEach(p -> names.add(p.ip));
        return names;
    }
}
