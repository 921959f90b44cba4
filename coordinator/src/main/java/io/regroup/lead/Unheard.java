package io.regroup.lead;

import io.regroup.model.Heard;
import io.regroup.model.Observation;
import io.regroup.model.View;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Members that are in the leader's view and do not answer its rounds, so long that the group itself may be at fault: JGroups' failure detection
 * hears them, and what the leader says to all does not reach them, or what they say does not reach it. Then the view is made anew.
 *
 * <p>A report that answers no round is no answer: it was sent by one that has not heard what it was asked. A slow member, whose answers are always
 * late for their round, is heard.
 *
 * <p>To make the view anew excludes nobody, so that a member which is silent for reasons of its own loses nothing by it. Where it does not help,
 * it is tried after twice as long each time. A pause of this process is nobody's silence, and neither is what was before the current view.
 */
public final class Unheard {

    /** Longer than a slow start, and than anything that the group settles by itself. */
    static final long PATIENCE_MS = 25_000;
    /** How often the patience doubles at most: to some 7 minutes. */
    static final int DOUBLINGS = 4;
    /** It is looked every second. */
    static final long PAUSE_MS = 5_000;

    private Optional<View> view = Optional.empty();
    private long lookedAt;
    private int vain;
    private final SortedMap<String, Long> rounds = new TreeMap<>();
    private final SortedMap<String, Long> answeredAt = new TreeMap<>();

    /** @return the members for whose sake the view is to be made anew; none: it is well as it is, or too early to tell */
    public SortedSet<String> look(Observation seen) {
        long now = seen.now();
        if (!view.equals(Optional.of(seen.view())) || now - lookedAt > PAUSE_MS) {
            view = Optional.of(seen.view());
            rounds.clear();
            answeredAt.clear();
            seen.view().members().forEach(member -> answeredAt.put(member, now));
        }
        lookedAt = now;
        seen.heard().forEach((member, last) -> {
            if (answers(member, last, seen)) {
                answeredAt.replace(member, now);
            }
        });
        SortedSet<String> unheard = new TreeSet<>();
        long patience = PATIENCE_MS << Math.min(vain, DOUBLINGS);
        answeredAt.forEach((member, at) -> {
            if (now - at >= patience) {
                unheard.add(member);
            }
        });
        if (!unheard.isEmpty()) {
            vain++;
            answeredAt.replaceAll((member, at) -> now);
        } else if (heardAll(seen)) {
            vain = 0;
        }
        return unheard;
    }

    private boolean answers(String member, Heard last, Observation seen) {
        Long before = rounds.put(member, last.report().round());
        return last.isFresh(seen.rounds(), seen.now()) || before != null && before < last.report().round();
    }

    private static boolean heardAll(Observation seen) {
        return seen.view().members().stream().allMatch(member ->
            seen.heard().containsKey(member) && seen.heard().get(member).isFresh(seen.rounds(), seen.now()));
    }
}
