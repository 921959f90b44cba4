package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.SlotSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod that leaves, leaves empty-handed (S7). */
class ReleaseTest {

    @Test
    void aReplicaThatNobodyNeedsMayGoAtOnce() {
        assertThat(Scene.cluster(3, 1).asked(5, 1).leaving("r1").decide())
            .isEqualTo(new Decision("release", List.of(new Action.Release("r1", false)), "may end: r1 (owns no slot)", List.of()));
    }

    /** Seed 96527: the servers moved slots by themselves, and it had them a moment after it had said that it had none. */
    @Test
    void whoIsJustTakingSlotsWaitsForThem() {
        Scene scene = Scene.cluster(3, 0).asked(3, 0).fresh("m4").leaving("m4").atomic(MoveBy.MIGRATESLOTS, "m1", "m4", SlotSet.range(10, 19));
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Decision.Wait("leave m4", "m4 leaves when 10 slots that are on their way to it have arrived, and gone on"));
        assertThat(scene.opensNothing("m4").opensNothing("m1").decide().actions()).contains(new Action.Release("m4", false));
    }

    /** As in seed 404278: the keys of a slot can have come since it said that it had none. */
    @Test
    void whoIsTheTargetOfMovesWaitsUntilTheyHaveStopped() {
        Scene scene = Scene.cluster(3, 0).asked(3, 0).fresh("m4").leaving("m4").moving("m1", "m4", SlotSet.range(10, 19));
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Decision.Wait("stopping " + Scene.id("m4"), "m4 leaves when the moves to it have stopped"));
        assertThat(Planner.waitsForMoves(scene.decide())).isTrue();
    }

    @Test
    void whoIsTheTargetOfWhatIsBeingFinishedWaitsForItsEnd() {
        Scene scene = Scene.cluster(3, 0).asked(3, 0).fresh("m4").leaving("m4").open("m1", "m4", SlotSet.range(10, 19)).moving("m1", "m4", SlotSet.range(10, 19));
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Decision.Wait("leave m4", "m4 leaves when the moves to it have ended"));
        assertThat(Planner.waitsForMoves(scene.decide())).isFalse();
    }

    @Test
    void aReplicaWaitsForItsReplacementButNotForEver() {
        Scene scene = Scene.cluster(3, 1).leaving("r1");
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(), "r1 leaves when " + scene.called("m1")
            + " has another replica in sync", List.of(new Decision.Wait("leave r1", "r1 leaves when " + scene.called("m1")
                + " has another replica in sync"))));
        assertThat(scene.follows("r2", "m1").linkDown("r2").decide().actions()).as("not in sync yet").noneMatch(Action.Release.class::isInstance);
        assertThat(Scene.cluster(3, 1).leaving("r1").follows("r2", "m1").decide().actions()).contains(new Action.Release("r1", false));
        assertThat(Scene.cluster(3, 1).leaving("r1").waited("leave r1", 10_000).decide().actions()).containsExactly(new Action.Release("r1", false));
    }

    @Test
    void aMasterMayNotWhileItOwnsSlots() {
        assertThat(Scene.cluster(3, 0).leaving("m1").decide().actions()).isEmpty();
    }

    @Test
    void norMayAMasterWhoseServerIsDownAndWhoseDataIsKept() {
        assertThat(Scene.cluster(3, 0).leaving("m1").atGate("m1").stored("m1").decide().actions())
            .containsExactly(new Action.Permit("m1", "start-of-m1", false));
    }

    /** Seed 801543: all had been started again, each with what its append-only file had of the last second. */
    @Test
    void norMayAReplicaOfADeadMasterWhileTheOthersWereStartedAgainAsWell() {
        Scene scene = Scene.cluster(3, 2).gone("m1").proven("m1", "pod m1 is gone").linkDown("r1").linkDown("r4").leaving("r4");
        assertThat(scene.decide().waits()).noneMatch(w -> w.key().equals("leave r4"));
        assertThat(scene.offset("r1", 0).offset("r4", 0).decide().waits()).anyMatch(w -> w.reason().equals("r4 leaves, and may have more of the data of "
            + scene.calledByAddress("m1") + " than those who stay, which were started again: first one takes its place"));
    }

    /** Seed 160807, with more faults: it was a master by its table, without slots, stood still, and had the last copy. */
    @Test
    void norMayOneThatDoesNotAnswerWhileNobodyHasTheDataOfAShard() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").masterOfNothing("r1").leaving("r1").stored("r1", SlotSet.NONE, 0)
            .state("r1", new RedisState.Silent("no answer"));
        assertThat(scene.decide().waits()).contains(new Decision.Wait("leave r1", "r1 leaves when its Redis answers: it may have the only copy of the data of "
            + scene.calledByAddress("m1")));
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.waited("leave r1", 10_000).look().decision().waits()).extracting(Decision.Wait::key).as("not for ever").doesNotContain("leave r1");
        Scene whole = Scene.cluster(3, 1).leaving("r1").state("r1", new RedisState.Silent("no answer")).follows("r2", "m1");
        assertThat(whole.decide().actions()).as("all have a copy").contains(new Action.Release("r1", false));
    }

    /** Seed 21294, with more faults: it was let go while the shard waited for the one that had been promoted. */
    @Test
    void norMayWhoFollowsTheMasterBeforeOneThatIsGone() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").proven("m1", "pod m1 is gone").follows("r4", "m1")
            .leaving("r4");
        String why = "r4 leaves, and has the only copy of the data of " + scene.calledByAddress("r1") + " that is here";
        assertThat(scene.decide().waits()).as("it has no key of it").noneMatch(w -> w.reason().equals(why));
        scene.strays("r4", SlotSet.of(17));
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().equals(why));
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        scene.strays("r4", SlotSet.NONE).stillHasOwner("r4", "m1", SlotSet.range(0, 5460));
        assertThat(scene.decide().waits()).as("it has not heard of the promotion").anyMatch(w -> w.reason().equals(why));
    }

    /** Seed 501748: its replica had been promoted and was gone a moment later. */
    @Test
    void norMayWhoWasTheMasterBeforeOneThatIsGone() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").state("m1", new RedisState.Starting()).stored("m1").gone("r1")
            .stillHasOwner("m2", "r1", SlotSet.range(0, 5460));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason()
            .equals("m1 leaves, and has the only copy of the data of " + scene.calledByAddress("r1") + " that is here"));
    }

    /**
     * A false UPDATE had made it its own replica's replica, that one lost its volume, and nobody owned the slots any more: it was let go as one that owns
     * none, with the last keys of them.
     */
    @Test
    void norMayWhoHasKeysAndFollowsNoOwnerWhileSlotsAreNobodys() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 1).replica("m1", "r1").keys("m1", 10).gone("r1").lost("r1").leaving("m1");
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason()
            .equals("m1 leaves when the 5461 slots that no node owns have one: it may have the only copy of their data"));
        assertThat(scene.waited("unclaimed", 1000).decide().actions()).containsExactly(new Action.LeaveCircle(scene.address("m1"), id("m1"), id("r1")));
        assertThat(scene.masterOfNothing("m1").sent("leave circle " + id("m1"), 10).decide().actions()).as("its keys have not been looked at yet")
            .noneMatch(Action.Release.class::isInstance);
    }

    @Test
    void norMayOneWhoseServerIsDownAndKeepsThem() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 1).replica("m1", "r1").keys("m1", 10).gone("r1").lost("r1").leaving("m1")
            .state("m1", new RedisState.Ended()).stored("m1");
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().startsWith("m1 leaves when the 5461 slots that no node owns have one"));
    }

    @Test
    void whoHasNoKeyMayGoAlthoughSlotsAreNobodys() {
        Scene scene = Scene.cluster(3, 1).forgotten("m1").forgotten("r1").fresh("m4").keys("m4", 0).leaving("m4");
        assertThat(scene.decide().actions()).containsExactly(new Action.Release("m4", false));
    }

    @Test
    void whenAllLeaveAndNobodyComesInTheirPlaceAllMayGo() {
        Scene scene = Scene.cluster(3, 0).leaving("m1").leaving("m2").leaving("m3");
        assertThat(scene.decide().actions()).as("new pods may be on their way").isEmpty();
        assertThat(scene.waited("all leave", 10_000).decide().reason()).isEqualTo("may end: m1 (all go), m2 (all go), m3 (all go)");
    }

    @Test
    void oneThatWasCutOffDoesNotMistakeItselfForAll() {
        Scene scene = Scene.cluster(3, 0).leaving("m1").gone("m2").gone("m3").probe("m2", Probe.SILENT).probe("m3", Probe.SILENT);
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
    }

    @Test
    void whenNoneAreAskedForAllMayGo() {
        assertThat(Scene.cluster(3, 0).asked(0, 0).leaving("m1").decide().actions()).containsExactly(new Action.Release("m1", true));
    }

    /** Seed 700726: it was deleted in the moment in which it was asked to take over. */
    @Test
    void whoHasJustBeenAskedToBecomeAMasterWaitsUntilItIsSeenWhatCameOfThat() {
        Scene scene = Scene.cluster(3, 1).leaving("r1").asked(4, 0).sent("promote " + id("r1"), 90);
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().equals("r1 leaves, and has just been asked to become a master: "
            + "first it is to be seen what came of that"));
    }
}
