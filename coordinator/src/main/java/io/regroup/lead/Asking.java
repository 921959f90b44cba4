package io.regroup.lead;

import io.regroup.model.Rounds;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whom the leader has asked to report, in which round, and when. Each question opens a round, which the answer echoes. */
final class Asking {

    private Rounds rounds;
    /** When all were asked last, when anybody was, and when each was that was asked since all were. */
    private long allAt;
    private long lastAt;
    private final SortedMap<String, Long> aloneAt = new TreeMap<>();
    private final List<Effect> asks = new ArrayList<>();

    Asking(Rounds rounds) {
        this.rounds = rounds;
    }

    void all(long now) {
        rounds = rounds.next();
        allAt = now;
        aloneAt.clear();
        asks.clear();
        ask(new TreeSet<>(), now);
    }

    void only(SortedSet<String> members, long now) {
        rounds = rounds.next(members);
        members.forEach(member -> aloneAt.put(member, now));
        ask(members, now);
    }

    private void ask(SortedSet<String> members, long now) {
        lastAt = now;
        asks.add(new Effect.Ask(rounds.last(), members));
    }

    /** What is to be sent now. */
    List<Effect> take() {
        List<Effect> taken = List.copyOf(asks);
        asks.clear();
        return taken;
    }

    Rounds rounds() {
        return rounds;
    }

    /** How long ago all were asked, in ms. */
    long sinceAll(long now) {
        return now - allAt;
    }

    /** How long ago anybody was asked, in ms. */
    long sinceLast(long now) {
        return now - lastAt;
    }

    /** How long ago this one was asked, alone or with all, in ms. */
    long since(String member, long now) {
        return now - Math.max(allAt, aloneAt.getOrDefault(member, allAt));
    }
}
