package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Seat;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The gate: a server starts only when nobody else owns a slot at its address. */
class PermitTest {

    @Test
    void aBlankServerOnTheAddressOfADeadMasterWaits() {
        Scene scene = Scene.cluster(3, 1).atGate("m1").neverSynced("r1");
        Decision decision = scene.decide();
        assertThat(decision.actions()).isEmpty();
        assertThat(decision.waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: " + scene.calledByAddress("m1")
            + " still owns 5461 slots at its address"));
    }

    @Test
    void aBlankServerOnTheAddressOfAReplicaStartsOnceThatIsForgotten() {
        Scene scene = Scene.cluster(3, 1).atGate("r1");
        assertThat(scene.decide().step()).isEqualTo("forget");
        assertThat(scene.sent("forget " + id("r1"), 10).decide()).isEqualTo(new Decision("permit",
            List.of(new Action.Permit("r1", "start-of-r1", true)), "nobody else owns a slot at the address of r1 (blank)", List.of()));
    }

    @Test
    void aBlankServerWaitsWhileAReplicaThatHasNotHeardOfAPromotionLooksForItsMasterThere() {
        Scene scene = Scene.cluster(3, 2).master("r1").atGate("m1").follows("r4", "m1").stillHasOwner("r4", "m1", SlotSet.range(0, 5460))
            .sent("forget " + id("m1"), 10);
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: " + scene.called("r4")
            + " still looks for its master " + scene.calledByAddress("m1") + " at its address"));
    }

    /** Seed 401498: its table had another address by gossip, and no sync had ever replaced the data that it had as a master. */
    @Test
    void aBlankServerWaitsWhileAFormerMasterDialsItsAddress() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").neverSynced("r1").keys("r1", 11).blank("b1").atGate("b1");
        assertThat(scene.decide().actions()).as("otherwise").contains(new Action.Permit("b1", "start-of-b1", true));
        scene.looksForItsMasterAt("r1", scene.address("b1").host());
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate b1", "the gate of b1 stays closed: " + scene.called("r1") + " still looks for its master "
            + scene.calledByAddress("m1") + " at its address"));
    }

    @Test
    void aReplicaWithItsDataStarts() {
        Scene scene = Scene.cluster(3, 1).atGate("r1").stored("r1");
        assertThat(scene.decide()).isEqualTo(new Decision("permit", List.of(new Action.Permit("r1", "start-of-r1", false)),
            "nobody else owns a slot at the address of r1 (with its data)", List.of()));
    }

    @Test
    void aMasterWithItsDataStartsWhenNoReplicaHasANewerCopy() {
        Scene scene = Scene.cluster(3, 0).atGate("m1").stored("m1");
        assertThat(scene.decide().actions()).containsExactly(new Action.Permit("m1", "start-of-m1", false));
    }

    /** Seed 62112: the heir and its machine were gone before the former master was back, which then deleted all that was left of the shard. */
    @Test
    void aFormerMasterWaitsWhileItsDataMayBeTheLastOfAShard() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).gone("r1");
        assertThat(scene.probe("r1", Probe.SILENT).decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: it had slots of " + scene.calledByAddress("r1")
            + ", of whom no copy is here: it would throw its own away before it is known whether that is the last one"));
        assertThat(scene.probe("r1", Probe.ANSWERS).decide().actions()).as("that one serves").anyMatch(Action.Permit.class::isInstance);
        Scene lost = scene.probe("r1", Probe.REFUSES).proven("r1", "pod r1 is gone").waited("lost " + id("r1"), 10_000);
        assertThat(lost.decide().actions()).as("given up").allMatch(Action.Forget.class::isInstance);
        assertThat(lost.decide().reason()).endsWith(": it is forgotten, and m1 goes on with what it had of them");
        assertThat(lost.forgotten("r1").decide().actions()).as("its slots are nobody's").contains(new Action.Permit("m1", "start-of-m1", false));
    }

    /** The former master m1 and its replica r4 have ended with their data, and r1 has m1's slots. */
    private static Scene formerMasterAndItsReplica() {
        SlotSet slots = SlotSet.range(0, 5460);
        return Scene.cluster(3, 2).master("r1").atGate("m1").stored("m1", slots, 1).atGate("r4").stored("r4").follows("r4", "m1")
            .stillHasOwner("r4", "m1", slots).stillHasReplica("r4", "r1", "m1");
    }

    /**
     * Seed 20022: the replica had ended just before its master. It was started, heard of the heir that was lost meanwhile, and was to go on in that one's
     * place with less than its master had, who waited at its gate.
     */
    @Test
    void itsReplicaWaitsAsWell() {
        Scene scene = formerMasterAndItsReplica().ended("m1").gone("r1").probe("r1", Probe.REFUSES).proven("r1", "pod r1 is gone");
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate r4", "the gate of r4 stays closed: its master had slots of " + scene.calledByAddress("r1")
            + ", of whom no copy is here, and waits as well: it would follow that one, and be taken for the nearest to a copy of it with less than its "
            + "master has"));
        scene.atGate("m1").waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).as("given up").isNotEmpty().allMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().reason()).endsWith(": it is forgotten, and m1 goes on with what it had of them");
        assertThat(scene.forgotten("r1").decide().actions()).as("its slots are nobody's")
            .contains(new Action.Permit("m1", "start-of-m1", false), new Action.Permit("r4", "start-of-r4", false));
    }

    /**
     * The leader did not reach the port of the former master's Redis, and was right not to mind: nothing serves there before its own member opens the gate,
     * and that member was heard. Nor did it reach another node, which had the lost one still, and would have told the former master of it.
     */
    @Test
    void theFormerMasterGoesOnWhereItsPortIsNotReachedAndNotBeforeTheLastNodeHasForgotten() {
        Scene scene = formerMasterAndItsReplica().gone("r1").proven("r1", "pod r1 is gone").probe("m1", Probe.SILENT).waited("lost " + id("r1"), 10_000)
            .stillHasOwner("m1", "r1", SlotSet.NONE).stored("m1", SlotSet.range(0, 5460), 1);
        assertThat(scene.decide().actions()).containsExactly(Forget.everywhere(id("r1"), new Picture(scene.observation())));
        assertThat(scene.decide().reason()).endsWith(": it is forgotten, and m1 goes on with what it had of them");
        List.of("m2", "r2", "m3", "r4", "r5", "r6").forEach(told -> scene.doesNotKnow(told, "r1"));
        scene.sent("forget " + id("r1"), 10);
        assertThat(scene.decide().actions()).as("r3 has it still").noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.doesNotKnow("r3", "r1").decide().actions()).contains(new Action.Permit("m1", "start-of-m1", false),
            new Action.Permit("r4", "start-of-r4", false));
    }

    @Test
    void itsReplicaStartsWhereItNeedNotWaitForIt() {
        Action.Permit start = new Action.Permit("r4", "start-of-r4", false);
        assertThat(formerMasterAndItsReplica().decide().actions()).as("who has its slots lives").contains(start);
        Scene lost = formerMasterAndItsReplica().gone("r1").probe("r1", Probe.REFUSES).proven("r1", "pod r1 is gone");
        assertThat(lost.decide().actions()).isEmpty();
        assertThat(lost.stillHasReplica("m2", "r4", "r1").decide().actions()).as("it has the copy that is waited for").contains(start);
        Scene alone = formerMasterAndItsReplica().gone("r1").probe("r1", Probe.SILENT).gone("m1").probe("m1", Probe.SILENT);
        assertThat(alone.decide().actions()).as("its master does not wait").contains(start);
    }

    /** Without a quorum as long as its master, who may be started before it. */
    @Test
    void itsReplicaWaitsLongerForAQuorumToo() {
        Scene scene = formerMasterAndItsReplica().atGateFor("m1", 14_999).atGateFor("r4", 14_999);
        List.of("r1", "m2", "r2", "m3", "r3", "r5", "r6").forEach(gone -> scene.gone(gone).probe(gone, Probe.SILENT));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.atGateFor("m1", 15_000).atGateFor("r4", 15_000).decide().actions())
            .containsExactlyInAnyOrder(new Action.Permit("m1", "start-of-m1", false), new Action.Permit("r4", "start-of-r4", false));
    }

    /** Seed 1119761: it was started without a quorum after 5 s, 0.3 s before there was one. */
    @Test
    void itWaitsLongerForAQuorumThanOneWhoseSlotsHaveACopyHere() {
        Scene scene = Scene.cluster(3, 1).master("r1").stored("m1", SlotSet.range(0, 5460), 1).atGateFor("m1", 14_999);
        List.of("r1", "m2", "r2", "m3").forEach(gone -> scene.gone(gone).probe(gone, Probe.SILENT));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: it has data, and waits 15 s for a quorum that may know "
            + "a newer copy"));
        assertThat(scene.atGateFor("m1", 15_000).decide().actions()).containsExactly(new Action.Permit("m1", "start-of-m1", false));
        scene.owns("r1", SlotSet.range(1000, 5460), 101).atGateFor("m1", 14_999);
        assertThat(scene.decide().actions()).as("the rest was deleted from all tables but its own").isEmpty();
        Scene paused = Scene.cluster(3, 1).stored("m1").atGateFor("m1", 14_999).gone("r1").gone("r2").gone("r3").gone("m2").unheard("m3");
        assertThat(paused.decide().actions()).as("who alone knows of the promotion has not been heard").isEmpty();
    }

    /** Seed 404: its volume also named a master that all others had forgotten; to forget that one again and again left no time for the other. */
    @Test
    void itDoesNotWaitForAMasterThatOnlyItsOwnVolumeNames() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).waited("lost " + id("m2"), 20_000);
        List.of("r1", "m2", "r2").forEach(gone -> scene.gone(gone).proven(gone, "pod " + gone + " is gone"));
        List.of("m3", "r3").forEach(who -> List.of("m2", "r2").forEach(gone -> scene.doesNotKnow(who, gone)));
        scene.thereAre("m1", "m3", "r3");
        assertThat(scene.waited("lost " + id("r1"), 10_000).decide().reason()).startsWith("every copy of " + scene.calledByAddress("r1"));
    }

    /** Seed 185: the pods of a scale-up were more than half of all, and those that had the cluster had not met them yet. */
    @Test
    void whereMoreAreAskedForThanAtFirstABlankServerThatKnowsNobodyWaitsForAll() {
        Scene scene = Scene.blanks(4).thereAre("b1", "b2", "b3", "b4");
        List.of("b1", "b2", "b3", "b4").forEach(scene::atGate);
        assertThat(scene.asked(6, 1).decide().actions()).hasSize(4);
        assertThat(scene.askedLater(6, 1).decide().actions()).isEmpty();
        assertThat(scene.askedLater(4, 0).thereAre("b1", "b2", "b3", "b4").decide().actions()).hasSize(4);
    }

    /** Seed 1028984: three new ones that a cut kept from the six others, when three were asked for again. */
    @Test
    void whereFewerAreAskedForABlankServerThatKnowsNobodyWaitsUntilNoOtherPodIsThere() {
        Scene scene = Scene.blanks(4).askedLater(4, 0);
        List.of("b1", "b2", "b3", "b4").forEach(scene::atGate);
        assertThat(scene.thereAre("b1", "b2", "b3", "b4", "m1").decide().actions()).isEmpty();
        assertThat(scene.nobodyTellsWhichPodsThereAre().decide().actions()).isEmpty();
        assertThat(scene.thereAre("b1", "b2", "b3", "b4").decide().actions()).hasSize(4);
    }

    @Test
    void withoutAQuorumABlankServerWaits() {
        Scene scene = Scene.cluster(3, 1).gone("m1").gone("m2").gone("m3").atGate("r1")
            .probe("m1", Probe.ANSWERS).probe("m2", Probe.ANSWERS).probe("m3", Probe.ANSWERS);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("quorum", "gate r1");
    }

    @Test
    void withoutAQuorumAServerWithItsDataWaitsFiveSeconds() {
        Scene scene = Scene.cluster(3, 1).gone("r1").gone("r2").gone("r3").stored("m1")
            .probe("r1", Probe.ANSWERS).probe("r2", Probe.ANSWERS).probe("r3", Probe.ANSWERS);
        assertThat(scene.atGateFor("m1", 4999).decide().actions()).isEmpty();
        assertThat(scene.atGateFor("m1", 5000).decide().actions()).containsExactly(new Action.Permit("m1", "start-of-m1", false));
    }

    @Test
    void whileSomebodyIsUnheardABlankServerWaits() {
        Scene scene = Scene.cluster(3, 1).atGate("r1").unheard("m2");
        String reason = "the gate of r1 stays closed: these have not reported yet: m2";
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(),
            scene.calledByAddress("m2") + ", master of 5461 slots: its member has not reported yet",
            List.of(new Wait("fate " + id("m2"), scene.calledByAddress("m2") + ", master of 5461 slots: its member has not reported yet"),
                new Wait("gate r1", reason))));
    }

    @Test
    void beforeThereIsAClusterTheMajorityOfThoseAskedForMustBeHere() {
        Scene half = Scene.blanks(3).asked(6, 1).thereAre("b1", "b2", "b3").atGate("b1").atGate("b2").atGate("b3");
        assertThat(half.decide().actions()).isEmpty();
        Scene most = Scene.blanks(4).asked(6, 1).thereAre("b1", "b2", "b3", "b4").atGate("b1").atGate("b2").atGate("b3").atGate("b4");
        assertThat(most.decide().actions()).hasSize(4).allMatch(a -> a instanceof Action.Permit permit && permit.blank());
    }

    private static Scene twoOfThree() {
        return Scene.blanks(2).asked(3, 0).atGate("b1").atGate("b2").thereAre("b1", "b2");
    }

    /** Seed 1000521: it was cut off in the group and had the cluster, and those that came in place of the dead were more than half of all. */
    @Test
    void aBlankServerThatKnowsNobodyWaitsForAPodThatIsOlderThanAllThatAreHere() {
        assertThat(twoOfThree().decide().actions()).as("otherwise").hasSize(2);
        assertThat(twoOfThree().thereIsOlder("m3", 2).decide().actions()).isEmpty();
        assertThat(twoOfThree().thereIsOlder("m3", 2).decide().waits()).contains(new Wait("gate b1", "the gate of b1 stays closed: it is blank, and these are "
            + "older than all pods that are here, and may have a cluster: m3"));
        assertThat(twoOfThree().thereIsOlder("b1", 3).thereIsOlder("m3", 4).decide().actions()).as("one that is here is as old").hasSize(2);
    }

    @Test
    void itDoesNotWaitForThoseThatADeploymentBeginsWith() {
        assertThat(twoOfThree().thereIsOlder("b3", 0).decide().actions()).hasSize(2);
        assertThat(twoOfThree().thereIsOlder("b3", 1).decide().actions()).as("a second began between them").hasSize(2);
        assertThat(twoOfThree().thereIsOlder("b3", -5).decide().actions()).as("it came later").hasSize(2);
    }

    @Test
    void itWaitsUntilItIsKnownWhetherThereAreOlderOnes() {
        Scene scene = twoOfThree().nobodyTellsWhichPodsThereAre();
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.look().podsDecide()).isTrue();
        assertThat(scene.running("b1").running("b2").look().podsDecide()).as("nobody waits at the gate").isFalse();
        assertThat(Scene.blanks(1).asked(3, 0).atGate("b1").look().podsDecide()).as("others will be here soon").isTrue();
        assertThat(Scene.blanks(1).asked(3, 0).atGate("b1").thereAre("b1").look().podsDecide()).as("too few are here in any case").isFalse();
        assertThat(twoOfThree().toldBeforeThisView().decide().actions()).as("those that have come since are younger").hasSize(2);
        assertThat(Scene.blanks(2).asked(3, 0).atGate("b1").atGate("b2").thereAre("x1").decide().actions()).as("a list of other pods").isEmpty();
    }

    /** r1 follows m1, whose address r2 has got now: it would copy r2's data. */
    @Test
    void aServerWithDataWaitsWhileAnotherMastersReplicaLooksForThatOneAtItsAddress() {
        Scene scene = Scene.cluster(3, 1).gone("m1").moved("m1", Scene.cluster(3, 1).address("r2").host()).atGate("r2").stored("r2")
            .sent("promote for " + id("m1"), 100);
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).anyMatch(wait -> wait.key().equals("gate r2")
            && wait.reason().contains(scene.called("r1") + " still looks for its master"));
        assertThat(Scene.cluster(3, 1).atGate("r2").stored("r2").decide().actions()).as("otherwise").anyMatch(Action.Permit.class::isInstance);
    }

    /** m1 is gone, everything restarted, and r2 has got the address that m1 had. */
    private static Scene tenantOfM1() {
        return Scene.cluster(3, 1).gone("m1").moved("m1", Scene.cluster(3, 1).address("r2").host()).atGate("r2").stored("r2");
    }

    /**
     * Seed 196900: both gates opened at once. r1 started without an address of m1, m3, which had not missed m1 yet, told it the one of before, and r1, which
     * had the last copy, copied r2.
     */
    @Test
    void aServerWithDataWaitsForAReplicaThatMayBeToldToLookForItsMasterAtItsAddress() {
        Scene scene = tenantOfM1().atGate("r1").stored("r1");
        assertThat(scene.decide().actions()).contains(new Action.Permit("r1", "start-of-r1", false)).hasSize(1);
        assertThat(scene.decide().waits()).contains(new Wait("gate r2", "the gate of r2 stays closed: " + scene.called("r1")
            + " may be told to look for its master " + id("m1").brief() + " (" + scene.address("r2") + ") at its address"));
        for (RedisState starts : List.of(new RedisState.Starting(), new RedisState.Loading())) {
            assertThat(scene.state("r1", starts).decide().actions()).as(starts.toString()).isEmpty();
        }
        assertThat(scene.waited("gate r2", Permit.YIELD_MS).decide().actions()).contains(new Action.Permit("r2", "start-of-r2", false));
    }

    /**
     * Seed 142383, with more faults: r1 had been promoted, and its bus was cut off. m1 was back in a moment, and served its slots for as long, with the majority
     * of the masters, who had not heard of that.
     */
    @Test
    void aServerWhoseSlotsAnotherHasWaitsUntilAllKnowThat() {
        SlotSet slots = SlotSet.ALL.split(3).getFirst();
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", slots, 1).stillHasOwner("m3", "m1", slots);
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: others have its slots, and it would serve them where that is "
            + "not known yet: [" + scene.called("m3") + "]"));
        assertThat(scene.waited("gate m1", Permit.YIELD_MS).decide().waits()).noneMatch(wait -> wait.reason().contains("stays closed"));
    }

    /** Seed 269031, with more faults: r1 stood still; a blank server came to the address that its master had had, and r1 copied that. */
    @Test
    void aBlankServerWaitsForOneThatMayLookForItsMasterAtItsAddress() {
        Scene scene = Scene.cluster(3, 1).gone("m1").moved("m1", Scene.cluster(3, 1).blank("r4").address("r4").host()).owns("m1", SlotSet.NONE, 0)
            .owns("m2", SlotSet.range(0, 10921), 9).stored("r1").state("r1", new RedisState.Silent("no answer")).blank("r4").atGate("r4");
        assertThat(scene.decide().waits()).contains(new Wait("gate r4", "the gate of r4 stays closed: " + scene.called("r1")
            + " may be told to look for its master " + id("m1").brief() + " (" + scene.address("r4") + ") at its address"));
        assertThat(scene.waited("gate r4", Permit.YIELD_MS).decide().actions()).as("not for ever").contains(new Action.Permit("r4", "start-of-r4", true));
    }

    /** Seed 262042, with more faults: r1 was a master by its own word, and copied on, in a pod that was ending. */
    @Test
    void aBlankServerWaitsForAMasterThatCopiesWhoeverServesAtItsAddress() {
        Scene scene = Scene.cluster(3, 1).blank("r4").atGate("r4");
        scene.gone("m1").masterOfNothing("r1").keys("r1", 3).copiesFrom("r1", scene.address("r4").host());
        assertThat(scene.decide().waits()).contains(new Wait("gate r4", "the gate of r4 stays closed: " + scene.called("r1")
            + " copies whoever serves at its address, though it is a master by its table"));
        scene.waited("gate r4", Permit.YIELD_MS);
        assertThat(scene.decide().waits()).noneMatch(wait -> wait.reason().contains("stays closed"));
        assertThat(scene.leaving("r1").decide().waits()).as("nobody starts it again").anyMatch(wait -> wait.reason().contains("stays closed"));
    }

    /** Seed 118032, with more faults: r1 stood still, and its member's report of this round was not there yet when r2's gate opened. */
    @Test
    void aServerWithDataWaitsForAReplicaThatHasNotBeenHeard() {
        Scene scene = tenantOfM1().unheard("r1");
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate r2", "the gate of r2 stays closed: r1 has not been heard, and its "
            + id("r1").brief() + " may look for its master " + id("m1").brief() + " (" + scene.address("r2") + ") at its address"));
        assertThat(scene.waited("gate r2", Permit.YIELD_MS).decide().actions()).contains(new Action.Permit("r2", "start-of-r2", false));
        assertThat(tenantOfM1().gone("r1").decide().actions()).as("nor while it is not here").noneMatch(Action.Permit.class::isInstance);
        assertThat(tenantOfM1().gone("r1").proven("r1", "pod r1 is gone").decide().waits()).as("it will not come").noneMatch(wait -> wait.key().equals("gate r2"));
    }

    @Test
    void alsoOnceThatOneRunsWithoutAnAddressOfItsMaster() {
        Scene scene = tenantOfM1().doesNotKnow("r1", "m1").linkDown("r1").offset("r1", 0);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains("the gate of r2 stays closed: " + scene.called("r1")
            + " may be told to look for its master " + id("m1").brief() + " (" + scene.address("r2") + ") at its address");
        assertThat(scene.nowhere("m1").decide().actions()).as("nobody can tell it").contains(new Action.Permit("r2", "start-of-r2", false));
    }

    @Test
    void aMasterThatWaitsHereAsWellSaysItselfWhereItIs() {
        Scene scene = Scene.cluster(3, 1).moved("m1", Scene.cluster(3, 1).address("r2").host()).atGate("m1").stored("m1").atGate("r1").stored("r1")
            .atGate("r2").stored("r2");
        assertThat(scene.decide().actions()).hasSize(3).allMatch(Action.Permit.class::isInstance);
    }

    /**
     * Seed 6030: a replica that was away during a promotion had another shard's former master at an address that a stranger had by then. It took the
     * stranger's epoch for that one's, told the promoted master that it was overruled, and that one and its replica copied another shard's data.
     */
    @Test
    void aServerWithAnOldTableDoesNotLookForAFormerOwnerWhereNoneOfOursIs() {
        Scene scene = Scene.cluster(3, 1).blank("b1").gone("b1").master("r2").atGate("r1").stored("r1").hasAtAddressOf("r1", "m2", "b1");
        assertThat(scene.decide().actions()).as("it knows of the promotion").contains(new Action.Permit("r1", "start-of-r1", false));
        scene.stillHasOwner("r1", "m2", SlotSet.range(5461, 10922));
        assertThat(scene.decide().actions()).contains(new Action.Permit("r1", "start-of-r1", false, new TreeSet<>(List.of(id("m2")))));
        assertThat(scene.hasAtAddressOf("r1", "m2", "m2").decide().actions()).as("it is there").contains(new Action.Permit("r1", "start-of-r1", false));
    }

    /** Seed 61198, with more faults and with freezes: it was a blank one of ours that had the address. */
    @Test
    void norWhereAnotherOfOursIs() {
        Scene scene = Scene.cluster(3, 1).blank("b1").atGate("b1").master("r2").atGate("r1").stored("r1").hasAtAddressOf("r1", "m2", "b1")
            .stillHasOwner("r1", "m2", SlotSet.range(5461, 10922));
        Action.Permit permit = new Action.Permit("r1", "start-of-r1", false, new TreeSet<>(List.of(id("m2"))));
        assertThat(scene.decide().actions()).contains(permit);
        assertThat(scene.hasAtAddressOf("r1", "m2", "r3").decide().actions()).as("it serves already").contains(permit);
    }

    /** What its table says of owners is true: it finds out by itself whether they are there. */
    @Test
    void itLooksForAnOwnerWhoHasItsSlotsStill() {
        Scene scene = Scene.cluster(3, 1).blank("b1").gone("b1").atGate("r1").stored("r1").hasAtAddressOf("r1", "m2", "b1");
        assertThat(scene.decide().actions()).contains(new Action.Permit("r1", "start-of-r1", false));
    }

    @Test
    void aPermitThatWasJustGivenIsNotGivenAgain() {
        Scene scene = Scene.cluster(3, 1).atGate("r1").stored("r1").sent("permit start-of-r1", 900);
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(), "nothing to do", List.of()));
    }

    @Test
    void aServerAtTheGateIsNotForgottenWhileItsDataIsThere() {
        assertThat(Scene.cluster(3, 1).atGate("r1").stored("r1").sent("permit start-of-r1", 900).decide().waits())
            .noneMatch(w -> w.key().equals("forget " + id("r1")));
    }

    @Test
    void norWhereSomebodyTakesWhoHadItsAddressForTheOwnerOfSlots() {
        Scene scene = Scene.cluster(3, 2).master("r1").follows("r4", "r1").gone("m1").proven("m1", "pod m1 is gone").sent("forget " + id("m1"), 100).blank("b1").atGate("b1");
        scene.moved("m1", scene.address("b1").host());
        assertThat(scene.decide().actions()).as("otherwise").contains(new Action.Permit("b1", "start-of-b1", true));
        scene.stillHasOwner("m2", "m1", SlotSet.range(0, 5460));
        assertThat(scene.decide().waits()).contains(new Wait("gate b1", "the gate of b1 stays closed: " + scene.called("m2")
            + " still takes who had its address for the owner of slots"));
    }

    /** Seed 739549: who was away meanwhile had the replaced node there, took its new tenant's epoch for that one's, and told the owner of its slots so. */
    @Test
    void aBlankServerWaitsWhileSomebodyIsAwayWhoMayLookForAnotherNodeAtItsAddress() {
        Scene scene = Scene.cluster(3, 1).gone("r3").probe("r3", Probe.SILENT).blank("b1").atGate("b1");
        Primary last = scene.observation().heard().get("m1").report().primary().orElseThrow();
        SortedMap<String, Seat> departed = new TreeMap<>(last.departed());
        departed.put("x1", new Seat("uid-x1", scene.address("b1"), scene.address("b1"), Optional.of(new NodeId("e".repeat(40)))));
        assertThat(scene.decide().actions()).as("otherwise").contains(new Action.Permit("b1", "start-of-b1", true));
        scene.remembers(new Primary(last.number() + 1, last.seats(), departed, last.lost(), last.before())).proven("x1", "pod x1 is gone");
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate b1",
            "the gate of b1 stays closed: r3 is not here, and may still look for the node of x1 at its address"));
        assertThat(scene.waited("gate b1", Permit.YIELD_MS).decide().actions()).contains(new Action.Permit("b1", "start-of-b1", true));
    }

    /**
     * Seed 249150: r1 had taken m1's slots and lost its data at once, and only who was away then had heard of it. m1 came back with its data, was told, and
     * followed r1 to its address, where a blank server had been started meanwhile: the last copy was gone.
     */
    @Test
    void aBlankServerWaitsWhileSomebodyIsAwayWhoMayKnowThatTheNodeBeforeItHadBecomeAMaster() {
        Scene scene = Scene.cluster(3, 1).state("m1", new RedisState.Loading()).stored("m1").atGate("r1").sent("forget " + id("r1"), 10);
        assertThat(scene.decide().actions()).as("otherwise").containsExactly(new Action.Permit("r1", "start-of-r1", true));
        scene.gone("m2").probe("m2", Probe.ANSWERS);
        assertThat(scene.decide().actions()).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("gate r1", "the gate of r1 stays closed: m2 is not here, and may know that "
            + scene.calledByAddress("r1") + " had become a master"));
        assertThat(scene.waited("gate r1", Permit.YIELD_MS).decide().actions()).contains(new Action.Permit("r1", "start-of-r1", true));
    }

    @Test
    void whereNobodyNamesThatNodeNobodyCanBeToldSo() {
        Scene scene = Scene.cluster(3, 1).atGate("r1").gone("m2").probe("m2", Probe.ANSWERS);
        List.of("m1", "m3", "r2", "r3").forEach(who -> scene.doesNotKnow(who, "r1"));
        assertThat(scene.decide().actions()).contains(new Action.Permit("r1", "start-of-r1", true));
    }

    /** Seed 1005967: the look that was to open it asked all once more first, and the next one found a wait that had just begun: every 15 s. */
    @Test
    void aWaitThatIsOverDoesNotBeginAnewBeforeTheGateOpens() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 101);
        assertThat(scene.waited("gate m1", Permit.YIELD_MS - 1).decide().actions()).noneMatch(Action.Permit.class::isInstance);
        Decision over = scene.waited("gate m1", Permit.YIELD_MS).decide();
        assertThat(over.actions()).contains(new Action.Permit("m1", "start-of-m1", false));
        assertThat(over.waits()).contains(new Wait("gate m1", "the gate of m1 is to open"));
    }
}
