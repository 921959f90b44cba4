package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The safety rules of DESIGN.md as an omniscient observer sees them, checked whenever something happens: here what is sent to servers, and what holds at any
 * time; see {@link DecisionRules}, {@link CopyRules} and {@link PromotionRules} for the others.
 */
final class Rules {

    /** Two masters may claim a slot while the news travels; not longer. */
    private static final long DISPUTE_MS = 10_000;
    /** A container that is killed is back within so long. */
    private static final long RETURN_MS = 30_000;

    private final World world;
    /** Slots that an operator deleted from the tables of these. */
    private final SortedMap<NodeId, SlotSet> deletedByHand = new TreeMap<>();
    private final Map<NodeId, long[]> epochs = new HashMap<>();
    private final SortedMap<Integer, Long> disputedSince = new TreeMap<>();

    Rules(World world) {
        this.world = world;
    }

    String onCommand(SimMember leader, CarryOut what, long decidedAt, Action action, SimRedis server, List<String> sent) {
        world.commanded(server);
        List<String> words = ClusterCommands.unconditional(sent);
        Optional<String> refusal = ClusterCommands.refusal(server, sent);
        if (refusal.isPresent()) {
            world.trace(() -> "  " + leader + " -> " + server + ": " + words + " " + refusal.get());
            return refusal.get();
        }
        if (world.strangers.isOne(server.id())) {
            throw world.broken("S6", leader + " sends " + words + " to the stranger " + server);
        }
        switch (words.get(1)) {
            case "MEET" -> {
                SimRedis other = world.serverAt(new Address(words.get(2), Integer.parseInt(words.get(3))));
                if (other != null && world.strangers.isOne(other.id())) {
                    throw world.broken("S6", server + " is to meet the stranger " + other);
                }
            }
            case "FLUSHSLOTS" -> {
                if (action instanceof Action.Bootstrap && !DecisionRules.isBlank(server)) {
                    world.trace(() -> "a bootstrap's FLUSHSLOTS meets " + server + ", which is not blank any more");
                }
            }
            case "FAILOVER" -> {
                if (words.contains("TAKEOVER")) {
                    world.promotions.checkProof(server);
                }
                world.promotions.checkBest(leader, what, server);
                world.promotions.checkSynced(leader, what, server);
            }
            case "FORGET" -> {
                checkDead(leader, new NodeId(words.get(2)), decidedAt);
                Unserved.broken(world, server, new NodeId(words.get(2))).ifPresent(found -> {
                    throw world.broken("redirects", found);
                });
            }
            default -> {
            }
        }
        if (action instanceof Action.TakeSlots take && words.get(1).equals("SETSLOT") && words.get(3).equals("NODE")) {
            // Where ADDSLOTSRANGE came too late it is this one alone.
            SlotSet taken = server.myself.slots().plus(SlotSet.of(Integer.parseInt(words.get(2)))).and(take.slots());
            checkLost(leader, taken, takenBy(take.taker(), what), Optional.empty());
        } else if (what.decision().step().equals("repair") && action instanceof Action.Forget forget && server.table.containsKey(forget.node())) {
            checkLost(leader, server.table.get(forget.node()).slots(), new BitSet(), Optional.of(forget.node()));
        }
        BitSet spare = words.get(1).equals("REPLICATE") ? world.copies.spareCopies(server) : new BitSet();
        BitSet before = (BitSet) server.data().writes().clone();
        BitSet unseen = words.get(1).equals("RESET") ? world.copies.crashedUnseen(leader, server, decidedAt) : new BitSet();
        String reply = ClusterCommands.execute(server, words);
        if (words.get(1).equals("RESET") && reply.equals("OK")) {
            world.copies.onEmptied(server, before, unseen);
        }
        if (words.get(1).equals("REPLICATE") && reply.equals("OK")) {
            world.ledger.forgive(world.copies.crashedUnseen(leader, server, decidedAt));
        }
        if (!spare.isEmpty() && reply.equals("OK")) {
            world.copies.onGivenUp(server, spare);
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
        world.promotions.onOperator(server, words);
        SlotSet shown = shown(server);
        String reply = ClusterCommands.execute(server, words);
        if (words.contains("DELSLOTSRANGE")) {
            deletedByHand.merge(server.id(), shown.minus(shown(server)), SlotSet::plus);
        }
        world.trace(() -> "an operator -> " + server + ": " + words + " " + reply);
        before.andNot(server.data().writes());
        BitSet last = world.copies.lastCopies(before);
        world.ledger.forgive(last);
        world.ledger.lostByOrder(last);
    }

    SlotSet deletedByHand(NodeId server) {
        return deletedByHand.getOrDefault(server, SlotSet.NONE);
    }

    /** Those that its table gives to anyone. */
    private static SlotSet shown(SimRedis server) {
        return server.table.values().stream().map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
    }

    /** S3: what lives and can be reached is not forgotten. Who decided it before a cut ended cannot know of that. */
    void checkDead(SimMember leader, NodeId id, long decidedAt) {
        for (SimRedis server : world.servers()) {
            if (server.id().equals(id) && server.isServing() && world.canReach(leader.pod.ip, server.address)
                && world.net.mendedAt() <= decidedAt && !wasTriedInCut(leader, server, decidedAt)) {
                throw world.broken("S3", server + " is to be forgotten and lives");
            }
        }
        // Whoever is forgotten is kept out for a minute: for a pod that is just starting again, that is the worst moment.
        for (Pod pod : world.pods()) {
            if (pod.exists && pod.hostUp && !pod.leaving && pod.redis().isEmpty() && world.now() - pod.endedAt() < RETURN_MS
                && pod.volume().table().filter(t -> t.myself().id().equals(id) && DecisionRules.isOfACluster(t)).isPresent()) {
                throw world.broken("S3", id.brief() + " is to be forgotten, and " + pod.name + " keeps it and is just starting again");
            }
        }
    }

    /** What its leader knows of its port is from a cut that has just ended: it has not had the time to try it again. */
    private boolean wasTriedInCut(SimMember leader, SimRedis server, long decidedAt) {
        long mended = world.net.mendedAt();
        Long tried = leader.triedSilent.get(server.address);
        Long answered = leader.answered.get(server.address);
        return tried != null && tried < mended && (answered == null || answered < tried || answered >= decidedAt)
            && decidedAt - mended < PromotionRules.MOST_PROBE_MS;
    }

    /**
     * S1: slots are given away only when no copy is in reach. Who had begun to take them as a master keeps the keys that it has when their
     * owner is forgotten, and is to be the one who is given the slots.
     *
     * @param forgotten the owner; absent: the slots are given to another
     */
    private void checkLost(SimMember leader, SlotSet slots, BitSet there, Optional<NodeId> forgotten) {
        boolean toAnother = forgotten.isEmpty();
        BitSet claimed = toAnother ? new BitSet() : claimedOnVolumes(leader);
        for (Pod pod : world.pods()) {
            if (!toAnother && !isOutOfReach(pod) && pod.redis().filter(r -> r.isServing() && r.myself.isMaster()).isPresent()) {
                continue;
            }
            // A master that claims them itself is their owner when the one with the higher epoch is forgotten.
            SlotSet its = !serves(pod) && !toAnother ? claimOnVolume(pod).plus(shownOnVolume(forgotten.get(), pod))
                : pod.redis().filter(r -> r.isServing() && r.myself.isMaster()).map(r -> r.myself.slots()).orElse(SlotSet.NONE);
            if (forgotten.isPresent() && hasBegunToFollow(pod, forgotten.get(), leader)) {
                its = its.plus(pod.redis().orElseThrow().table.get(forgotten.get()).slots());
            }
            SlotSet disowned = pod.redis().map(this::disowned).orElse(SlotSet.NONE);
            BitSet ordered = CopyRules.onSlots(CopyRules.dataOf(pod).writes(), disowned);
            world.ledger.forgive(ordered);
            world.ledger.lostByOrder(ordered);
            BitSet kept = CopyRules.onSlots(CopyRules.dataOf(pod).writes(), slots.minus(its).minus(disowned));
            kept.and(world.ledger.alive());
            kept.andNot(there);
            if (!toAnother) {
                // Its replica has what the master has that had begun to take them.
                pod.redis().filter(r -> r.myself.isReplica()).flatMap(r -> Optional.ofNullable(r.myself.slaveof)).ifPresent(master -> kept.andNot(world.copies.dataOf(master.id)));
                // So have masters that wait at their gates or start, and claim these slots again once this one is forgotten.
                kept.andNot(claimed);
            }
            if (kept.isEmpty()) {
                continue;
            }
            boolean heard = leader.view().orElseThrow().members().contains(pod.name)
                && world.canReach(leader.pod.ip, pod.address());
            if (heard && !isOutOfReach(pod)) {
                throw world.broken("S1", slots.size() + " slots are given up although " + pod.name + " keeps " + kept.cardinality() + " writes to them");
            }
            world.ledger.forgive(kept);
        }
    }

    /**
     * Whether a former master serves since its leader has heard that it starts, and follows this one: by its own table that is still their owner, whose
     * replica with keys of them it is, and found as such. Whoever is given the slots before that is judged then.
     */
    private static boolean hasBegunToFollow(Pod pod, NodeId owner, SimMember leader) {
        return Optional.ofNullable(leader.heard.get(pod.name)).map(heard -> heard.report().state())
            .filter(state -> state instanceof RedisState.Starting || state instanceof RedisState.Loading).isPresent()
            && pod.redis().filter(server -> server.isServing() && server.myself.isReplica() && server.myself.slaveof.id.equals(owner)).isPresent();
    }

    /** A master by its table that copies another can give nothing away before it is started again, which the kubelet does not do in a pod that ends. */
    static boolean isOutOfReach(Pod pod) {
        return pod.leaving && pod.redis().filter(server -> server.myself.isMaster() && server.replication.masterAt().isPresent()).isPresent();
    }

    /**
     * What masters that do not serve yet, and that this leader hears of, keep of slots that they claim as soon as they do. That the leader does not
     * reach their ports changes nothing: their own members speak for them, and open their gates.
     */
    private BitSet claimedOnVolumes(SimMember leader) {
        BitSet writes = new BitSet();
        for (Pod pod : world.pods()) {
            if (!serves(pod) && leader.view().orElseThrow().members().contains(pod.name)) {
                writes.or(CopyRules.onSlots(CopyRules.dataOf(pod).writes(), claimOnVolume(pod)));
            }
        }
        return writes;
    }

    private static boolean serves(Pod pod) {
        return pod.redis().filter(SimRedis::isServing).isPresent();
    }

    /** Where it is promoted by the same decision, these slots are its master's, and what it had not received of them is lost by that, as of the others. */
    private BitSet takenBy(NodeId taker, CarryOut what) {
        BitSet taken = (BitSet) world.copies.dataOf(taker).clone();
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
     * What the volume of one that was a master itself shows as the forgotten one's: as soon as it serves that one has them again, by this table alone, and
     * whether they are given up is judged anew.
     */
    private static SlotSet shownOnVolume(NodeId forgotten, Pod pod) {
        return pod.volume().kept().filter(table -> table.myself().isMaster()).flatMap(table -> table.line(forgotten)).map(ClusterNode::slots).orElse(SlotSet.NONE);
    }

    /**
     * What an operator deleted from this master's table and no other table gives to it: where all that knew it are gone, nothing tells any more
     * whose it was. Redis itself asks its keys for their slots only when it starts ({@code verifyClusterConfigWithData}).
     */
    private SlotSet disowned(SimRedis master) {
        SlotSet told = world.servers().stream().filter(s -> s != master && s.isServing()).flatMap(s -> Optional.ofNullable(s.table.get(master.id())).stream())
            .map(Entry::slots).reduce(SlotSet.NONE, SlotSet::plus);
        return deletedByHand(master.id()).minus(told).minus(master.myself.slots());
    }

    // ---- S6

    void onIntroduced(SimRedis server, NodeId id) {
        if (world.strangers.isOne(server.id()) != world.strangers.isOne(id)) {
            throw world.broken("S6", server + " knows " + id.brief() + " now, which is of another cluster");
        }
    }

    /** A replica that was started again has no epoch of its own ({@code clusterLoadConfig}): nor has the master that it becomes so. */
    void onOwnWord(SimRedis server) {
        epochs.remove(server.id());
    }

    // ---- as time goes by

    void tick() {
        for (SimRedis server : world.servers()) {
            long[] before = epochs.computeIfAbsent(server.id(), i -> new long[2]);
            if (server.isServing() && (server.currentEpoch < before[0] || server.myself.isMaster() && server.myself.configEpoch < before[1])) {
                throw world.broken("epochs", server + " fell from " + before[0] + "/" + before[1] + " to " + server.currentEpoch + "/"
                    + server.myself.configEpoch);
            }
            before[0] = Math.max(before[0], server.currentEpoch);
            before[1] = server.myself.isMaster() ? Math.max(before[1], server.myself.configEpoch) : before[1];
        }
        List<SimRedis> masters = world.servers().stream().filter(s -> s.isServing() && s.myself.isMaster() && s.stateOk && !DecisionRules.isBlank(s)).toList();
        for (int slot : Dataset.SLOTS) {
            List<SimRedis> owners = masters.stream().filter(s -> s.slots.owner(slot) == s.myself).toList();
            boolean disputed = owners.size() > 1 && world.isWhole();
            if (!disputed) {
                disputedSince.remove(slot);
            } else if (world.now() - disputedSince.computeIfAbsent(slot, s -> world.now()) > DISPUTE_MS) {
                throw world.broken("owners", "slot " + slot + " has had several for " + DISPUTE_MS + " ms: " + owners);
            }
        }
    }
}
