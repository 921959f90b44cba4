package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.model.NodeFlag;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A master that is gone or leaves hands its slots to its best replica; how depends on what is known of its end (S2, S3). */
class PromoteTest {

    private static Decision promotion(Scene scene, String replica, String master, Promotion how, String reason) {
        return new Decision("promote", List.of(new Action.Promote(scene.address(replica), id(replica), id(master), how)), reason, List.of());
    }

    /** Seed 30156: a stranger came to a dead master's address, and most took its epoch for the dead one's. */
    @Test
    void whoHasTakenItsSlotsIsNotOverruledByTheEpochOfAStranger() {
        Scene scene = Scene.cluster(3, 2).master("r1").follows("r4", "m1").gone("m1").lost("m1").nowhere("m1");
        for (String who : List.of("m2", "m3", "r4")) {
            scene.stillHasOwner(who, "m1", SlotSet.range(0, 5460));
        }
        scene.showsEpoch("r4", "m1", 1).showsEpoch("m2", "m1", 999).showsEpoch("m3", "m1", 999);
        assertThat(scene.decide().actions()).noneMatch(Action.Promote.class::isInstance);
        assertThat(scene.showsEpoch("r4", "m1", 998).decide().actions()).as("those who follow it know when it was later")
            .anyMatch(Action.Promote.class::isInstance);
    }

    /** Seed 522990: the tables that had its slots with its own epoch had given them to its heir by then, and those with the stranger's had not. */
    @Test
    void norDoesItWhereTheHeirHasHeardOfThatEpochAndStillHasTheSlots() {
        Scene scene = Scene.cluster(3, 2).master("r1").follows("r4", "m1").gone("m1").lost("m1").nowhere("m1");
        for (String who : List.of("m2", "m3", "r4")) {
            scene.stillHasOwner(who, "m1", SlotSet.range(0, 5460)).showsEpoch(who, "m1", 999);
        }
        scene.stillHasOwner("r1", "m1", SlotSet.NONE);
        assertThat(scene.showsEpoch("r1", "m1", 998).decide().actions()).as("an election that the heir has not heard of")
            .anyMatch(Action.Promote.class::isInstance);
        assertThat(scene.showsEpoch("r1", "m1", 999).decide().actions()).noneMatch(Action.Promote.class::isInstance);
    }

