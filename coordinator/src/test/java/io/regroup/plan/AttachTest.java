package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.RedisState;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Blank nodes become replicas of those who need one most; replicas are spread and even. */
class AttachTest {

    private static SortedSet<Address> at(Scene scene, String... names) {
        SortedSet<Address> addresses = new TreeSet<>();
        Arrays.stream(names).map(scene::address).forEach(addresses::add);
        return addresses;
    }

    /** A node that has joined and is master of nothing: the blank one of the story after its MEETs. */
    private static Scene joined(Scene scene, String empty) {
        return scene.owns(empty, SlotSet.NONE, 0).keys(empty, 0);
    }

    private static Action replicate(Scene scene, String replica, String master) {
        return new Action.Replicate(scene.address(replica), id(replica), id(master));
    }

    @Test
    void aBlankNodeMeetsAll() {
        Scene scene = Scene.cluster(3, 1).forgotten("r1").blank("b1").placeholder("b1");
        assertThat(scene.decide()).isEqualTo(new Decision("attach",
            List.of(new Action.Join(scene.address("b1"), true, at(scene, "m1", "m2", "m3", "r2", "r3"))),
            "blank nodes join the cluster: " + scene.called("b1"), List.of()));
    }

    @Test
    void itFollowsTheOrphanedMaster() {
        Scene scene = joined(Scene.cluster(4, 1).forgotten("r2").forgotten("r4"), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(6, 1);
        assertThat(scene.decide()).isEqualTo(new Decision("attach", List.of(replicate(scene, "m4", "m2")),
            "masters without enough replicas get one: " + scene.called("m4") + " of " + scene.called("m2"), List.of()));
    }

    @Test
    void itWaitsUntilItKnowsEveryMaster() {
        Scene scene = joined(Scene.cluster(4, 1).forgotten("r2").forgotten("r4"), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(6, 1)
            .doesNotKnow("m4", "m1").sent("meet " + "10.0.0.4:6379" + " " + "10.0.0.1:6379", 10);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits())
            .contains(new Wait("attach " + id("m4"), scene.called("m4") + " is joining: it does not know every master yet"));
    }

    /**
     * A server came back with an old table while the last slots of a master moved. That master became a replica of another, with a higher epoch than the
     * one that had its slots now: by the old table its claim was the newer one, and the owner was told so and threw its keys away.
     */
    @Test
    void itWaitsUntilNobodyTakesItForTheOwnerOfSlotsThatItHad() {
        Scene scene = joined(Scene.cluster(4, 1).forgotten("r2").forgotten("r4"), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(6, 1)
            .stillHasOwner("r1", "m4", SlotSet.range(12288, 16383));
        assertThat(scene.decide().actions()).noneMatch(Action.Replicate.class::isInstance);
        assertThat(scene.decide().waits())
            .contains(new Wait("attach " + id("m4"), scene.called("m4") + " is joining: others do not know yet that it has no slots any more"));
        assertThat(scene.state("r1", new RedisState.Starting()).stored("r1").decide().actions()).as("seed 1092658: the table was on a volume")
            .noneMatch(Action.Replicate.class::isInstance);
    }

    /** Seed 723418: it was the owner's former master, and a false claim had made the owner its replica in turn: nobody else had their keys. */
    @Test
    void aReplicaWithKeysOfAMasterThatLostItsSlotsStaysWhileSomeSlotIsServedByNobody() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 1).replica("m1", "r1").keys("m1", 10);
        assertThat(scene.decide().actions()).noneMatch(Action.Replicate.class::isInstance);
    }

    @Test
    void onAnotherMachineThanItsMasterWhereThereIsAChoice() {
        Scene scene = joined(joined(Scene.cluster(5, 1).forgotten("r1").forgotten("r2").forgotten("r4").forgotten("r5"), "m4"), "m5")
            .owns("m1", SlotSet.range(0, 5460), 1).owns("m2", SlotSet.range(5461, 10922), 2).owns("m3", SlotSet.range(10923, 16383), 3)
            .asked(6, 1).on("x", "m1", "m4").on("y", "m2", "m5");
        assertThat(scene.decide().actions()).containsExactlyInAnyOrder(replicate(scene, "m4", "m2"), replicate(scene, "m5", "m1"));
    }

