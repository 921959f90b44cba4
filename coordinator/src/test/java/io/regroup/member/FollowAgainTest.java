package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.Atomic;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.redis.NodesText;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FollowAgainTest {

    private static final String ITSELF = "b".repeat(40);
    private static final String MASTER = "a".repeat(40) + " 10.0.0.1:6379@16379 master - 0 0 5 connected 100-200\n";
    private static final String THIRD = "c".repeat(40) + " 10.0.0.3:6379@16379 master - 0 0 7 connected 0-99\n";
    private static final Address AT = new Address("10.0.0.1", 6379);
    private static final List<Command> LET = List.of(Command.mayMigrate(true));
    private static final List<Command> TAKE = List.of(Command.mayMigrate(true), Command.setSlot(100, "NODE", new NodeId(ITSELF)), Command.pauseWrites(3000));
    private static final List<Command> NOT = List.of(Command.mayMigrate(false));

    private final FollowAgain rule = new FollowAgain();
    private long life;

    @BeforeEach
    void theLeaderHasHeardItsMaster() {
        rule.epochIs(new NodeId("a".repeat(40)), 5);
    }

    private List<Command> toBeSaid(Answering state) {
        return rule.toBeSaid(state, life);
    }

    private static Answering astray(String slots, String... others) {
        return of(ITSELF + " 10.0.0.2:6379@16379 myself,master - 0 0 4 connected" + slots + "\n" + String.join("", others), Optional.of(AT));
    }

    private static Answering replica() {
        return of(ITSELF + " 10.0.0.2:6379@16379 myself,slave " + "a".repeat(40) + " 0 0 5 connected\n" + MASTER + THIRD, Optional.of(AT));
    }

    private static Answering of(String nodes, Optional<Address> masterAt) {
        return new Answering(NodesText.parse(nodes),
            new ServerFacts(true, 7, 0, true, true, masterAt, 0, 0, "8.0.2", SlotSet.NONE, 0, 0, 0, Atomic.NONE, true, Optional.empty()));
    }

    @Test
    void whoIsSeenTwiceTakesASlotOfItsMastersAndLosesItAsAReplica() {
        assertThat(toBeSaid(astray("", MASTER, THIRD))).as("it may just be becoming a replica").isEmpty();
        assertThat(toBeSaid(astray("", MASTER, THIRD))).isEqualTo(LET);
        assertThat(toBeSaid(astray("", MASTER, THIRD))).as("it has not been carried out").isEqualTo(LET);
        rule.said(LET);
        assertThat(toBeSaid(astray("", MASTER, THIRD))).isEqualTo(TAKE);
        rule.said(TAKE);
        assertThat(toBeSaid(astray(" 100", MASTER, THIRD))).as("it has one").isEmpty();
        List<Command> end = List.of(Command.mayMigrate(false), Command.unpause());
        assertThat(toBeSaid(replica())).isEqualTo(end);
        assertThat(toBeSaid(replica())).as("what was not carried out is said again").isEqualTo(end);
        rule.said(end);
        assertThat(toBeSaid(replica())).isEmpty();
    }

    /** With another's epoch it could get a new one while it has the slot, and all would believe it: seed 18371, with more faults. */
    @Test
    void itHasAnEpochOfItsOwnFirst() {
        let();
        assertThat(toBeSaid(astray("", MASTER, THIRD.replace(" 7 connected", " 4 connected")))).containsExactly(Command.bumpEpoch());
        assertThat(toBeSaid(of(ITSELF + " 10.0.0.2:6379@16379 myself,master - 0 0 0 connected\n" + MASTER, Optional.of(AT)))).containsExactly(Command.bumpEpoch());
        assertThat(toBeSaid(astray("", MASTER, THIRD))).isEqualTo(TAKE);
    }

    @Test
    void whatItImportsIsClosedFirst() {
        let();
        assertThat(toBeSaid(astray(" [100-<-" + "a".repeat(40) + "] [150-<-" + "a".repeat(40) + "]", MASTER, THIRD)))
            .containsExactly(Command.stable(100), Command.stable(150));
    }

    /** Seed 2395, with more faults: it lost the slot with its keys, and followed nobody. */
    @Test
    void whoIsStartedAgainIsToldAgain() {
        let();
        life++;
        assertThat(toBeSaid(astray("", MASTER, THIRD))).isEqualTo(LET);
        rule.said(LET);
        assertThat(toBeSaid(astray("", MASTER, THIRD))).isEqualTo(TAKE);
    }

    private void let() {
        toBeSaid(astray("", MASTER, THIRD));
        toBeSaid(astray("", MASTER, THIRD));
        rule.said(LET);
    }

    @Test
    void theCoordinatorBeforeMayHaveEndedInBetween() {
        assertThat(toBeSaid(replica())).isEqualTo(NOT);
    }

    @Test
    void whatCopiesNobodyTakesNone() {
        rule.said(NOT);
        for (int i = 0; i < 2; i++) {
            assertThat(toBeSaid(of(ITSELF + " 10.0.0.2:6379@16379 myself,master - 0 0 4 connected\n" + MASTER, Optional.empty()))).isEmpty();
        }
    }

    /** Its master would believe it. Seed 286354, with more faults: in its table it had the epoch of a stranger that had been at its address. */
    @Test
    void whoHasAHigherEpochThanItsMasterTakesNone() {
        rule.epochIs(new NodeId("a".repeat(40)), 4);
        staysWithout(MASTER);
        staysWithout(MASTER.replace(" 5 connected", " 41 connected"));
        rule.epochIs(new NodeId("c".repeat(40)), 7);
        staysWithout(MASTER);
    }

    @Test
    void whoseMasterHasNoSlotTakesNone() {
        staysWithout(MASTER.replace(" 100-200", ""));
    }

    @Test
    void ofAReplicaItTakesNone() {
        staysWithout(MASTER.replace("master -", "slave " + "c".repeat(40)).replace(" 100-200", ""));
    }

    @Test
    void whereNobodyIsKnownAtThatAddressItTakesNone() {
        staysWithout(MASTER.replace("10.0.0.1", "10.0.0.9"));
    }

    @Test
    void norWhereTwoAre() {
        staysWithout(MASTER + MASTER.replace("a".repeat(40), "d".repeat(40)));
    }

    private void staysWithout(String master) {
        let();
        for (int i = 0; i < 3; i++) {
            assertThat(toBeSaid(astray("", master, THIRD))).isEmpty();
        }
    }
}
