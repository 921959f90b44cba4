package io.regroup.member;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.Answering;
import io.regroup.plan.Command;
import java.util.List;
import java.util.Optional;

/**
 * What makes a server that copies another, and is a master by its table, that one's replica again ({@link Answering#copiesAsMaster}). Redis refuses all that
 * is there to make a replica; but whoever loses its last slot to another follows that one ({@code clusterUpdateSlotsConfigWith}). So it takes one slot of its
 * master's at its own, lower epoch, which nobody else believes, and loses it with that one's next ping. It has the data already: not a key is copied anew.
 *
 * <p>That it is lower the leader says, who has it from the master: in this server's table may be the epoch of a stranger that was at the master's address ({@code
 * clusterProcessPacket}). The master would believe the claim then, and delete the keys of that slot (seed 286354, with more faults).
 *
 * <p>{@code cluster-allow-replica-migration} has to be on for that while: without it Redis would delete the keys of that slot instead. And clients that write are
 * kept waiting there: Redis would refuse them, but Valkey take what is thrown away a moment later. One that was started again imports the slots that it has keys
 * of ({@code verifyClusterConfigWithData}), and would keep those that it takes: they are closed before. One step a look.
 */
public final class FollowAgain {

    /** In ms. It loses the slot within a ping, a second. */
    private static final long PAUSE_MS = 3000;

    /** Absent: nobody knows, for the coordinator before may have ended in between. */
    private Optional<Boolean> mayMigrate = Optional.empty();
    private boolean paused;
    private long life;
    private Optional<Told> told = Optional.empty();
    /** What the look before has shown: a server that becomes a replica between two questions of one look is no such server. */
    private Optional<Address> copied = Optional.empty();

    /** A master's epoch, by its own word; it never falls. */
    private record Told(NodeId master, long epoch) {
    }

    /**
     * What is to be sent to it, in one pipeline. Called once a look.
     *
     * @param inLife another number for each life of the server: in the next it does not know what it has been told
     */
    public List<Command> toBeSaid(Answering state, long inLife) {
        if (inLife != life) {
            life = inLife;
            mayMigrate = Optional.empty();
            paused = false;
        }
        Optional<Address> before = copied;
        copied = state.copiesAsMaster();
        if (copied.isEmpty()) {
            return mayMigrate.equals(Optional.of(false)) ? List.of()
                : paused ? List.of(Command.mayMigrate(false), Command.unpause()) : List.of(Command.mayMigrate(false));
        }
        if (!before.equals(copied)) {
            return List.of();
        }
        if (!mayMigrate.equals(Optional.of(true))) {
            return List.of(Command.mayMigrate(true));
        }
        ClusterNode myself = state.table().myself();
        Optional<ClusterNode> master = state.toFollowAgain().filter(m -> myself.slots().isEmpty());
        if (master.isPresent() && !myself.importing().isEmpty()) {
            return myself.importing().keySet().stream().map(Command::stable).toList();
        }
        if (master.isPresent() && mayCollide(state)) {
            return List.of(Command.bumpEpoch());
        }
        return master.filter(m -> told.filter(word -> word.master().equals(m.id()) && word.epoch() > myself.configEpoch()).isPresent())
            .map(m -> List.of(Command.mayMigrate(true), Command.setSlot(m.slots().first(), "NODE", myself.id()), Command.pauseWrites(PAUSE_MS))).orElse(List.of());
    }

    /** The leader has heard this master say that this is its epoch. */
    public void epochIs(NodeId master, long epoch) {
        told = Optional.of(new Told(master, epoch));
    }

    /** It has carried out all of that. */
    public void said(List<Command> commands) {
        if (commands.contains(Command.mayMigrate(true)) || commands.contains(Command.mayMigrate(false))) {
            mayMigrate = Optional.of(commands.contains(Command.mayMigrate(true)));
        }
        paused = commands.contains(Command.pauseWrites(PAUSE_MS)) || paused && !commands.contains(Command.unpause());
    }

    /** With another's epoch it may get a new one at any moment ({@code clusterHandleConfigEpochCollision}), and all would believe its claim. New ones have 0. */
    private static boolean mayCollide(Answering state) {
        long own = state.table().myself().configEpoch();
        return own == 0 || state.table().others().values().stream().anyMatch(line -> line.isMaster() && line.configEpoch() == own);
    }
}