    @Test
    void whoIsReadyFirstLeavesAGoodPlaceToTheOthers() {
        Scene scene = joined(joined(Scene.cluster(5, 1).forgotten("r1").forgotten("r2").forgotten("r4").forgotten("r5"), "m4"), "m5")
            .owns("m1", SlotSet.range(0, 5460), 1).owns("m2", SlotSet.range(5461, 10922), 2).owns("m3", SlotSet.range(10923, 16383), 3)
            .asked(6, 1).on("x", "m1", "m5").on("y", "m2").on("z", "m4")
            .doesNotKnow("m5", "m2").sent("meet " + "10.0.0.5:6379" + " " + "10.0.0.2:6379", 10);
        assertThat(scene.decide().actions()).filteredOn(Action.Replicate.class::isInstance).as("m5 can only be m2's")
            .containsExactly(replicate(scene, "m4", "m1"));
    }

    @Test
    void oneForEachBeforeTwoForAny() {
        Scene scene = joined(joined(Scene.cluster(5, 1).forgotten("r1").forgotten("r2").forgotten("r4").forgotten("r5"), "m4"), "m5")
            .owns("m1", SlotSet.range(0, 5460), 1).owns("m2", SlotSet.range(5461, 10922), 2).owns("m3", SlotSet.range(10923, 16383), 3).asked(6, 1);
        assertThat(scene.decide().actions()).containsExactlyInAnyOrder(replicate(scene, "m4", "m1"), replicate(scene, "m5", "m2"));
    }

    @Test
    void aReplicaOfAMasterThatLostItsSlotsFollowsOneThatHasSome() {
        Scene scene = joined(Scene.cluster(4, 1), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(7, 1).forgotten("r2");
        assertThat(scene.decide().actions()).contains(replicate(scene, "r4", "m1")).contains(replicate(scene, "m4", "m2"));
    }

    @Test
    void notWhileWhoHasTheSlotsOfItsMasterIsGone() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").gone("m1").follows("r4", "m1").stillHasOwner("r4", "m1", SlotSet.range(0, 5460));
        assertThat(scene.decide().actions()).as("r4 may have the last copy").noneMatch(Action.Replicate.class::isInstance);
    }

    @Test
    void aShardWithMoreThanItsShareGivesOneToAnOrphan() {
        Scene scene = Scene.cluster(3, 1).follows("r2", "m1");
        assertThat(scene.decide()).isEqualTo(new Decision("attach", List.of(replicate(scene, "r1", "m2")), scene.called("m2")
            + " is orphaned and " + scene.called("m1") + " has more replicas than its share: " + scene.called("r1") + " moves", List.of()));
    }

    /**
     * Seed 475607: the former master of one shard, by then a replica of its heir, went to another with a higher epoch, while a server with a table of before was just
     * starting: by that one the former master had its slots back, and the heir followed it.
     */
    @Test
    void noneThatSomebodyStillTakesForTheOwnerOfSlots() {
        Scene scene = Scene.cluster(3, 1).follows("r2", "m1").state("r3", new RedisState.Starting()).stored("r3").stillHasOwner("r3", "r1", SlotSet.range(0, 5460));
        assertThat(scene.decide().actions()).contains(replicate(scene, "r2", "m2")).doesNotContain(replicate(scene, "r1", "m2"));
    }

