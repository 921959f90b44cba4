package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.Atomic;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.redis.NodesText;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ElectionRuleTest {

    private static final String MASTER = "a".repeat(40) + " 10.0.0.1:6379@16379 %s - 0 0 1 connected 0-16383\n";
    private static final String REPLICA = "b".repeat(40) + " 10.0.0.2:6379@16379 %sslave%s " + "a".repeat(40) + " 0 0 1 connected\n";

    private static Optional<Boolean> ofReplica(boolean synced, boolean mayNot) {
        return of(String.format(MASTER, "master") + replica(mayNot), false, synced, 0, 0);
    }

    private static Optional<Boolean> ofReplicaBehind(long behindMs, boolean mayNot) {
        return of(String.format(MASTER, "master,fail") + replica(mayNot), false, true, 20_000, behindMs);
    }

    private static Optional<Boolean> ofReplicaOfFailed(boolean linkUp, long quietMs, boolean mayNot) {
        return of(String.format(MASTER, "master,fail") + replica(mayNot), linkUp, true, quietMs, 0);
    }

    private static Optional<Boolean> ofMaster(String more) {
        return of(String.format(MASTER, "myself,master" + more), false, false, 0, 0);
    }

    private static String replica(boolean mayNot) {
        return String.format(REPLICA, "myself,", mayNot ? ",nofailover" : "");
    }

    private static Optional<Boolean> of(String nodes, boolean linkUp, boolean synced, long quietMs, long behindMs) {
        return ElectionRule.toBeSaid(new Answering(NodesText.parse(nodes),
            new ServerFacts(true, 1, 0, linkUp, synced, Optional.<Address>empty(), 0, 0, "7.0.15", SlotSet.NONE, quietMs, behindMs, 0, Atomic.NONE,
                Optional.empty())));
    }

    @Test
    void aReplicaWithoutItsMastersDataIsToldOnceThatItMayNot() {
        assertThat(ofReplica(false, false)).contains(false);
        assertThat(ofReplica(false, true)).isEmpty();
    }

    @Test
    void andThatItMayOnceItHasThem() {
        assertThat(ofReplica(true, true)).contains(true);
        assertThat(ofReplica(true, false)).isEmpty();
    }

    @Test
    void aMasterMayBe() {
        assertThat(ofMaster("")).isEmpty();
        assertThat(ofMaster(",nofailover")).contains(true);
    }

    /** TwoMajoritiesTest: with the votes of its last election it would be one again as soon as it is in sync. */
    @Test
    void norMayOneThatCallsItsMasterFailedAndHearsIt() {
        assertThat(ofReplicaOfFailed(true, 1000, false)).contains(false);
        assertThat(ofReplicaOfFailed(true, 1000, true)).isEmpty();
        assertThat(ofReplicaOfFailed(true, 2000, true)).as("nothing has come for longer than it takes").contains(true);
        assertThat(ofReplicaOfFailed(false, 0, true)).as("the link is lost").contains(true);
    }

    /** LeftBehindTest: its master, which may come back, has taken writes since. */
    @Test
    void norOneThatItsMasterHasGoneOnWithout() {
        assertThat(ofReplicaBehind(3000, false)).as("a ping a second, counted in whole seconds").isEmpty();
        assertThat(ofReplicaBehind(3001, false)).contains(false);
        assertThat(ofReplicaBehind(2001, true)).as("it is counted in whole seconds, and goes up and down by one").isEmpty();
        assertThat(ofReplicaBehind(2000, true)).as("it is linked again").contains(true);
    }
}
