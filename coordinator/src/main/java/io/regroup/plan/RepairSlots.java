package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Slots that nobody serves get a live master: those that a bootstrap that was cut off left over, and those of a shard
 * whose every copy is gone. One master at a time: each takes a new epoch.
 */
final class RepairSlots implements Step {

    /** What a bootstrap has sent needs this long to be seen by all. */
    private static final long SETTLE_MS = 1000;
    /** A node whose process ended may come back with its data; this long its slots wait for it. */
    static final long SHARD_LOSS_GRACE_MS = 10_000;
    /** Blank pods that are on their way take an orphaned range in place of a busy master; this long it waits for one. */
    private static final long REPLACEMENT_MS = 30_000;

    @Override
    public String name() {
        return "repair";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (picture.nodes.isEmpty() || !picture.unheard.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        SortedMap<String, Orphaned> orphaned = new TreeMap<>();
        if (!picture.unclaimed.isEmpty()) {
            orphaned.put("unclaimed", new Orphaned(picture.unclaimed, "no node owns them", SETTLE_MS));
        }
        lostShards(picture).forEach((id, why) -> orphaned.put("lost " + id,
            new Orphaned(picture.slotsOf(id), "every copy of " + picture.name(id) + " is gone: " + why, SHARD_LOSS_GRACE_MS)));
        for (var entry : orphaned.entrySet()) {
            Optional<Work> work = give(entry.getKey(), entry.getValue(), orphaned.size(), picture, waits);
            if (work.isPresent()) {
                return work;
            }
        }
        return Optional.empty();
    }

    private record Orphaned(SlotSet slots, String why, long graceMs) {
    }

    /** Owners that are proven dead, keep no data on any volume here, and have no replica with their data. */
    static SortedMap<NodeId, String> lostShards(Picture picture) {
        SortedMap<NodeId, String> lost = new TreeMap<>();
        for (NodeId owner : picture.owned.keySet()) {
            if (picture.hostOf(owner).isEmpty() && Fate.of(owner, picture) instanceof Fate.Proven proof
                && Promote.candidate(owner, picture).isEmpty()) {
                lost.put(owner, proof.words());
            }
        }
        return lost;
    }

    private Optional<Work> give(String key, Orphaned orphaned, int kinds, Picture picture, List<Wait> waits) {
        long waited = picture.observation.waitedMs(key);
        String what = orphaned.slots().size() + " slots (" + orphaned.slots() + "): " + orphaned.why();
        if (waited < orphaned.graceMs()) {
            waits.add(new Wait(key, what + "; they stay as they are for " + orphaned.graceMs() / 1000 + " s"));
            return Optional.empty();
        }
        int missing = missingMasters(picture);
        List<Host> empties = Attach.empties(picture);
        if (missing > 0 && empties.isEmpty() && waited < orphaned.graceMs() + REPLACEMENT_MS) {
            waits.add(new Wait(key, what + "; they wait for a blank node to become their master"));
            return Optional.empty();
        }
        int pieces = missing > 0 && !empties.isEmpty() ? Math.max(1, Math.min(missing / kinds, empties.size())) : 1;
        SlotSet slots = orphaned.slots().split(pieces).getFirst();
        Optional<Host> taker = missing > 0 && !empties.isEmpty() ? Optional.of(empties.getFirst())
            : picture.liveOwners().stream().filter(h -> !h.isLeaving())
                .min(Comparator.<Host>comparingInt(h -> picture.slotsOf(h.id()).size()).thenComparing(Host::id));
        if (taker.isEmpty()) {
            waits.add(new Wait(key, what + "; no live master could take them"));
            return Optional.empty();
        }
        Host node = taker.get();
        if (picture.observation.sentWithin("take " + node.id(), SETTLE_MS)) {
            waits.add(new Wait(key, what + "; " + node + " is taking them"));
            return Optional.empty();
        }
        Optional<NodeId> from = donor(node);
        if (from.isEmpty()) {
            waits.add(new Wait(key, what + "; " + node + " knows no other master yet"));
            return Optional.empty();
        }
        SlotSet held = node.table().roster().lines().values().stream().map(ClusterNode::slots).reduce(SlotSet.NONE, SlotSet::plus);
        return Optional.of(new Work(
            new Action.TakeSlots(node.address(), node.id(), slots, slots.and(held), from.get()),
            what + ": " + node + " takes " + slots.size() + " of them"));
    }

    /** Any other master: SETSLOT IMPORTING wants a source, and asks nothing of it. */
    private static Optional<NodeId> donor(Host taker) {
        return taker.table().others().values().stream()
            .filter(n -> n.isMaster() && n.isIntroduced()).map(ClusterNode::id).findFirst();
    }

    /** How many of the masters that are asked for have no slots, or are dead with all their copies. */
    static int missingMasters(Picture picture) {
        int wanted = picture.observation.asked().map(Asked::masters).orElse(0);
        return Math.max(0, wanted - (picture.owned.size() - lostShards(picture).size()));
    }

    /** Blank nodes that {@link Attach} leaves alone, because slots wait for a master. */
    static int reserved(Picture picture) {
        boolean waiting = !picture.unclaimed.isEmpty() || !lostShards(picture).isEmpty();
        return waiting ? missingMasters(picture) : 0;
    }
}
