package io.regroup.lead;

import io.regroup.model.Address;
import io.regroup.model.End;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.Seat;
import io.regroup.plan.Outlook;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a leader has found out of nodes and members that are not here, for as long as it is worth something, and what it tries to find out next (S3). */
final class Evidence {

    private static final long PROBE_MS = 300;
    private static final long PROVE_MS = 1000;
    /** A proof that does not hold for good is good for this long: less than a server with data waits alone at its gate. */
    private static final long PROOF_MS = 3000;
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final SortedMap<Address, Probe> probes = new TreeMap<>();
    private final SortedMap<Address, Long> probedAt = new TreeMap<>();
    /** Counts when what was found at ports before is worth nothing any more: a split that has ended since was why they were silent. */
    private long count;
    /** Where members that are away were, and nobody was for a time: by now it may be another pod's address. */
    private final SortedSet<Address> vacated = new TreeSet<>();
    private final SortedMap<String, End> ended = new TreeMap<>();
    private final SortedMap<String, Long> endedAt = new TreeMap<>();
    private long provedAt = NEVER;
    private Optional<SortedSet<String>> pods = Optional.empty();
    private SortedMap<String, Long> created = new TreeMap<>();
    private long createdAt;
    private long listedAt = NEVER;
    private final SortedSet<String> left = new TreeSet<>();

    /** It is in the view no more, as it had said. A merge that was under way may take it in once more while it ends. */
    void onLeft(String member) {
        left.add(member);
    }

    /** It does not leave: it is another pod of this name, or its container was started again. */
    void onStays(String member) {
        left.remove(member);
    }

    void onView(Collection<String> members) {
        members.forEach(ended::remove);
        dropWhatHeldForNow();
        provedAt = NEVER;
        pods = Optional.empty();
        listedAt = NEVER;
    }

    /** What held only as long as the leader looked. */
    void onPause() {
        dropWhatHeldForNow();
        pods = Optional.empty();
        created = new TreeMap<>();
    }

    /**
     * What ports showed, and with it the ends that it may have refuted: that a container had ended proves nothing where its port answers since, so
     * the word of the end does not outlive the knowledge of the port. Both are found out anew.
     */
    private void dropWhatHeldForNow() {
        count++;
        probes.clear();
        probedAt.clear();
        ended.values().removeIf(end -> !end.forGood());
    }

    /**
     * @param since of the {@link Effect.Try} that this answers
     * @return whether that was not known
     */
    boolean onProbe(Address address, Probe probe, long since) {
        if (since != count) {
            return false;
        }
        if (probe == Probe.SILENT) {
            vacated.add(address);
        }
        return probes.put(address, probe) != probe;
    }

    /** A pod that is there the whole time refuses as soon as its processes have ended. One that got the address later refuses while it starts. */
    boolean wasVacated(Address address) {
        return vacated.contains(address);
    }

    /** @return whether that was not known */
    boolean onEnded(String member, End end, long now) {
        endedAt.put(member, now);
        End before = ended.put(member, end);
        return before == null || end.forGood() && !before.forGood();
    }

    /** @return whether that was not known */
    boolean onPods(SortedMap<String, Long> listed, long now) {
        SortedSet<String> names = new TreeSet<>(listed.keySet());
        boolean isNew = !pods.equals(Optional.of(names)) || !created.equals(listed);
        pods = Optional.of(names);
        created = listed;
        createdAt = now;
        return isNew;
    }

    void expire(long now) {
        ended.entrySet().removeIf(e -> !e.getValue().forGood() && now - endedAt.get(e.getKey()) > PROOF_MS);
        if (now - createdAt > PROOF_MS) {
            pods = Optional.empty();
            created = new TreeMap<>();
        }
    }

    /** Who has just left the view is asked after at once, by what was remembered before: reports of the others are still on their way. */
    List<Effect> seekEnds(Optional<Primary> primary, Collection<String> members, long now) {
        SortedMap<String, Seat> missing = new TreeMap<>(primary.map(Primary::all).orElseGet(Collections::emptySortedMap));
        missing.keySet().removeAll(members);
        missing.keySet().removeAll(ended.keySet());
        if (missing.isEmpty()) {
            return List.of();
        }
        provedAt = now;
        // The ports answer sooner than the API server, whose word may be older than what they say.
        SortedSet<Address> ports = new TreeSet<>();
        missing.values().forEach(seat -> ports.add(seat.redis()));
        ports.forEach(address -> probedAt.put(address, now));
        return List.of(new Effect.Try(ports, count), new Effect.Prove(missing));
    }

    /** Asks after nodes and members that are gone, again while they are. */
    List<Effect> seek(Outlook outlook, long now) {
        List<Effect> effects = new ArrayList<>();
        SortedSet<Address> unsure = new TreeSet<>(outlook.unsure());
        probes.keySet().retainAll(unsure);
        vacated.retainAll(outlook.missing().values().stream().map(Seat::redis).toList());
        tryPorts(unsure, now).ifPresent(effects::add);
        outlook.primary().ifPresent(p -> {
            ended.keySet().retainAll(p.all().keySet());
            left.retainAll(p.all().keySet());
        });
        if ((outlook.podsDecide() || !outlook.orphans().isEmpty()) && now - listedAt >= PROVE_MS) {
            listedAt = now;
            effects.add(new Effect.ListPods());
        }
        if (!outlook.missing().isEmpty() && now - provedAt >= PROVE_MS) {
            provedAt = now;
            effects.add(new Effect.Prove(outlook.missing()));
        }
        return effects;
    }

    /**
     * What was found at ports is found out again, also while nothing can be decided: an action may wait long for a server that does not answer, and a
     * port that was silent before it may answer by now.
     */
    Optional<Effect> seekAgain(long now) {
        return tryPorts(probes.keySet(), now);
    }

    private Optional<Effect> tryPorts(Collection<Address> unsure, long now) {
        SortedSet<Address> ports = new TreeSet<>(unsure);
        ports.removeIf(a -> probedAt.containsKey(a) && now - probedAt.get(a) < PROBE_MS);
        ports.forEach(a -> probedAt.put(a, now));
        return ports.isEmpty() ? Optional.empty() : Optional.of(new Effect.Try(ports, count));
    }

    SortedMap<Address, Probe> probes() {
        return probes;
    }

    /** The ends that are proven, by member. */
    SortedMap<String, End> ended() {
        return ended;
    }

    /** The names of the pods that there are; empty while nobody has told. */
    Optional<SortedSet<String>> pods() {
        return pods;
    }

    /** When each of them was created, as it was told last, be it in another view; empty while nobody has told. */
    SortedMap<String, Long> created() {
        return created;
    }

    /** Members that had said that they leave, and did. */
    SortedSet<String> left() {
        return left;
    }
}
