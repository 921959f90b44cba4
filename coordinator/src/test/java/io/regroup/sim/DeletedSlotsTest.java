package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.model.SlotSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator deletes slots from the table of one server. */
class DeletedSlotsTest {

    private static final long WRITE_MS = 2000;
    private static final long LAG_MS = 400;
    /** Less than it takes until they are given back. */
    private static final long DELETED_MS = 700;
    private static final long PROMOTED_MS = 5000;
    private static final long LOST_MS = 15_000;
    private static final long WHOLE_MS = 40_000;
    private static final SlotSet DELETED = SlotSet.range(0, 1900);

    /**
     * Seed 7440: a master ends with its data, and before it is replaced an operator deletes slots from its replica's table. The replica takes the others over
     * and is given these right after. What it had not received of them is lost in the lag of replication, as it is of the others, and not given away.
     */
    @Test
    void whatTheReplicaHadNotReceivedOfThemIsLostInTheLag() {
        assertThat(LongStream.rangeClosed(1, 10).map(DeletedSlotsTest::lostByLag).sum()).isPositive();
    }

    /**
     * Seed 337105: an operator deletes slots from a master's own table. It ends with its data, and the replica that was promoted is lost at once. What its
     * volume does not claim it takes by its keys as soon as it starts again.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void theFormerMasterGoesOnWithThemByItsKeys(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.written(world);
        Pod master = masterOf(world);
        Pod replica = world.replicasOf(master).getFirst();
        int keys = master.redis().orElseThrow().data().size();
        delete(world, master.redis().orElseThrow());
        course.pass(DELETED_MS);
        master.crashRedis(true);
        for (long end = world.now() + PROMOTED_MS; !isKnownToHaveThem(replica.redis().orElseThrow(), world) && world.now() < end;) {
            world.timeline.step();
        }
        assertThat(isKnownToHaveThem(replica.redis().orElseThrow(), world)).isTrue();
        world.kube.kill(replica);
        course.pass(LOST_MS);
        course.until("whole again", WHOLE_MS);
        assertThat(master.redis().orElseThrow().data().size()).isEqualTo(keys);
        assertThat(master.redis().orElseThrow().myself.slots().containsAll(DELETED)).isTrue();
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    private static boolean isKnownToHaveThem(SimRedis heir, World world) {
        return world.servers().stream().allMatch(server -> server.table.get(heir.id()).slots().containsAll(DELETED));
    }

    private static Pod masterOf(World world) {
        return world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.slots().containsAll(DELETED)).findFirst().orElseThrow();
    }

    private static void delete(World world, SimRedis server) {
        world.rules.onOperator(server, List.of("CLUSTER", "DELSLOTSRANGE", Integer.toString(DELETED.first()), Integer.toString(DELETED.last())));
    }

    private static int lostByLag(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        Clients clients = new Clients(world);
        clients.start();
        world.mostLag = LAG_MS;
        course.pass(WRITE_MS);
        Pod master = masterOf(world);
        SimRedis replica = world.replicasOf(master).getFirst().redis().orElseThrow();
        master.crashRedis(true);
        delete(world, replica);
        course.until("whole again", WHOLE_MS);
        assertThat(replica.myself.slots().containsAll(DELETED)).as("seed %d", seed).isTrue();
        return world.ledger.lostByLag();
    }
}
