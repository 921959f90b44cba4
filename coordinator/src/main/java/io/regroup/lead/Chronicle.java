package io.regroup.lead;

import io.regroup.model.Heard;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.plan.Action;
import io.regroup.plan.Decision;
import io.regroup.plan.Outlook;
import io.regroup.plan.Standing;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What has come about and is worth an event, each once: a decision is told when the nodes themselves show that it worked. Like
 * {@link Leader} it is called from one thread and has no clock.
 */
public final class Chronicle {

    /** What does not come about within this time is told no more, in ms. */
    private static final long FORGET_MS = 60_000;
    /** While slots move for long: how often that is told, in ms. */
    private static final long MOVES_MS = 30_000;
    /** What is waited for less long than this passes by itself, as the start of the other pods does, in ms. */
    private static final long WAIT_MS = 10_000;

    /**
     * @param reason   one word in CamelCase, as Kubernetes' own events have it
     * @param sentence what happened, why, and how long it took
     * @param pod      whom it happened to, if its pod is here
     */
    public record Entry(boolean warning, String reason, String sentence, Optional<Pod> pod) {
    }

    /** Something that was decided, and how to see that it came about. */
    private record Expected(boolean warning, String reason, String sentence, Optional<NodeId> node, long begun, Predicate<Outlook> seen) {
    }

    /** By what remembers that an action was done: one that has to be sent again is still one. */
    private final SortedMap<String, Expected> expected = new TreeMap<>();
    private final SortedMap<NodeId, Long> lostAt = new TreeMap<>();
    private final SortedSet<String> toldWaits = new TreeSet<>();
    private Optional<String> remark = Optional.empty();
    private Optional<Long> movesSince = Optional.empty();
    private long movesToldAt;
    private Standing before = Standing.NONE;

    /** This is being carried out from now on. */
    public void decided(Decision decision, long now) {
        for (Action action : decision.actions()) {
            (isLoss(decision, action) ? Optional.of(lost(action, decision.reason(), now)) : expect(action, decision.reason(), now)).ifPresent(e -> expected.putIfAbsent(action.keys().getFirst(), e));
        }
    }

    /** A shard is given up: its master is forgotten, or a replica without its data goes on. */
    private static boolean isLoss(Decision decision, Action action) {
        return decision.step().equals("repair") && (action instanceof Action.Forget || action instanceof Action.Promote);
    }

    private static Expected lost(Action action, String why, long now) {
        return new Expected(true, "ShardLost", why, Optional.empty(), now, outlook -> switch (action) {
            case Action.Forget forget -> !outlook.standing().named().contains(forget.node());
            case Action.Promote promote -> outlook.standing().masters().contains(promote.replica());
            default -> true;
        });
    }

    private Optional<Expected> expect(Action action, String why, long now) {
        return Optional.ofNullable(switch (action) {
            case Action.Bootstrap bootstrap -> new Expected(false, "Bootstrapped", "the cluster of " + bootstrap.founders().size()
                + " nodes is built and whole", Optional.empty(), now, outlook -> outlook.pending().isEmpty());
            case Action.Promote promote -> promoted(promote, why, now);
            case Action.Forget forget -> new Expected(false, "Forgotten", "no table names " + forget.node().brief() + " any more: " + why,
                Optional.empty(), now, outlook -> !outlook.standing().named().contains(forget.node()));
            case Action.Replicate replicate -> new Expected(false, "Attached", replicate.replica().brief() + " is a replica in sync of "
                + replicate.master().brief(), Optional.of(replicate.replica()), now,
                outlook -> replicate.master().equals(outlook.standing().replicas().get(replicate.replica())));
            case Action.TakeSlots take -> new Expected(true, "SlotsReassigned", why, Optional.of(take.taker()), now,
                outlook -> outlook.standing().unowned().and(take.slots()).isEmpty());
            default -> null;
        });
    }

    private Expected promoted(Action.Promote promote, String why, long now) {
        boolean planned = promote.how() == Action.Promotion.HANDOVER;
        return new Expected(false, planned ? "HandedOver" : "Promoted", why, Optional.of(promote.replica()),
            planned ? now : lostAt.getOrDefault(promote.master(), now),
            outlook -> outlook.standing().masters().contains(promote.replica()));
    }

    /** What is new since the last time. */
    public List<Entry> look(Observation observation, Outlook outlook) {
        long now = observation.now();
        Standing standing = outlook.standing();
        before.masters().stream().filter(id -> !standing.masters().contains(id)).forEach(id -> lostAt.putIfAbsent(id, now));
        lostAt.keySet().removeAll(standing.masters());
        lostAt.values().removeIf(at -> now - at > FORGET_MS);
        before = standing;
        List<Entry> entries = new ArrayList<>();
        for (Iterator<Expected> each = expected.values().iterator(); each.hasNext();) {
            Expected next = each.next();
            if (next.seen().test(outlook)) {
                entries.add(new Entry(next.warning(), next.reason(), next.sentence() + "; done after " + (now - next.begun()) + " ms",
                    next.node().flatMap(id -> podOf(id, observation))));
                each.remove();
            } else if (now - next.begun() > FORGET_MS) {
                each.remove();
            }
        }
        if (!outlook.remark().equals(remark)) {
            remark = outlook.remark();
            remark.ifPresent(words -> entries.add(new Entry(true, "TooFewNodes", words, Optional.empty())));
        }
        entries.addAll(moves(outlook, now));
        entries.addAll(waits(observation, outlook.decision()));
        return entries;
    }

    /** Slots begin to move, go on for long, and all have their parts. */
    private List<Entry> moves(Outlook outlook, long now) {
        if (outlook.toMove() == 0) {
            List<Entry> done = movesSince.map(since -> new Entry(false, "Rebalanced", "every master has its part of the slots; done after "
                + (now - since) + " ms", Optional.<Pod>empty())).stream().toList();
            movesSince = Optional.empty();
            return done;
        }
        boolean begins = outlook.decision().step().equals("rebalance") && movesSince.isEmpty();
        if (!begins && movesSince.filter(since -> now - movesToldAt >= MOVES_MS).isEmpty()) {
            return List.of();
        }
        movesSince = movesSince.or(() -> Optional.of(now));
        movesToldAt = now;
        return List.of(new Entry(false, "Rebalancing", outlook.toMove() + " slots are to move"
            + (begins ? ": " + outlook.decision().reason() : " still, after " + (now - movesSince.get()) / 1000 + " s"), Optional.empty()));
    }

    private List<Entry> waits(Observation observation, Decision decision) {
        List<Entry> entries = new ArrayList<>();
        SortedSet<String> keys = new TreeSet<>();
        for (Decision.Wait wait : decision.waits()) {
            keys.add(wait.key());
            if (observation.waitedMs(wait.key()) >= WAIT_MS && toldWaits.add(wait.key())) {
                entries.add(new Entry(true, "Waiting", wait.reason(), Optional.empty()));
            }
        }
        toldWaits.retainAll(keys);
        return entries;
    }

    private static Optional<Pod> podOf(NodeId id, Observation observation) {
        return observation.heard().values().stream().map(Heard::report)
            .filter(r -> r.state() instanceof Answering a && a.table().myself().id().equals(id)).map(r -> r.pod()).findFirst();
    }
}
