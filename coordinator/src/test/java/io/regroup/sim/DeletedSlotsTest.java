package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.model.SlotSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Seed 7440: a master ends with its data, and before it is replaced an operator deletes slots from its replica's table. The replica takes the others over
 * and is given these right after. What it had not received of them is lost in the lag of replication, as it is of the others, and not given away.
 */
class DeletedSlotsTest {

    private static final long WRITE_MS = 2000;
    private static final long LAG_MS = 400;
    private static final long WHOLE_MS = 40_000;
    private static final SlotSet DELETED = SlotSet.range(0, 1900);

    @Test
    void whatTheReplicaHadNotReceivedOfThemIsLostInTheLag() {
        assertThat(LongStream.rangeClosed(1, 10).map(DeletedSlotsTest::lostByLag).sum()).isPositive();
    }

    private static int lostByLag(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        Clients clients = new Clients(world);
        clients.start();
        world.mostLag = LAG_MS;
        course.pass(WRITE_MS);
        Pod master = world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.slots().containsAll(DELETED)).findFirst().orElseThrow();
        SimRedis replica = world.servers().stream().filter(server -> server.myself.slaveof != null
            && server.myself.slaveof.id.equals(master.redis().orElseThrow().id())).findFirst().orElseThrow();
        master.crashRedis(true);
        world.rules.onOperator(replica, List.of("CLUSTER", "DELSLOTSRANGE", Integer.toString(DELETED.first()), Integer.toString(DELETED.last())));
        course.until("whole again", WHOLE_MS);
        assertThat(replica.myself.slots().containsAll(DELETED)).as("seed %d", seed).isTrue();
        return world.ledger.lostByLag();
    }
}
