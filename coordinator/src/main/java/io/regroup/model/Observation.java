package io.regroup.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything that a decision is made from: one immutable value.
 *
 * @param now    milliseconds of the leader's monotonic clock
 * @param rounds which reports are used
 * @param heard  the last report of each member, by name
 * @param asked  absent: nobody has told yet
 * @param probes what the leader itself finds at the ports of nodes whose member is gone
 * @param ended  members that were in a primary view and whose end is proven (S2)
 * @param pods   the pods that the API server has, by name, ended ones left out; absent: it has not been asked, or long ago
 * @param created when each pod was made, in ms of one clock for all, of whole seconds; by a list that may be of before this view, so that those which
 *               it does not name are younger than those it does. Empty: nobody has told, or long ago
 * @param left   members that said that they leave before they left: they act no more, their Redis may still run
 * @param sent   when each thing was last done (by its key): what runs is not sent again
 * @param masters of each master that has answered while this leader led, also of those that are gone
 * @param moving what moves now, aside from all else
 * @param policy what is done where no copy is left
 * @param since  since when each wait (by its key) has lasted without a break
 */
public record Observation(long now, Rounds rounds, View view, SortedMap<String, Heard> heard, Optional<Asked> asked,
                          SortedMap<Address, Probe> probes, SortedMap<String, End> ended, Optional<SortedSet<String>> pods,
                          SortedMap<String, Long> created, SortedSet<String> left,
                          SortedMap<String, Long> sent, SortedMap<String, Long> since, SortedMap<NodeId, LastAnswer> masters,
                          List<Move> moving, ShardLoss policy) {

    /** Age in ms from which a report is not used any more: members report every second. */
    public static final long STALE_MS = 2500;

    public Observation {
        heard = Collections.unmodifiableSortedMap(new TreeMap<>(heard));
        probes = Collections.unmodifiableSortedMap(new TreeMap<>(probes));
        ended = Collections.unmodifiableSortedMap(new TreeMap<>(ended));
        pods = pods.map(names -> Collections.unmodifiableSortedSet(new TreeSet<>(names)));
        created = Collections.unmodifiableSortedMap(new TreeMap<>(created));
        left = Collections.unmodifiableSortedSet(new TreeSet<>(left));
        sent = Collections.unmodifiableSortedMap(new TreeMap<>(sent));
        masters = Collections.unmodifiableSortedMap(new TreeMap<>(masters));
        moving = List.copyOf(moving);
        since = Collections.unmodifiableSortedMap(new TreeMap<>(since));
    }

    /** The member's report, if it may be used. */
    public Optional<Report> fresh(String member) {
        return Optional.ofNullable(heard.get(member))
            .filter(h -> h.isFresh(rounds, now))
            .map(Heard::report);
    }

    /** Whether this was done less than {@code withinMs} ago and its effect may still be on its way. */
    public boolean sentWithin(String key, long withinMs) {
        Long at = sent.get(key);
        return at != null && now - at < withinMs;
    }

    /** How long this wait has lasted, in ms; 0 when it is new. */
    public long waitedMs(String key) {
        Long from = since.get(key);
        return from == null ? 0 : now - from;
    }
}
