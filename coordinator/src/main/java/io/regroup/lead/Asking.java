package io.regroup.lead;

import io.regroup.model.Rounds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whom the leader has asked to report, in which round, and when; and how long they take. Each question opens a round, which the answer
 * echoes.
 */
final class Asking {

    /** How long all have to answer before they are asked anew, in ms: some may have missed the question. */
    private static final long PATIENCE_MS = 1000;
    /** The most that slow members are given. */
    private static final long MOST_PATIENCE_MS = 5000;
    /** So long it counts that a member has been slow. */
    private static final long LATELY_MS = 10_000;

    private Rounds rounds;
    /** When all were asked last, when anybody was, and when each was that was asked since all were. */
    private long allAt;
    private long lastAt;
    private final SortedMap<String, Long> aloneAt = new TreeMap<>();
    private final List<Effect> asks = new ArrayList<>();
    /** When the last rounds were begun, and the last one that each member has answered, with how long that took. */
    private final SortedMap<Long, Long> begun = new TreeMap<>();
    private final SortedMap<String, Answer> answers = new TreeMap<>();

    private record Answer(long round, long tookMs, long at) {
    }

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
        begun.put(rounds.last(), now);
        begun.values().removeIf(at -> now - at > MOST_PATIENCE_MS);
    }

    /** A member reports, and echoes this round: for the first time, or once more as it has not been asked since. */
    void onReport(String member, long round, long now) {
        Answer before = answers.get(member);
        if (begun.containsKey(round) && (before == null || before.round() < round)) {
            answers.put(member, new Answer(round, now - begun.get(round), now));
        }
    }

    /** Whoever is no member any more is not waited for. */
    void onMembers(Collection<String> members) {
        answers.keySet().retainAll(members);
    }

    /** What was asked before a pause was answered during it. */
    void onPause() {
        begun.clear();
        answers.clear();
    }

    /**
     * Whether all are to be asked anew, as not all have answered. Answers to the last round are worth nothing then, so that members which
     * have been slow lately are given half as much time again as they took: asked each second, one that takes longer is never heard.
     */
    boolean isTimeForAll(long now) {
        long slowest = slowestMs(now);
        return sinceAll(now) >= Math.clamp(slowest + slowest / 2, PATIENCE_MS, MOST_PATIENCE_MS);
    }

    /** What is to be sent now. */
    List<Effect> take() {
        List<Effect> taken = List.copyOf(asks);
        asks.clear();
        return taken;
    }

    /** How long the slowest of the members took for its last answer, in ms; who was slow while it started need not be so any more. */
    long slowestMs(long now) {
        return answers.values().stream().filter(answer -> now - answer.at() <= LATELY_MS).mapToLong(Answer::tookMs).max().orElse(0);
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
