package io.regroup.move;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.plan.Action;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * One move of slots, step by step: {@link #next} says what is to be sent, {@link #on} is given the answers. No I/O and no clock. Every
 * step may be repeated, and may have been done before by another leader who was cut off.
 */
public interface Transfer {

    static Transfer of(Action.MoveSlots action, MoveSettings settings) {
        return action.by() == MoveBy.MIGRATE ? new SlotMove(action.move(), action.copies(), settings)
            : new AtomicMove(action.move(), action.by(), action.copies(), AtomicMove.keysAtOnce(action.by()));
    }

    Move move();

    /** @return what is to be sent now, to all these nodes at once; empty when it is over */
    SortedMap<Address, List<Command>> next(long now);

    /** How long to wait before {@link #next} is asked, in ms. */
    default long pauseMs() {
        return 0;
    }

    /** How long the answers to what is sent now may take, in ms: whoever takes longer is gone, and nobody is to wait for it. */
    long patienceMs();

    void on(SortedMap<Address, List<Reply>> replies, long now);

    /** No new work is begun, and what stands open stays so: whoever leads next carries it on. */
    void stop();

    boolean isOver();

    /** Why it ended before all slots were moved, as a sentence. */
    Optional<String> problem();

    Progress progress();

    /** Whether a node is in both: no node may be in two moves at once. */
    default boolean touches(Transfer other) {
        return other.move().involves(move().source()) || other.move().involves(move().target());
    }
}
