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

    private static final String OTHERS = "c".repeat(40) + " 10.0.0.3:6379@16379 master - 0 0 2 connected 0-1\n"
        + "d".repeat(40) + " 10.0.0.4:6379@16379 master - 0 0 3 connected 2-3\n";

    private static Optional<Boolean> ofReplica(boolean synced, boolean mayNot) {
        return of(String.format(MASTER, "master") + replica(mayNot), false, synced, 0, 0);
    }

    private static Optional<Boolean> ofReplicaBehind(long behindMs, boolean mayNot) {
        return of(String.format(MASTER, "master,fail") + OTHERS + replica(mayNot), false, true, 20_000, behindMs);
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
                true, Optional.empty())));
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

    /** PartitionsIT: the bus of a master alone was cut off, and nobody took its place as long as that lasted. */
    @Test
    void butOneThatHearsItOnItsLinkAlone() {
        String nodes = String.format(MASTER, "master,fail") + OTHERS;
        assertThat(of(nodes + replica(true), true, true, 1000, -1500)).contains(true);
        assertThat(of(nodes + replica(false), true, true, 0, -2000)).isEmpty();
        assertThat(of(nodes + replica(false), true, true, 0, -1999)).as("it has just heard it there").contains(false);
    }

    /** LeftBehindTest: its master, which may come back, has taken writes since. */
    @Test
    void norOneThatItsMasterHasGoneOnWithout() {
        assertThat(ofReplicaBehind(3000, false)).as("a ping a second, counted in whole seconds").isEmpty();
        assertThat(ofReplicaBehind(3001, false)).contains(false);
        assertThat(ofReplicaBehind(2001, true)).as("it is counted in whole seconds, and goes up and down by one").isEmpty();
        assertThat(ofReplicaBehind(2000, true)).as("what it lacks is not here yet").isEmpty();
        assertThat(of(String.format(MASTER, "master") + replica(true), true, true, 2000, 2000)).as("it is linked again").contains(true);
    }

    /** Seed 58662, with more faults: the masters had gone on behind a cut; one ended, was just starting again with its data, and its replica heard the others again. */
    @Test
    void norOneThatDoesNotHearTheMajorityOfTheMastersEither() {
        assertThat(cutOff("master,fail?", "master,fail?", false, 4000, false)).contains(false);
        assertThat(cutOff("master,fail?", "master,fail?", false, 3000, false)).as("it has just lost its link").isEmpty();
        assertThat(cutOff("master,fail", "master", false, 4000, false)).as("only its own master has ended").isEmpty();
        assertThat(cutOff("master,fail", "master", false, 20_000, true)).as("it hears the others again, and does not know what it lacks").isEmpty();
        assertThat(cutOff("master", "master", true, 0, true)).as("it is linked again").contains(true);
        assertThat(cutOff("master,fail?", "master,fail?", true, 4000, false)).as("it reads on").isEmpty();
    }

    private static Optional<Boolean> cutOff(String own, String third, boolean linkUp, long quietMs, boolean mayNot) {
        String masters = "a".repeat(40) + " 10.0.0.1:6379@16379 " + own + " - 0 0 1 connected 0-5460\n"
            + "c".repeat(40) + " 10.0.0.3:6379@16379 " + third + " - 0 0 2 connected 5461-10922\n"
            + "d".repeat(40) + " 10.0.0.4:6379@16379 master - 0 0 3 " + (third.equals("master") ? "connected" : "disconnected") + " 10923-16383\n";
        return of(masters + replica(mayNot), linkUp, true, quietMs, 0);
    }
}
