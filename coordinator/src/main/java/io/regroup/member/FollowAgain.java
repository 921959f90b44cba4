package io.regroup.member;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.RedisState.Answering;
import io.regroup.plan.Command;
import java.util.List;
import java.util.Optional;

/**
 * What makes a server that copies another, and is a master by its table, that one's replica again ({@link Answering#copiesAsMaster}). Redis refuses all that
 * is there to make a replica; but whoever loses its last slot to another follows that one ({@code clusterUpdateSlotsConfigWith}). So it takes one slot of its
 * master's at its own, lower epoch, which nobody else believes, and loses it with that one's next ping. It has the data already: not a key is copied anew.
 *
 * <p>{@code cluster-allow-replica-migration} has to be on for that while. Without it Redis would delete the keys of that slot instead.
 */
public final class FollowAgain {

    /** The coordinator before may have ended in between. */
    private boolean mayMigrate = true;
    /** What the look before has shown: a server that becomes a replica between two questions of one look is no such server. */
    private Optional<Address> copied = Optional.empty();

    /** What is to be sent to it, as long as it is answered OK. Called once a look. */
    public List<Command> toBeSaid(Answering state) {
        Optional<Address> before = copied;
        copied = state.copiesAsMaster();
        Optional<Integer> slot = copied.filter(at -> before.equals(Optional.of(at))).flatMap(at -> slotToTake(state));
        if (slot.isPresent()) {
            mayMigrate = true;
            return List.of(Command.mayMigrate(true), Command.setSlot(slot.get(), "NODE", state.table().myself().id()));
        }
        return mayMigrate && copied.isEmpty() ? List.of(Command.mayMigrate(false)) : List.of();
    }

    /** All of that has been answered OK. */
    public void said(List<Command> commands) {
        mayMigrate &= !commands.contains(Command.mayMigrate(false));
    }

    /** Absent: it has one already, or its master would not get it back. */
    private static Optional<Integer> slotToTake(Answering state) {
        ClusterNode myself = state.table().myself();
        return state.toFollowAgain().filter(master -> myself.slots().isEmpty() && master.configEpoch() > myself.configEpoch())
            .map(master -> master.slots().first());
    }
}