    @Test
    void itsOwnMemberSaysThatItEnded() {
        Scene scene = Scene.cluster(3, 1).ended("m1");
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.TAKEOVER, scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (its process ended, says its own member, and the gate is closed): "
            + scene.called("r1") + " takes its place"));
    }

    /** Seeds 744039 and 750933: Redis' own election came between the question whom it follows and the TAKEOVER. */
    @Test
    void theTakeoverItselfNamesTheMasterThatHasEnded() {
        Scene scene = Scene.cluster(3, 1).ended("m1");
        Action promote = scene.decide().actions().getFirst();
        assertThat(promote.commands().get(scene.address("r1")).getFirst().words())
            .startsWith("EVAL_RO").endsWith("0", id("r1").value(), id("m1").value(), "TAKEOVER");
    }

    /** Seed 765794: the API server's word was seconds old, and a leader that was gone by then had let the container through the gate again. */
    @Test
    void thatItsContainerHadEndedProvesNothingWhereItsPortAnswers() {
        Scene scene = Scene.cluster(3, 1).gone("m1").provenForNow("m1", "container redis of pod m1 has ended");
        assertThat(scene.decide().actions()).contains(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
        assertThat(scene.probe("m1", Probe.ANSWERS).decide().actions()).noneMatch(Action.Promote.class::isInstance);
        assertThat(Planner.look(scene.observation()).unsure()).as("its port is tried on").contains(scene.address("m1"));
        assertThat(scene.probe("m1", Probe.REFUSES).decide().actions()).contains(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    /**
     * A replica ended, came back through the gate and was promoted, all within a second. Then its pod was cut off, and the API server, two
     * seconds behind, still said that its container had ended; it served on its side of the cut.
     */
    @Test
    void thatItsContainerHadEndedProvesNothingWhereItsPortIsSilent() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT).provenForNow("m1", "container redis of pod m1 has ended");
        assertThat(scene.decide().actions()).as("the others vote")
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.FORCE));
        assertThat(scene.deaf("r1").decide().actions()).as("nobody can vote").noneMatch(Action.Promote.class::isInstance);
        assertThat(Planner.look(scene.observation()).unsure()).as("its port is tried on").contains(scene.address("m1"));
        assertThat(scene.probe("m1", Probe.REFUSES).decide().actions())
            .contains(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void itWaitsAtTheGateWithItsData() {
        Scene scene = Scene.cluster(3, 1).atGate("m1").stored("m1");
        assertThat(scene.decide()).isEqualTo(new Decision("promote",
            List.of(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER)),
            scene.called("m1") + ", master of 5461 slots is dead (its process ended and waits at the gate): " + scene.called("r1")
                + " takes its place",
            List.of(new Wait("gate m1", "the gate of m1 stays closed: its replica " + scene.called("r1")
                + " has a newer copy and is promoted first"))));
    }

    @Test
    void afterARestartOfAllItStartsWithWhatIsOnItsVolume() {
        Scene scene = Scene.cluster(3, 1).atGate("m1").stored("m1").offset("r1", 1);
        assertThat(scene.decide()).isEqualTo(new Decision("permit", List.of(new Action.Permit("m1", "start-of-m1", false)),
            "nobody else owns a slot at the address of m1 (with its data)",
            List.of(new Wait("start " + id("m1"), scene.called("m1") + ", master of 5461 slots waits at its gate with its data, and its replica "
                + scene.called("r1") + " was started again itself and has nothing newer: the master starts"))));
    }

    /** Seed 869352: the master's machine was started again as its replica's was, and 100 ms later. */
    @Test
    void afterARestartOfAllItHasSomeTimeToComeBackToItsGate() {
        Action promotion = new Action.Promote(Scene.cluster(3, 1).address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        for (Scene scene : List.of(Scene.cluster(3, 1).ended("m1").stored("m1"), Scene.cluster(3, 1).gone("m1").provenForNow("m1", "its container has ended"))) {
            assertThat(scene.decide().actions()).as("its replica has all that it had").contains(promotion);
            scene.offset("r1", 1).linkDown("r1");
            assertThat(scene.decide().actions()).doesNotContain(promotion);
            assertThat(scene.decide().waits()).extracting(Wait::key).contains("start " + id("m1"));
            assertThat(scene.waited("start " + id("m1"), 5000).decide().actions()).contains(promotion);
        }
    }

    @Test
    void whoWillNotComeBackIsNotWaitedFor() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").offset("r1", 1).linkDown("r1");
        assertThat(scene.decide().step()).isEqualTo("promote");
    }

    @Test
    void theApiServerProvesThatThePodIsGone() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone");
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.TAKEOVER, scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (pod m1 is gone): " + scene.called("r1") + " takes its place"));
    }

    @Test
    void aPortThatRefusesTheLeaderAndTheReplicasPodIsProof() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.REFUSES).masterProbe("r1", Probe.REFUSES);
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.TAKEOVER, scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (its port refuses connections from the leader and from its replica's pod): "
            + scene.called("r1") + " takes its place"));
    }

    @Test
    void aPortThatRefusesTheLeaderAloneIsNoProofAndTheMastersVote() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.REFUSES).masterProbe("r1", Probe.SILENT);
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.FORCE, scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (its port refuses connections from the leader): " + scene.called("r1")
            + " takes its place if the majority of masters grants it"));
    }

    @Test
    void aPortThatRefusesAtAnAddressOfBeforeTheReplicasOwnRestartIsNoProof() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.REFUSES).masterProbe("r1", Probe.REFUSES).linkDown("r1").offset("r1", 0);
        assertThat(scene.decide().actions()).as("another pod may have that address by now, and the master serve at a new one").isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("vote " + id("m1"));
    }

    @Test
    void silenceIsNoProofAndTheMastersVote() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT);
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.FORCE, scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (its member left the group and its Redis does not answer): " + scene.called("r1")
            + " takes its place if the majority of masters grants it"));
    }

    @Test
    void noVotesAreAskedForWhereTheMajorityOfMastersIsNot() {
        Scene scene = Scene.cluster(3, 1).gone("m1").gone("m2").probe("m1", Probe.SILENT).probe("m2", Probe.SILENT);
        assertThat(scene.decide().actions()).as("they may hear each other, and take writes").isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("vote " + id("m1"), scene.calledByAddress("m1") + ", master of 5461 slots may be dead "
            + "(its member left the group and its Redis does not answer), and its replica " + scene.called("r1") + " does not hear a majority of "
            + "the masters of this view, which would have to vote for it"));
    }

    @Test
    void withoutAQuorumNotEvenVotesAreAskedFor() {
        Scene scene = Scene.cluster(3, 1).gone("m1").gone("m2").gone("m3").provenForNow("m1", "both ports of m1 refuse connections")
            .probe("m2", Probe.SILENT).probe("m3", Probe.SILENT);
        Decision decision = scene.decide();
        assertThat(decision.actions()).isEmpty();
        assertThat(decision.waits()).contains(new Wait("quorum", "this view is not primary: 3 of 6 members of the last primary "
            + "view are here, more than half is needed; missing without proof that their pods are gone: [m1, m2, m3]"));
    }

    @Test
    void aNodeWhoseCoordinatorAloneDiedIsAlive() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.ANSWERS);
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void beforeItsPortWasTriedNothingIsKnown() {
        Scene scene = Scene.cluster(3, 1).gone("m1");
        Outlook outlook = scene.look();
        String reason = scene.calledByAddress("m1") + ", master of 5461 slots: its member is not in the group and its port has not been tried yet";
        assertThat(outlook.decision()).isEqualTo(new Decision("none", List.of(), reason, List.of(new Wait("fate " + id("m1"), reason))));
        assertThat(outlook.unsure()).containsExactly(scene.address("m1"));
        assertThat(outlook.missing()).containsOnlyKeys("m1");
    }

    @Test
    void aMemberThatGetsNoAnswerProvesNothing() {
        Scene scene = Scene.cluster(3, 1).state("m1", new RedisState.Silent("time-out"));
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void theReplicaWithMostOfTheDataIsChosen() {
        Scene scene = Scene.cluster(3, 2).ended("m1").offset("r1", 90).offset("r4", 95);
        assertThat(scene.decide().actions())
            .containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("m1"), Promotion.TAKEOVER));
    }

    /** Seed 923777: the bus was cut, and a master that was being started again had what it had taken in since nowhere else. */
    @Test
    void aHandOverWaitsUntilItsHeirHasHeardOfSlotsThatAreAnothersNow() {
        Action handOver = new Action.Promote(Scene.cluster(3, 1).address("r1"), id("r1"), id("m1"), Promotion.HANDOVER);
        Scene scene = Scene.cluster(3, 1).leaving("m1");
        assertThat(scene.decide().actions()).contains(handOver);
        scene.stillHasOwner("r1", "m1", SlotSet.range(0, 6000));
        assertThat(scene.decide().actions()).doesNotContain(handOver);
        assertThat(scene.decide().waits()).extracting(Wait::reason).anyMatch(words -> words.endsWith("when they have heard that slots of it have gone to another master"));
        assertThat(scene.atGate("m2").stored("m2").decide().actions()).as("also while its owner is away").doesNotContain(handOver);
    }

    /** Seed 1172849: it had joined on the smaller side of a split and took its own master for the only voter, and the other side had elected another one. */
    @Test
    void aHandOverWaitsUntilItsHeirHearsAMajorityOfMasters() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").gone("m2").gone("m3").probe("m2", Probe.SILENT).probe("m3", Probe.SILENT);
        Action handOver = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.HANDOVER);
        assertThat(scene.decide().actions()).as("their coordinators alone may be gone").contains(handOver);
        scene.stillHasOwner("r1", "m2", SlotSet.NONE).stillHasOwner("r1", "m3", SlotSet.NONE);
        assertThat(scene.decide().actions()).as("known by gossip only").doesNotContain(handOver);
        scene.flag("m2", NodeFlag.FAIL).flag("m3", NodeFlag.FAIL);
        assertThat(scene.decide().actions()).doesNotContain(handOver);
        assertThat(scene.decide().waits()).contains(new Wait("handover " + id("m1"), scene.called("m1") + " leaves, and hands over to "
            + scene.called("r1") + " when that one hears a majority of the masters, which have to vote for it"));
    }

    /**
     * It had joined on the smaller side of a split, where its master ended: it took writes as the only master that it knew, and the other side had elected
     * another replica, with the same epoch.
     */
    @Test
    void aReplicaThatKnowsTooFewMastersTakesOverWhenItHearsOfThemOrTheirEndIsCertain() {
        Scene scene = Scene.cluster(3, 1).ended("m1").gone("m2").gone("m3").probe("m2", Probe.SILENT).probe("m3", Probe.SILENT)
            .flag("m2", NodeFlag.FAIL).flag("m3", NodeFlag.FAIL);
        Action takeover = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        assertThat(scene.decide().actions()).as("it knows that it hears too few, and takes no writes").contains(takeover);
        scene.stillHasOwner("r1", "m2", SlotSet.NONE).stillHasOwner("r1", "m3", SlotSet.NONE);
        assertThat(scene.decide().actions()).as("known by gossip only").doesNotContain(takeover);
        assertThat(scene.decide().waits()).contains(new Wait("side " + id("m1"), scene.calledByAddress("m1")
            + ", master of 5461 slots is dead (its process ended, says its own member, and the gate is closed), and its replica " + scene.called("r1")
            + " knows too few of the other masters to see that they may be the majority elsewhere: it waits until it hears of them, or their end is certain"));
        assertThat(scene.proven("m2", "pod m2 is gone").decide().actions()).as("the one that is left may be elsewhere").doesNotContain(takeover);
        assertThat(scene.proven("m3", "pod m3 is gone").decide().actions()).contains(takeover);
    }

    @Test
    void oneThatDoesNotKnowAllMastersTakesOverOnTheLargerSide() {
        Scene scene = Scene.cluster(3, 1).ended("m1").gone("m3").probe("m3", Probe.SILENT).flag("m3", NodeFlag.FAIL).stillHasOwner("r1", "m3", SlotSet.NONE);
        assertThat(scene.decide().actions()).contains(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void aMasterThatLeavesHandsOverToAReplicaThatTheOthersCanVoteFor() {
        Scene scene = Scene.cluster(3, 2).leaving("m1").deaf("r1").offset("r1", 101);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("m1"), Promotion.HANDOVER));
    }

    /** Seed 908439: the masters did not hear of the TAKEOVER and elected the other replica, with the same epoch. */
    @Test
    void ofThoseThatHaveTheSameTheOneThatTheMastersHearIsChosen() {
        Scene scene = Scene.cluster(3, 2).ended("m1").deaf("r1");
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("m1"), Promotion.TAKEOVER));
        assertThat(scene.offset("r1", 96).offset("r4", 95).decide().actions()).as("data first")
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void ofReplicasThatWereStartedAgainTheOneWithMoreKeysIsChosen() {
        Scene scene = Scene.cluster(3, 2).ended("m1").offset("r1", 0).offset("r4", 0).keys("r4", 12);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void aReplicaThatNeverFinishedASyncIsNotPromoted() {
        Scene scene = Scene.cluster(3, 1).atGate("m1").stored("m1").neverSynced("r1");
        assertThat(scene.decide()).isEqualTo(new Decision("permit", List.of(new Action.Permit("m1", "start-of-m1", false)),
            "nobody else owns a slot at the address of m1 (with its data)",
            List.of(new Wait("dead " + id("m1"), scene.called("m1") + ", master of 5461 slots is dead (its process ended and waits at the gate) "
                + "and no replica with its data is here"))));
    }

    @Test
    void whatRunsIsNotSentAgain() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT).sent("promote for " + id("m1"), 5000);
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(), scene.calledByAddress("m1") + ", master of 5461 slots: its replica "
            + scene.called("r1") + " is being promoted", List.of(new Wait("promote " + id("m1"), scene.calledByAddress("m1")
                + ", master of 5461 slots: its replica " + scene.called("r1") + " is being promoted"))));
    }

    @Test
    void whatItSentBeforeItsEndIsReadToTheEndFirst() {
        Scene scene = Scene.cluster(3, 2).ended("m1").reads("r4");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("read " + id("m1"), scene.calledByAddress("m1")
            + ", master of 5461 slots is dead, and still read by [" + scene.called("r4") + "]"));
        assertThat(scene.look().reading()).containsExactly("r4");
        assertThat(scene.waited("read " + id("m1"), Promote.READ_MS).decide().step()).as("a link may hang").isEqualTo("promote");
    }

    @Test
    void whereATableHasAnotherAddressATenantAtTheOldOneProvesNothing() {
        Scene scene = Scene.cluster(3, 1).gone("m1").blank("b1").atGate("b1").hasAtAddressOf("r2", "m1", "b1").probe("m1", Probe.SILENT);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.FORCE));
        assertThat(scene.probe("m1", Probe.ANSWERS).decide().step()).as("it lives where it is now").isNotEqualTo("promote");
    }

    /** Seed 459088: its machine was restarted, it served again at a new address, and a new pod had got the old one. */
    @Test
    void aBlankServerOfAnotherPodAtItsAddressDoesNotProveItsEnd() {
        Scene scene = Scene.cluster(3, 1).gone("m1").blank("b1").atGate("b1");
        scene.moved("m1", scene.address("b1").host());
        assertThat(scene.probe("m1", Probe.ANSWERS).decide().actions()).as("it serves where its member was seen last").isEmpty();
        assertThat(scene.probe("m1", Probe.SILENT).decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.FORCE));
        assertThat(scene.proven("m1", "pod m1 is gone").decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    /** Seed 480683: all machines had been restarted, the master served at a new address, and its member was not in the leader's view yet. */
    @Test
    void aReplicaThatWasStartedAgainItselfAsksForNoVotesWhereNothingAnswersAtTheOldAddress() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT).linkDown("r1").offset("r1", 1);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("vote " + id("m1"), scene.calledByAddress("m1") + ", master of 5461 slots may be dead "
            + "(its member left the group and its Redis does not answer), and its replica " + scene.called("r1") + " was started again itself and has "
            + "not found it since: it may serve at another address, where its coordinator is not in this view yet"));
        assertThat(scene.proven("m1", "pod m1 is gone").decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    /** It may be cut off from its master, or be refused each sync by one that cannot fork: its copy may be hours old, and TAKEOVER asks nobody. */
    @Test
    void aReplicaThatItsMasterHasGoneOnWithoutWaitsForItsMastersContainer() {
        Scene scene = Scene.cluster(3, 1).gone("m1").provenForNow("m1", "its container has ended").answered("m1", 1000);
        Action promote = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        assertThat(scene.quiet("r1", 4000).linkDown("r1").decide().actions()).as("since its master was heard last").containsExactly(promote);
        assertThat(scene.quiet("r1", 4001).decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("start " + id("m1"), scene.calledByAddress("m1") + ", master of 5461 slots has ended, and its replica "
            + scene.called("r1") + " had nothing from it in the last 3 s in which it was heard: the master has 5 s to come back with its data"));
        assertThat(scene.waited("start " + id("m1"), 5000).decide().actions()).containsExactly(promote);
    }

    /** Whoever leads: its member tells it. */
    @Test
    void soDoesOneThatHeardItsMasterOnTheBusAllTheWhile() {
        Scene scene = Scene.cluster(3, 1).gone("m1").provenForNow("m1", "its container has ended").linkDown("r1").quiet("r1", 9000);
        Action promote = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        assertThat(scene.behind("r1", 3000).decide().actions()).containsExactly(promote);
        assertThat(scene.behind("r1", 3001).decide().actions()).isEmpty();
        assertThat(scene.waited("start " + id("m1"), 5000).decide().actions()).containsExactly(promote);
    }

    /** Seed 18303: both had been cut off from each other, and whoever had led meanwhile had gone with the master's machine. */
    @Test
    void aVolumeTellsWhetherItWentOn() {
        Scene scene = Scene.cluster(3, 1).stored("m1").linkDown("r1").quiet("r1", 9000);
        assertThat(scene.atGateWritten("m1", 6000).decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
        assertThat(scene.atGateWritten("m1", 5999).decide().actions()).containsExactly(new Action.Permit("m1", "start-of-m1", false));
    }

    /** Seed 344232: its next process had not asked for a start yet, and that had been told only of those that had. */
    @Test
    void soItDoesBeforeTheNextStart() {
        Scene scene = Scene.cluster(3, 1).stored("m1").linkDown("r1").quiet("r1", 9000);
        Action promote = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        assertThat(scene.endedWritten("m1", 6000).decide().actions()).containsExactly(promote);
        assertThat(scene.endedWritten("m1", 5999).decide().actions()).isEmpty();
        assertThat(scene.waited("start " + id("m1"), 5000).decide().actions()).as("it does not come back").containsExactly(promote);
    }

    @Test
    void whereItsMastersPodIsGoneForGoodItIsPromotedAllTheSame() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").answered("m1", 1000).linkDown("r1").quiet("r1", 60_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void whoHasNotLedWhileItAnsweredDoesNotKnowWhetherItWentOn() {
        Scene scene = Scene.cluster(3, 1).gone("m1").provenForNow("m1", "its container has ended").linkDown("r1").quiet("r1", 60_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    /** Seed 236632: both had been started again, and the one that had three writes more was still reading them. */
    @Test
    void aReplicaThatWasStartedAgainItselfWaitsForOneThatIsJustStarting() {
        Scene scene = Scene.cluster(3, 2).gone("m1").proven("m1", "pod m1 is gone").linkDown("r1").offset("r1", 0).state("r4", new RedisState.Loading()).stored("r4");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("replicas start " + id("m1"), scene.calledByAddress("m1") + ", master of 5461 slots is dead "
            + "(pod m1 is gone), and its replica " + scene.called("r1") + " was started again itself and has nothing newer: " + scene.called("r4")
            + ", which may have more of its data, has 5 s to start"));
        Action promote = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
        assertThat(scene.waited("replicas start " + id("m1"), 5000).decide().actions()).containsExactly(promote);
        Scene ran = Scene.cluster(3, 2).gone("m1").proven("m1", "pod m1 is gone").state("r4", new RedisState.Loading()).stored("r4");
        assertThat(ran.decide().actions()).as("one that was there all the time has as much").containsExactly(promote);
    }

    @Test
    void oneAtATime() {
        Scene scene = Scene.cluster(3, 1).ended("m1").ended("m2");
        assertThat(scene.decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    /** Seed 401603: it had been attached while the bus was cut, and took over no slot at all. */
    @Test
    void whatTheHeirWasNeverToldItTakesAfterwards() {
        Scene scene = Scene.cluster(3, 1).ended("m1").stillHasOwner("r1", "m1", SlotSet.range(0, 99)).stillHasOwner("m2", "m1", SlotSet.range(0, 5460));
        assertThat(scene.owns("m1", SlotSet.NONE, 1).decide().actions()).containsExactly(
            new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER),
            new Action.TakeSlots(scene.address("r1"), id("r1"), SlotSet.range(100, 5460), SlotSet.NONE, id("m1")));
    }

    /**
     * Seed 300442: an operator's TAKEOVER, and an answer of before it came after the word of it; the new master's machine was gone before it said more. Its
     * replica had it as its own replica, was not believed to follow it, and was to be promoted for ever.
     */
    @Test
    void whoHasItsDeadMasterAsItsReplicaTakesItsSlotsFirst() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").stillHasReplica("r1", "m1", "r1");
        Action.Promote promote = new Action.Promote(scene.address("r1"), id("r1"), id("m1"), id("m1"), Promotion.FROM_REPLICA, SlotSet.range(0, 5460), List.of());
        assertThat(scene.decide().actions()).containsExactly(promote);
        assertThat(promote.checks()).isEmpty();
        assertThat(promote.commands().get(scene.address("r1"))).containsExactly(
            Command.addSlots(SlotSet.range(0, 5460)), Command.takeoverFromReplica(id("m1")));
        assertThat(scene.sent("promote for " + id("m1"), 10).decide().actions()).isEmpty();
    }

    /** The first half of that may have been carried out. */
    @Test
    void whatItHasTakenItDoesNotTakeAgain() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").stillHasReplica("r1", "m1", "r1").owns("r1", SlotSet.range(0, 5460), 1);
        assertThat(scene.decide().actions()).containsExactly(
            new Action.Promote(scene.address("r1"), id("r1"), id("m1"), id("m1"), Promotion.FROM_REPLICA, SlotSet.NONE, List.of()));
    }

    /** Redis asks for no votes for a master that has no slot. */
    @Test
    void nobodyIsElectedForAMasterThatItsReplicaHasAsItsReplica() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT).stillHasReplica("r1", "m1", "r1");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("vote " + id("m1"), scene.calledByAddress("m1") + ", master of 5461 slots may be dead "
            + "(its member left the group and its Redis does not answer), and its replica " + scene.called("r1") + " has it as a replica, without a slot, "
            + "for which it asks nobody's vote: it is promoted once that is certain"));
    }

    /** Seed 54724, with more faults: FORCE was sent again and again, and meanwhile all went that knew of the slots. */
    @Test
    void norForOneThatItHasNotHeardOnTheBus() {
        Scene scene = Scene.cluster(3, 1).gone("m1").probe("m1", Probe.SILENT).stillHasOwner("r1", "m1", SlotSet.NONE);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains(scene.calledByAddress("m1") + ", master of 5461 slots may be dead "
            + "(its member left the group and its Redis does not answer), and its replica " + scene.called("r1") + " has heard of no slot of it, "
            + "for which it asks nobody's vote: it is promoted once that is certain");
        assertThat(scene.proven("m1", "pod m1 is gone").decide().actions()).containsExactly(
            new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER),
            new Action.TakeSlots(scene.address("r1"), id("r1"), SlotSet.range(0, 5460), SlotSet.NONE, id("m1")));
    }

    /** S4, seed 200012: votes would be asked for 5 s and writers be held, and the other side may be the one that acts. */
    @Test
    void whoLeavesHandsOverInAPrimaryViewOnly() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").gone("m2").gone("r2").gone("m3").probe("m2", Probe.SILENT).probe("m3", Probe.SILENT);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("handover " + id("m1"),
            scene.called("m1") + " leaves, and hands over when this view is primary"));
    }

    @Test
    void aMasterThatLeavesHandsOver() {
        Scene scene = Scene.cluster(3, 1).leaving("m1");
        assertThat(scene.decide()).isEqualTo(promotion(scene, "r1", "m1", Promotion.HANDOVER,
            scene.called("m1") + " leaves: " + scene.called("r1") + " takes over its slots"));
    }

    /**
     * 11 -> 6 with 1 replica, SERVER after step 122: its server was started again and had forgotten the move, the target was told to close the slots,
     * and the keys that had come there were in no replica's data.
     */
    @Test
    void aMasterDoesNotHandOverWhileKeysOfItsSlotsAreElsewhere() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").strays("m2", SlotSet.range(0, 1));
        assertThat(scene.decide().actions()).containsExactly(scene.moved("m1", "m2", SlotSet.range(0, 1)));
        assertThat(scene.strays("m2", SlotSet.NONE).decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.HANDOVER));
    }

    /** Seed 404278: a slot was opened, and its keys had gone, after the reports that the hand-over was decided from. */
    @Test
    void aMasterThatLeavesHandsOverWhenTheMovesOfItsSlotsHaveStopped() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").moving("m1", "m2", SlotSet.range(0, 9));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("stopping " + id("m1"),
            scene.called("m1") + " hands over to " + scene.called("r1") + " when the moves of its slots have stopped"));
        assertThat(Planner.waitsForMoves(scene.decide())).isTrue();
    }

    /** Seed 20427, with more faults: what was half moved was to be finished before, and stopped each time that it had begun. */
    @Test
    void whatIsHalfMovedIsFinishedBeforeTheHandOverAndNotStopped() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").open("m1", "m2", SlotSet.range(0, 9)).moving("m1", "m2", SlotSet.range(0, 9));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("handover " + id("m1"),
            scene.called("m1") + " hands over to " + scene.called("r1") + " when what is half moved of its slots has arrived"));
        assertThat(Planner.waitsForMoves(scene.decide())).isFalse();
    }

    @Test
    void itHandsOverOnlyToAReplicaInSyncThatStays() {
        Scene scene = Scene.cluster(3, 2).leaving("m1").linkDown("r1").leaving("r4");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("handover " + id("m1"),
            scene.called("m1") + " leaves, and waits for a replica in sync to hand its 5461 slots to"));
    }

    @Test
    void whenTheWholeDeploymentIsDeletedNobodyTakesOver() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").asked(0, 1);
        assertThat(scene.decide()).isEqualTo(new Decision("release", List.of(new Action.Release("m1", true)), "may end: m1 (all go)", List.of()));
    }

    @Test
    void promotionComesBeforeForgetting() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").gone("r2").proven("r2", "pod r2 is gone");
        assertThat(scene.decide().step()).isEqualTo("promote");
    }

    /** 12 -> 8 with 1 replica, SERVER_WITHOUT_DATA after step 69: what others owned was told before the moves had ended. */
    @Test
    void whileSlotsOfTheDeadMasterAreOnTheirWayTheirMovesStopFirst() {
        Scene scene = Scene.cluster(3, 1).moving("m1", "m2", SlotSet.range(7, 9)).gone("m1").proven("m1", "pod m1 is gone");
        assertThat(scene.decide().actions()).noneMatch(Action.Promote.class::isInstance);
        assertThat(Planner.waitsForMoves(scene.decide())).isTrue();
        assertThat(scene.waited("stopping " + id("m1"), 1000).decide().actions()).anyMatch(Action.Promote.class::isInstance);
        Scene other = Scene.cluster(3, 1).moving("m2", "m3", SlotSet.range(6000, 6001)).gone("m1").proven("m1", "pod m1 is gone");
        assertThat(other.decide().actions()).as("the slots of others are").anyMatch(Action.Promote.class::isInstance);
        assertThat(Planner.waitsForMoves(other.decide())).isFalse();
    }

    private static Scene onItsWayToANewMaster() {
        return Scene.cluster(4, 1).owns("m3", SlotSet.range(8192, 16383), 3).owns("m4", SlotSet.NONE, 4).keys("r4", 75).linkDown("r4")
            .open("m1", "m4", SlotSet.of(7)).gone("m4");
    }

    /** Seed 158214: it owned no slot yet, and its replica, which alone had the keys that had arrived, was sent to their former owner. */
    @Test
    void whatHasArrivedAtAMasterOfNothingGoesOnAtItsReplica() {
        Scene scene = onItsWayToANewMaster().proven("m4", "pod m4 is gone");
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("m4"), id("m4"), Promotion.TAKEOVER,
            List.of(new Action.Open(7, "IMPORTING", id("m1")))));
        assertThat(scene.waited("open " + id("m1"), 5000).sent("promote for " + id("m4"), 10).decide().actions())
            .as("and its source keeps it open until then").isEmpty();
        Scene moving = onItsWayToANewMaster().proven("m4", "pod m4 is gone").moving("m1", "m4", SlotSet.of(7));
        assertThat(moving.decide().actions()).as("first the move stops").isEmpty();
        assertThat(Planner.waitsForMoves(moving.decide())).isTrue();
        assertThat(moving.waited("stopping " + id("m4"), 1000).decide().step()).isEqualTo("promote");
    }

    @Test
    void theReplicaOfAMasterOfNothingThatMayReturnKeepsWhatHasArrived() {
        for (Scene scene : List.of(onItsWayToANewMaster(), onItsWayToANewMaster().probe("m4", Probe.SILENT),
            onItsWayToANewMaster().provenForNow("m4", "its container has ended"))) {
            assertThat(scene.waited("open " + id("m1"), 5000).decide().actions())
                .noneMatch(action -> action instanceof Action.Replicate || action instanceof Action.Promote || action instanceof Action.CloseSlots);
        }
        Scene late = onItsWayToANewMaster().provenForNow("m4", "its container has ended").waited("return " + id("m4"), 60_000);
        assertThat(late.decide().step()).as("it does not come").isEqualTo("promote");
    }

    @Test
    void whereAnotherHasThemOpenOrNothingHasArrivedNobodyIsPromoted() {
        Scene gone = onItsWayToANewMaster().proven("m4", "pod m4 is gone").neverSynced("r4");
        assertThat(gone.decide().step()).isNotEqualTo("promote");
        Scene heir = onItsWayToANewMaster().proven("m4", "pod m4 is gone").strays("m2", SlotSet.of(7));
        assertThat(heir.decide().step()).isNotEqualTo("promote");
        Scene atomic = onItsWayToANewMaster().proven("m4", "pod m4 is gone").atomic(MoveBy.MIGRATESLOTS, "m1", "m4", SlotSet.of(7));
        assertThat(atomic.decide().step()).as("its source has all of it").isNotEqualTo("promote");
    }
}
