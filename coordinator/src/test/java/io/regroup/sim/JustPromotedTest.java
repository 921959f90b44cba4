package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Asked;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An operator types FAILOVER, and the pod of the new master is killed as soon as the former one is its replica. That one has all data. But its member, which
 * looked at its server once a second, had not seen the link, and is sure only of what it has seen linked that it is a copy: nobody was promoted, and the shard
 * took no writes until Redis elected somebody itself.
 */
class JustPromotedTest {

    private static final long LINKED_MS = 2000;
    /** Of the link: members ask their servers so often. */
    private static final long SEEN_MS = 150;
    /** Less than the node timeout: before that Redis does not miss anybody. */
    private static final long PROMOTED_MS = 1500;
    private static final long WHOLE_MS = 40_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void itsFormerMasterTakesItsPlaceAtOnce(long seed) {
        World world = new World(seed, new Asked(6, 1), new Tamper(), null);
        Course course = Course.formed(world);
        Pod heir = world.pods().stream().filter(pod -> pod.redis().orElseThrow().myself.isReplica()).findFirst().orElseThrow();
        SimRedis replica = heir.redis().orElseThrow();
        SimRedis former = world.servers().stream().filter(server -> server.id().equals(replica.myself.slaveof.id)).findFirst().orElseThrow();
        world.rules.onOperator(replica, List.of("CLUSTER", "FAILOVER"));
        course.until("its replica", LINKED_MS, () -> former.myself.isReplica() && former.replication.isUp() ? Optional.empty() : Optional.of("not linked"));
        course.pass(SEEN_MS);
        world.kube.kill(heir);
        assertThat(course.until("promoted", PROMOTED_MS, () -> former.myself.isMaster() ? Optional.empty() : Optional.of(former + " is a replica"))).isPositive();
        assertThat(course.until("whole again", WHOLE_MS)).isPositive();
        assertThat(world.ledger.lostByCrash() + world.ledger.lostByLag()).isZero();
    }
}
