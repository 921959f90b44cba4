package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A replica hears what it said of itself before it became one, and is a master by its table ({@link
 * io.regroup.model.RedisState.Answering#copiesAsMaster}). The leader told it over and over to take the slots of which it has keys: its master's.
 */
class OwnWordTest {

    private static final long WRITE_MS = 2000;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void itFollowsItsMasterAgain(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.written(world);
        Clients clients = new Clients(world);
        clients.start();
        Pod replica = aReplica(world);
        SimRedis server = server(replica);
        Entry master = server.myself.slaveof;
        int full = server.data().size();
        server.hearItself();
        assertThat(server.myself.isMaster()).isTrue();
        course.until("whole again", WHOLE_MS);
        course.pass(WRITE_MS);
        clients.stop();
        course.pass(WRITE_MS);
        assertThat(server.myself.slaveof).isSameAs(master);
        assertThat(server.data().size()).isGreaterThanOrEqualTo(full);
        assertThat(replica.redis()).as("it has not been restarted").contains(server);
        assertThat(world.servers()).noneMatch(each -> each.mayMigrate);
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    /** Its coordinator ends, and the next one has to end what that one began. */
    @ParameterizedTest
    @ValueSource(longs = {50, 300, 600, 900, 1200, 1500, 1800})
    void itsCoordinatorIsStartedAgain(long afterMs) {
        World world = new World(afterMs, new Asked(6, 1), new Tamper(), null);
        Course course = Course.written(world);
        Pod replica = aReplica(world);
        server(replica).hearItself();
        course.pass(afterMs);
        replica.crashCoordinator();
        course.until("whole again", WHOLE_MS);
        course.pass(WRITE_MS);
        assertThat(world.servers()).noneMatch(each -> each.mayMigrate);
    }

    /** Before or after it has taken its slot. */
    @ParameterizedTest
    @ValueSource(longs = {0, 500, 1000, 1500, 2000, 2500})
    void itsMasterEndsAndAnotherReplicaIsTheHeir(long afterMs) {
        World world = new World(afterMs + 1, new Asked(9, 2), new Tamper(), null);
        Course course = Course.written(world);
        Pod replica = aReplica(world);
        SimRedis server = server(replica);
        server.hearItself();
        course.pass(afterMs);
        world.pods().stream().filter(pod -> pod.address().equals(server.replication.masterAt().orElseThrow())).findFirst().orElseThrow().crashRedis(false);
        course.until("whole again", WHOLE_MS);
        course.pass(WRITE_MS);
        assertThat(world.servers()).noneMatch(each -> each.mayMigrate);
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    /** What it has is the last copy: started again, it goes on with all of it. */
    @ParameterizedTest
    @ValueSource(longs = {0, 500, 1000, 1500, 2000, 2500})
    void itsMasterEndsAndNobodyElseHasItsData(long afterMs) {
        World world = new World(afterMs + 1, new Asked(6, 1), new Tamper(), null);
        Course course = Course.written(world);
        Pod replica = aReplica(world);
        SimRedis server = server(replica);
        Pod master = world.pods().stream().filter(pod -> pod.address().equals(server.replication.masterAt().orElseThrow())).findFirst().orElseThrow();
        int keys = server.data().size();
        assertThat(keys).isPositive();
        server.hearItself();
        course.pass(afterMs);
        master.crashRedis(false);
        course.until("whole again", WHOLE_MS);
        assertThat(world.servers()).anyMatch(each -> each.myself.isMaster() && each.data().size() == keys);
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }

    /** Valkey makes it a master of nothing, with its master's keys, and these had their slots moved there. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void onValkeyTooItFollowsItsMasterAgain(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        world.able = address -> MoveBy.MIGRATESLOTS;
        Course course = Course.written(world);
        SimRedis server = server(aReplica(world));
        Entry master = server.myself.slaveof;
        SlotSet slots = master.slots();
        server.hearItself();
        assertThat(server.replication.masterAt()).isEmpty();
        course.until("whole again", WHOLE_MS);
        course.pass(WRITE_MS);
        assertThat(server.myself.slaveof).isSameAs(master);
        assertThat(master.slots()).isEqualTo(slots);
        assertThat(world.servers()).noneMatch(each -> each.mayMigrate);
    }

    private static Pod aReplica(World world) {
        return world.pods().stream().filter(pod -> server(pod).myself.isReplica() && !world.isLedBy(pod)).findFirst().orElseThrow();
    }

    private static SimRedis server(Pod pod) {
        return pod.redis().orElseThrow();
    }
}