    @Test
    void aMasterThatLostItsSlotsAndHasKeysIsLeftAloneAndTheOperatorIsTold() {
        Scene scene = joined(Scene.cluster(4, 1), "m4").owns("m3", SlotSet.range(8192, 16383), 3).gone("r4").forgotten("r4").keys("m4", 7);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("keys " + id("m4"), scene.called("m4") + " is a master without slots and has 7 keys, "
            + "which nobody may drop: delete its pod if they are not missed, and a blank one takes its place"));
        assertThat(scene.strays("m4", SlotSet.of(7)).decide().waits()).as("they are of slots on their way to it").noneMatch(w -> w.key().equals("keys " + id("m4")));
    }

    @Test
    void whoStillHasADeadNodeAtItsOwnAddressIsNotMadeAReplicaYet() {
        Scene scene = joined(Scene.cluster(4, 1).forgotten("r2").gone("r4"), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(6, 1)
            .moved("r4", Scene.cluster(4, 1).address("m4").host()).sent("forget " + id("r4"), 100);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("attach " + id("m4"), scene.called("m4")
            + " is joining: it does not know yet that who had its address is dead"));
    }

    @Test
    void whoDialsWhereItsMasterWasIsToldAgain() {
        Scene scene = Scene.cluster(3, 1).looksForItsMasterAt("r1", "10.9.9.9");
        assertThat(scene.decide()).extracting(Decision::actions, Decision::reason).containsExactly(List.of(replicate(scene, "r1", "m1")),
            scene.called("r1") + " looks for its master " + scene.called("m1") + " at 10.9.9.9:6379, where it was: it is told again");
        assertThat(scene.sent("replicate " + id("r1"), 1000).decide().actions()).as("once").isEmpty();
        assertThat(Scene.cluster(3, 1).looksForItsMasterAt("r1", scene.address("m1").host()).decide().actions()).as("a sync may take long").isEmpty();
    }

    /** Seed 612191: its master's pod had come back with another address, a new pod had got the old one, and the link was up to that one. */
    @Test
    void whoCopiesAnotherNodeAtItsMastersOldAddressIsNotInSync() {
        Scene scene = Scene.cluster(4, 1).copiesFrom("r1", Scene.cluster(4, 1).address("m4").host());
        assertThat(scene.decide().actions()).containsExactly(replicate(scene, "r1", "m1"));
        assertThat(Whole.pending(new Picture(scene.observation()))).contains(scene.called("r1") + " is not in sync with its master");
        assertThat(scene.leaving("m1").decide().actions()).as("no hand-over to it").containsExactly(replicate(scene, "r1", "m1"));
    }

    @Test
    void whoFollowsAReplicaThatIsJustBeingPromotedStaysThere() {
        Scene scene = Scene.cluster(3, 2).follows("r4", "r1");
        assertThat(scene.decide().actions()).as("for no reason").isNotEmpty();
        assertThat(scene.sent("promote for " + id("m1"), 100).sent("promote " + id("r1"), 100).decide().actions()).as("hand-over runs").isEmpty();
    }

    @Test
    void nobodyIsMovedAwayFromAMasterWhoseOtherReplicaIsNotInSyncYet() {
        assertThat(Scene.cluster(3, 1).follows("r2", "m1").linkDown("r2").decide().actions())
            .as("r1 stays where it has the only copy").doesNotContain(replicate(Scene.cluster(3, 1), "r1", "m2"));
    }

    @Test
    void nothingMovesWhenThatWouldOnlyMakeAnotherOrphan() {
        assertThat(Scene.cluster(3, 1).forgotten("r2").decide().actions()).isEmpty();
    }

    @Test
    void whoLeavesAndHasNobodyToHandOverToComesFirst() {
        Scene scene = joined(Scene.cluster(4, 0), "m4").owns("m3", SlotSet.range(8192, 16383), 3).asked(3, 0).leaving("m2");
        assertThat(scene.decide().actions()).containsExactly(replicate(scene, "m4", "m2"));
    }

    @Test
    void aSurplusReplicaMovesToAMasterThatLeavesAlone() {
        Scene scene = Scene.cluster(3, 1).asked(3, 0).leaving("m2").forgotten("r2").forgotten("r3");
        assertThat(scene.decide().actions()).containsExactly(replicate(scene, "r1", "m2"));
    }

    @Test
    void notWithoutAQuorum() {
        Scene scene = Scene.cluster(3, 1).gone("r1").gone("r2").gone("r3").blank("b1");
        assertThat(scene.decide().step()).isNotEqualTo("attach");
    }

    /**
     * Seen on Kubernetes: the first keys had come to a new master and no whole slot yet, and its replica was given to another master, from whom it got
     * one in exchange.
     */
    @Test
    void aNewMasterKeepsItsReplicaWhileItsFirstSlotIsOnItsWay() {
        Scene scene = Scene.cluster(3, 1).asked(8, 1).blank("b1").joined("b1").replica("b2", "b1");
        assertThat(scene.moving("m1", "b1", SlotSet.range(0, 1023)).decide().actions()).as("no key yet").noneMatch(Action.Replicate.class::isInstance);
        scene.keys("b1", 10).open("m1", "b1", SlotSet.of(1023));
        assertThat(scene.decide().actions()).noneMatch(Action.Replicate.class::isInstance);
        assertThat(scene.decide().waits()).noneMatch(wait -> wait.reason().contains("which nobody may drop"));
    }
}
