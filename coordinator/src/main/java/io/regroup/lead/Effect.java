package io.regroup.lead;

import io.regroup.model.Address;
import io.regroup.model.Primary;
import io.regroup.model.Seat;
import io.regroup.model.View;
import io.regroup.plan.Decision;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the leader wants done in the world. Whoever does it answers with the {@code on…} methods of {@link Leader}. */
public sealed interface Effect {

    /**
     * Ask members of the view for a report that echoes this round.
     *
     * @param members empty: all of them
     */
    record Ask(long round, SortedSet<String> members) implements Effect {
        public Ask {
            members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        }
    }

    /**
     * Carry out the decision's actions, then call {@link Leader#onDone}; or, if another view has come since, nothing of it,
     * and {@link Leader#onDropped}.
     *
     * @param until how long each server may carry out what it is sent, in ms since the epoch by its own clock; those that do not tell theirs are left out
     */
    record CarryOut(Decision decision, long round, View view, SortedMap<Address, Long> until) implements Effect {
        public CarryOut {
            until = Collections.unmodifiableSortedMap(new TreeMap<>(until));
        }
    }

    /**
     * What moves ({@link io.regroup.plan.Action.MoveSlots}) is to stop after the step that is under way; {@link Leader#onMoved} is called then,
     * as when it ends by itself.
     */
    record StopMoves() implements Effect {
    }

    /**
     * Try these Redis ports, then call {@link Leader#onProbe} for each.
     *
     * @param since which evidence these belong to
     */
    record Try(SortedSet<Address> addresses, long since) implements Effect {
        public Try {
            addresses = Collections.unmodifiableSortedSet(new TreeSet<>(addresses));
        }
    }

    /** Look for proof that these members of the last primary view have ended, then call {@link Leader#onEnded} where there is. */
    record Prove(SortedMap<String, Seat> members) implements Effect {
        public Prove {
            members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        }
    }

    /** Ask which pods there are, then call {@link Leader#onPods} if that is told. */
    record ListPods() implements Effect {
    }

    /** Let members remember this view as the last primary one. @param members whom; empty: all of this view */
    record Remember(Primary primary, SortedSet<String> members) implements Effect {
    }
}
