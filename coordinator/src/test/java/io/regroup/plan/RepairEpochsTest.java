package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A stranger's epoch in a table takes the votes away (seed 5494): the master takes a higher one. */
class RepairEpochsTest {

    private static Scene misled() {
        return Scene.cluster(3, 1).showsEpoch("m2", "m1", 55);
    }

    @Test
    void aMasterOfWhichOthersShowAHigherEpochTakesANewOne() {
        Scene scene = misled().waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS);
        String what = scene.called("m1") + " has the epoch 1, and others show 55 for it";
        assertThat(scene.decide()).isEqualTo(new Decision("epochs", List.of(scene.bump("m1")),
            what + ": nobody would vote for its replicas; it takes a new one", List.of(new Wait("epoch " + id("m1"), what))));
    }

    /**
     * All pods swapped their addresses: the wait of the next master goes on meanwhile. Seed 54693, with more faults: two took the same at once, and one of them
     * stood still right after; its replica had been elected with a higher one when it went on, settled that collision, and overruled that one.
     */
    @Test
    void ofAllThatAreDueOneTakesANewOneWhenItHasHeardOfTheLast() {
        Scene scene = misled().showsEpoch("r1", "m3", 60).waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS)
            .waited("epoch " + id("m3"), RepairEpochs.SETTLE_MS);
        assertThat(scene.decide().actions()).containsExactly(scene.bump("m1"));
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("epoch " + id("m3"));
        scene.owns("m1", SlotSet.range(0, 5460), 61).showsEpoch("r2", "m1", 61).heardOfEpoch("m3", 60);
        assertThat(scene.decide().actions()).noneMatch(Action.BumpEpoch.class::isInstance);
        assertThat(scene.heardOfEpoch("m3", 61).decide().actions()).containsExactly(scene.bump("m3"));
        assertThat(scene.heardOfEpoch("m3", 60).waited("epoch " + id("m3"), 3 * RepairEpochs.SETTLE_MS).decide().actions()).as("its bus is cut off")
            .containsExactly(scene.bump("m3"));
    }

    @Test
    void whatIsNewsOfAPromotionPasses() {
        assertThat(misled().waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS - 1).decide().actions()).isEmpty();
        assertThat(misled().waited("epoch " + id("m1"), 60_000).sent("bump " + id("m1"), 500).decide().actions()).isEmpty();
    }

    /** It would win back what it does not know to have lost. */
    @Test
    void whoHasNotHeardThatOthersHaveItsSlotsTakesNone() {
        Scene scene = misled().owns("m3", SlotSet.range(5000, 16383).minus(SlotSet.range(5461, 10921)), 90).waited("epoch " + id("m1"), 60_000);
        assertThat(scene.decide().actions()).noneMatch(Action.BumpEpoch.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("heard " + id("m1"), scene.called("m1") + " has the epoch 1, and others show 55 for it, and has not "
            + "heard yet that others have slots of it: with a new one it would win them back"));
    }

    /** 11 -> 6 with 1 replica, SERVER after step 128: it had taken an epoch just before its end, and its replica took the same one. */
    @Test
    void whoHasTheSlotsOfOneThatWaitsWithItsDataTakesAHigherEpochThanThatHas() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 101);
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: it may have as high an epoch as "
            + scene.called("r1") + ", who has its slots now: that one takes a higher one first"));
        assertThat(scene.waited("epoch " + id("r1"), RepairEpochs.SETTLE_MS).decide().actions()).containsExactly(
            scene.bump("r1"), scene.bump("m2"));
        assertThat(Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 100).decide().actions()).contains(new Action.Permit("m1", "start-of-m1", false));
    }

    /**
     * Seed 345781: a master took over an epoch that another one took at the same time, and its machine was started again before the two heard of it. Its former
     * replica had its slots by then; it met the other one first, took a new epoch for their collision, and was the younger master with the older data.
     */
    @Test
    void whoseEpochAFormerMasterAtItsGateHasTooTakesAHigherOneFirst() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 2);
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: it has the epoch of " + scene.called("m2")
            + ", would take a new one as soon as it hears that one, and with it slots that others have by now: " + scene.called("m2") + " takes a higher one first"));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.waited("epoch " + id("m2"), RepairEpochs.SETTLE_MS).decide().actions()).containsExactly(scene.bump("m2"));
        assertThat(scene.waited("gate m1", 15_000).decide().actions()).as("it has waited long enough").contains(new Action.Permit("m1", "start-of-m1", false));
    }

    @Test
    void whoseEpochItHasStartsBeforeItWhereBothAreAtTheirGates() {
        Scene scene = Scene.cluster(3, 1).master("r1").gone("r2").atGate("m1").stored("m1", SlotSet.range(0, 5460), 2)
            .atGate("m2").stored("m2", SlotSet.range(5461, 10921), 2);
        assertThat(scene.decide().actions()).containsExactly(new Action.Permit("m2", "start-of-m2", false));
        assertThat(scene.decide().waits()).contains(new Wait("gate m1", "the gate of m1 stays closed: it has the epoch of m2, would take a new one as soon as it "
            + "hears that one, and with it slots that others have by now: m2 starts first"));
        assertThat(scene.waited("gate m1", 15_000).decide().actions()).as("it has waited long enough").hasSize(2);
    }

    @Test
    void bothStayClosedWhereTwoHaveIt() {
        Scene scene = Scene.cluster(3, 1).master("r1").atGate("m1").stored("m1", SlotSet.range(0, 5460), 3)
            .master("r2").atGate("m2").stored("m2", SlotSet.range(5461, 10921), 3);
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("gate m1", "gate m2");
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void notWhereTheOtherOneHasTheLowerId() {
        Scene scene = Scene.cluster(3, 1).master("r2").atGate("m2").stored("m2", SlotSet.range(5461, 10921), 1);
        assertThat(scene.decide().actions()).contains(new Action.Permit("m2", "start-of-m2", false));
    }

    /**
     * Seed 529308: a master was started with an old table that gave another shard's slots to a node that had gone, at whose address a new replica
     * was. It took that one's epoch for the gone one's, told the shard's master that it had been overruled, and that one copied the new replica.
     */
    @Test
    void whoIsToBeOverruledWithTheEpochOfWhoeverHasAnAddressByNowTakesAHigherOneFirst() {
        Scene scene = borrowing(Scene.cluster(3, 2).master("r2"));
        assertThat(scene.decide().waits()).contains(new Wait("gate m2", "the gate of m2 stays closed: it may have as high an epoch as "
            + scene.called("m1") + ", who has its slots now: that one takes a higher one first"));
        assertThat(scene.waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS).decide().actions()).contains(scene.bump("m1"));
        Scene all = borrowing(Scene.cluster(3, 2).master("r2")).gone("r1").proven("r1", "pod r1 is gone").atGate("m1").stored("m1", SlotSet.range(0, 5460), 50);
        assertThat(all.decide().waits()).extracting(Wait::reason).contains("the gate of m2 stays closed: it gives slots of " + all.called("m1")
            + " to a node that is not there any more, and would take the epoch of whoever has that one's address now for its: " + all.called("m1")
            + " starts first");
    }

    /** Seed 807778: then it took a higher one for ever, and the gate stayed closed. */
    @Test
    void notWhereTheOwnerItselfIsAtThatAddressByNow() {
        Scene scene = Scene.cluster(3, 2).master("r2").follows("r5", "r2").owns("m1", SlotSet.range(0, 5460), 50).gone("r4").proven("r4", "pod r4 is gone")
            .moved("r4", Scene.cluster(3, 2).address("m1").host()).sent("forget " + id("r4"), 100).stillHasOwner("m2", "r4", SlotSet.range(0, 5460)).atGate("m2")
            .stored("m2", SlotSet.range(5461, 10922), 2);
        assertThat(scene.decide().waits()).extracting(Wait::key).doesNotContain("epoch " + id("m1"));
        assertThat(scene.decide().actions()).contains(new Action.Permit("m2", "start-of-m2", false, new TreeSet<>(List.of(id("r4")))));
    }

    /** Seed 1005967: a replica tells its master's epoch, so that each new one was the next claim, and the gate stayed closed. */
    @Test
    void norWhereAReplicaOfTheOwnerIs() {
        Scene scene = borrowing(Scene.cluster(3, 2).master("r2")).follows("r5", "m1");
        assertThat(scene.decide().waits()).extracting(Wait::key).doesNotContain("epoch " + id("m1"));
        assertThat(scene.decide().actions()).contains(new Action.Permit("m2", "start-of-m2", false, new TreeSet<>(List.of(id("r4")))));
    }

    /** On its volume m2 has r4 as the master of m1's slots, at the address that r5, which follows r2 with its epoch 102, has now. */
    private static Scene borrowing(Scene scene) {
        return scene.owns("m1", SlotSet.range(0, 5460), 50).gone("r4").proven("r4", "pod r4 is gone").moved("r4", scene.address("r5").host()).sent("forget " + id("r4"), 100).follows("r5", "r2")
            .stillHasOwner("m2", "r4", SlotSet.range(0, 5460)).atGate("m2").stored("m2", SlotSet.range(5461, 10922), 2);
    }

    /** Seed 433683: r2 had a stranger's epoch for m1, and slots of it that m3 has by now. */
    private static Scene overruling() {
        return Scene.cluster(3, 1).owns("m1", SlotSet.range(0, 100), 1).owns("m3", SlotSet.range(101, 5460).plus(SlotSet.range(10923, 16383)), 3)
            .stillHasOwner("r2", "m1", SlotSet.range(0, 5460)).showsEpoch("r2", "m1", 55);
    }

    @Test
    void whoWouldBeOverruledByAnotherWithAStrangersEpochTakesAHigherOneToo() {
        Scene scene = overruling().waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS).waited("epoch " + id("m3"), RepairEpochs.SETTLE_MS);
        assertThat(scene.decide().actions()).containsExactly(scene.bump("m1"));
        scene.sent("bump " + id("m1"), 500).heardOfEpoch("m3", 55);
        assertThat(scene.decide().actions()).containsExactly(scene.bump("m3"));
        assertThat(scene.decide().reason()).contains(scene.called("m3") + " has the epoch 3, and a table gives its slots to another, for whom it takes whoever has its "
            + "address, with 55: that claim would win");
    }

    @Test
    void untilThenWhoHasThatEpochMeetsNobody() {
        Scene scene = overruling().moved("r2", "10.0.0.99");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains(scene.called("r2") + " gives slots of " + scene.called("m3") + " to another, with an epoch "
            + "that is not that one's, and would overrule it: it meets nobody until " + scene.called("m3") + " has a higher one");
        assertThat(scene.owns("m3", SlotSet.range(101, 5460).plus(SlotSet.range(10923, 16383)), 56).decide().step()).isEqualTo("heal");
        assertThat(overruling().showsEpoch("r2", "m3", 2).decide().actions()).as("nor is it told what it does not know of others").noneMatch(Action.Meet.class::isInstance);
        assertThat(Scene.cluster(3, 1).showsEpoch("r2", "m3", 2).decide().step()).as("as all are else").isEqualTo("tell");
    }

    @Test
    void notWithoutAQuorum() {
        assertThat(misled().gone("m3").gone("r3").gone("r1").waited("epoch " + id("m1"), 60_000).decide().actions()).isEmpty();
    }

    /** Seed 908439: on a cut bus one had been promoted by us and one by the masters, and by the lower id the one that nobody heard was to win. */
    @Test
    void whoServesSlotsThatAnotherClaimsWithTheSameEpochAndServesToNobodyTakesAHigherOne() {
        Scene scene = Scene.cluster(3, 2).master("r1").masterOfNothing("r4").owns("r4", SlotSet.range(0, 5460), 101);
        assertThat(scene.decide().actions()).as("both serve: Redis settles it").noneMatch(Action.BumpEpoch.class::isInstance);
        scene.servesNobody("r1");
        assertThat(scene.decide().actions()).containsExactly(scene.bump("r4"),
            scene.bump("m2"));
        assertThat(scene.decide().reason()).isEqualTo(scene.called("r4") + " serves slots that " + scene.called("r1")
            + ", who serves none, claims with the same epoch: that claim would win; it takes a new one");
        assertThat(scene.sent("bump " + id("r4"), 500).decide().actions()).isEmpty();
        assertThat(scene.heardOfEpoch("r4", 102).decide().actions()).as("it was the highest, and has heard of the other's by now").containsExactly(scene.bump("r4"));
        assertThat(scene.owns("r1", SlotSet.range(0, 5460), 102).decide().actions()).as("it has won them by its epoch").noneMatch(Action.BumpEpoch.class::isInstance);
    }
}
