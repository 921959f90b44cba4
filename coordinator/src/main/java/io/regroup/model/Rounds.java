package io.regroup.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Which of the leader's rounds a report has to answer to be used. A round that asks all makes every report before it old; one that
 * asks only some makes theirs old: who was not asked has nothing to do with what has happened since.
 *
 * @param least for every member: what answers an earlier round predates the leader's last action (or pause), or answers another leader
 * @param last  the latest round
 * @param later members of which a round later than {@code least} is wanted, with that
 */
public record Rounds(long least, long last, SortedMap<String, Long> later) {

    public Rounds {
        later = Collections.unmodifiableSortedMap(new TreeMap<>(later));
    }

    /** The first round, which asks all. */
    public static Rounds from(long first) {
        return new Rounds(first, first, new TreeMap<>());
    }

    /** One more round, of all. */
    public Rounds next() {
        return from(last + 1);
    }

    /** One more round, of these. */
    public Rounds next(SortedSet<String> members) {
        SortedMap<String, Long> wanted = new TreeMap<>(later);
        members.forEach(member -> wanted.put(member, last + 1));
        return new Rounds(least, last + 1, wanted);
    }

    /** Whether this member's report may be used that answers this round. */
    public boolean admit(String member, long round) {
        return round >= later.getOrDefault(member, least) && round <= last;
    }
}
