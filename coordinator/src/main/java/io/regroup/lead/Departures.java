package io.regroup.lead;

import io.regroup.lead.Chronicle.Entry;
import io.regroup.model.Heard;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The pods that are leaving: what each still holds, how long it may take, and what was lost with one that had to end before it was empty.
 * Like {@link Leader} it is called from one thread and has no clock.
 */
public final class Departures {

    /** A hand-over takes less: then there is nothing to tell. In ms. */
    private static final long PASSING_MS = 1500;
    /** How often one that goes on is told at most, in ms; of a long grace period a tenth. */
    private static final long TELL_MS = 10_000;
    /** How soon the API server is asked again for a grace period that it did not tell, in ms. */
    private static final long ASK_AGAIN_MS = 5000;
    /** A pod may end this much before its time: seconds are rounded, and clocks differ. In ms. */
    private static final long ROUNDING_MS = 3000;

    /**
     * One pod that leaves.
     *
     * @param slots that are still its own
     * @param keys  that it had when it was heard last
     * @param grace how much of its grace period is left, in ms; absent while that is not known
     */
    public record Departure(Pod pod, SlotSet slots, long keys, Optional<Long> grace) {

        /** For the status, the log and events. */
        public String words() {
            return (slots.isEmpty() ? "holds nothing that others need" : "still holds " + holding(slots, keys))
                + grace.map(ms -> ms > 0 ? ", and has " + (ms + 999) / 1000 + " s left" : ", and its grace period is over").orElse("");
        }
    }

    /** What is remembered of one. */
    private static final class Leaving {
        private final long since;
        private Pod pod;
        private Optional<NodeId> node = Optional.empty();
        private SlotSet slots = SlotSet.NONE;
        private long keys;
        private Optional<Long> deadline = Optional.empty();
        private Optional<Long> askedAt = Optional.empty();
        private Optional<Long> endedAt = Optional.empty();
        private Optional<Long> toldAt = Optional.empty();
        private boolean warned;

        private Leaving(long since) {
            this.since = since;
        }

        private void heard(Report report) {
            pod = report.pod();
            if (report.state() instanceof Answering answering) {
                node = Optional.of(answering.table().myself().id());
                slots = answering.table().myself().slots();
                keys = answering.facts().keys();
            }
        }

        private Optional<Long> grace(long now) {
            return deadline.map(at -> Math.max(0, at - now));
        }
    }

    private final SortedMap<String, Leaving> leaving = new TreeMap<>();

    /** What is new since the last time. @param needed how long it will be until all slots have moved that are to, in ms, if that is known */
    public List<Entry> look(Observation observation, Optional<Long> needed) {
        List<Entry> entries = new ArrayList<>();
        List<String> members = observation.view().members();
        members.forEach(member -> take(member, observation));
        boolean isDeletion = observation.asked().filter(asked -> asked.nodes() == 0).isPresent();
        boolean allHeard = members.stream().allMatch(member -> observation.fresh(member).isPresent());
        for (Iterator<Leaving> each = leaving.values().iterator(); each.hasNext();) {
            Leaving one = each.next();
            if (members.contains(one.pod.name())) {
                one.endedAt = Optional.empty();
                progress(one, observation.now(), needed).ifPresent(entries::add);
                continue;
            }
            one.endedAt = one.endedAt.or(() -> Optional.of(observation.now()));
            // In a new view any of them may show that it has what this one had. And who has a copy goes on with it, or ends too.
            SlotSet lost = isDeletion ? SlotSet.NONE : one.slots.minus(ownedByOthers(one, observation));
            if (allHeard && (lost.isEmpty() || !isCopied(one, observation))) {
                loss(one, lost).ifPresent(entries::add);
                each.remove();
            }
        }
        return entries;
    }

    private void take(String member, Observation observation) {
        Heard heard = observation.heard().get(member);
        if (heard == null) {
            return;
        }
        if (heard.report().leaving()) {
            leaving.computeIfAbsent(member, name -> new Leaving(observation.now())).heard(heard.report());
        } else {
            leaving.remove(member);   // The next pod of a StatefulSet has the name of the last.
        }
    }

