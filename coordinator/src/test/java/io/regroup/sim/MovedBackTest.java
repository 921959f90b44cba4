package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Seed 323673: a replica was told to follow another master, an operator typed RESET at it before it got to that, and slots of its former master were moved to it.
 * The rules still took what it got for what it was to throw away, and the DEL that its former master sent for the last copy's end.
 */
class MovedBackTest {

    @Test
    void whatIsMovedToWhoWasResetIsACopy() {
        World world = new World(1, new Asked(6, 1), new Tamper(), null);
        Course.written(world);
        SimRedis replica = world.servers().stream().filter(server -> server.myself.isReplica()).findFirst().orElseThrow();
        SimRedis master = world.servers().stream().filter(server -> server.id().equals(replica.myself.slaveof.id)).findFirst().orElseThrow();
        int write = replica.data().writes().nextSetBit(0);
        BitSet one = new BitSet();
        one.set(write);
        world.copies.onGivenUp(replica, world.copies.spareCopies(replica));
        world.rules.onOperator(replica, List.of("CLUSTER", "RESET", "SOFT"));
        assertThat(replica.data().writes().isEmpty()).isTrue();
        replica.replication.write(write);
        master.replication.delete(write);
        assertThat(world.copies.lastCopies(one).isEmpty()).isTrue();
    }
}