    private static Optional<Entry> progress(Leaving one, long now, Optional<Long> needed) {
        if (one.slots.isEmpty() || now - one.since < PASSING_MS) {
            return Optional.empty();
        }
        Optional<Long> grace = one.grace(now);
        boolean late = grace.isPresent() && needed.isPresent() && needed.get() > grace.get();
        if (late && !one.warned && now - one.since >= TELL_MS / 2) {
            one.warned = true;
            one.toldAt = Optional.of(now);
            return Optional.of(new Entry(true, "LeavesTooEarly", one.pod.name() + " " + departure(one, now).words() + "; at this pace it needs "
                + (needed.get() + 999) / 1000 + " s: what has not moved by then and has no other copy is lost", Optional.of(one.pod)));
        }
        long every = Math.max(TELL_MS, grace.orElse(0L) / 10);
        if (one.toldAt.filter(at -> now - at < every).isPresent()) {
            return Optional.empty();
        }
        one.toldAt = Optional.of(now);
        return Optional.of(new Entry(false, "Leaving", one.pod.name() + " " + departure(one, now).words()
            + needed.map(ms -> "; at this pace it needs " + (ms + 999) / 1000 + " s").orElse(""), Optional.of(one.pod)));
    }

    /** @param lost what no master took, and no replica has a copy of */
    private static Optional<Entry> loss(Leaving one, SlotSet lost) {
        if (lost.isEmpty()) {
            return Optional.empty();
        }
        String why = one.endedAt.flatMap(one::grace).filter(left -> left > ROUNDING_MS).map(left -> (left + 999) / 1000 + " s before its grace period was over")
            .orElse("when its grace period was over: give it a longer terminationGracePeriodSeconds");
        return Optional.of(new Entry(true, "LeftWithSlots", one.pod.name() + " ended with " + holding(lost, one.keys)
            + " that had not moved, and no copy of them is left; it ended " + why, Optional.of(one.pod)));
    }

    /** By what those say of themselves. */
    private static SlotSet ownedByOthers(Leaving one, Observation observation) {
        SlotSet.Builder slots = new SlotSet.Builder();
        othersThan(one, observation).forEach(other -> slots.add(other.table().myself().slots()));
        return slots.built();
    }

    /** Whether a replica is here that is to be promoted in its place. */
    private static boolean isCopied(Leaving one, Observation observation) {
        return othersThan(one, observation).anyMatch(other -> other.facts().synced() && other.table().myself().master().isPresent()
            && other.table().myself().master().equals(one.node));
    }

    private static Stream<Answering> othersThan(Leaving one, Observation observation) {
        return observation.heard().entrySet().stream().filter(heard -> !heard.getKey().equals(one.pod.name()))
            .map(heard -> heard.getValue().report().state()).filter(Answering.class::isInstance).map(Answering.class::cast);
    }

    private static String holding(SlotSet slots, long keys) {
        return slots.size() + " slots (" + slots + ") with about " + keys + " keys";
    }

    private static Departure departure(Leaving one, long now) {
        return new Departure(one.pod, one.slots, one.keys, one.grace(now));
    }

    /** All that leave now. */
    public List<Departure> now(long now) {
        return leaving.values().stream().filter(one -> one.endedAt.isEmpty()).map(one -> departure(one, now)).toList();
    }

    /** Whose grace period is to be asked for: each only once in {@link #ASK_AGAIN_MS}. */
    public SortedMap<String, Pod> unasked(long now) {
        SortedMap<String, Pod> pods = new TreeMap<>();
        leaving.forEach((name, one) -> {
            if (one.endedAt.isEmpty() && one.deadline.isEmpty() && one.askedAt.filter(at -> now - at < ASK_AGAIN_MS).isEmpty()) {
                one.askedAt = Optional.of(now);
                pods.put(name, one.pod);
            }
        });
        return pods;
    }

    /** @param left how long the pod may still run, in ms */
    public void onGrace(String member, long left, long now) {
        Optional.ofNullable(leaving.get(member)).ifPresent(one -> one.deadline = Optional.of(now + left));
    }
}
