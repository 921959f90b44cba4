package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Promotion;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Slots that servers move by themselves: chosen where both can, and in nobody's way when one dies. */
class AtomicTest {

    private static final SlotSet SOME = SlotSet.range(7, 9);

    private static Scene grown() {
        return Scene.cluster(3, 1).asked(8, 1).fresh("n1").replica("n2", "n1");
    }

    @Test
    void whereBothServersHaveTheSameCommandTheyMoveTheSlotsThemselves() {
        Scene scene = grown().able(MoveBy.MIGRATESLOTS, "n1", "m1").able(MoveBy.MIGRATION, "m2");
        assertThat(scene.decide().actions()).containsExactly(
            scene.moved("m3", "n1", SlotSet.range(15360, 16383)),
            scene.moved("m1", "n1", SlotSet.range(4437, 5460), MoveBy.MIGRATESLOTS),
            scene.moved("m2", "n1", SlotSet.range(9898, 10921)));
    }

    @Test
    void whatTheyMoveWhenALeaderBeginsIsWatchedToItsEnd() {
        Scene scene = Scene.cluster(3, 1).atomic(MoveBy.MIGRATION, "m1", "m2", SOME);
        assertThat(scene.decide().actions()).containsExactly(scene.moved("m1", "m2", SOME, MoveBy.MIGRATION));
        assertThat(scene.decide().reason()).endsWith("(7-9): their move is finished");
    }

    @Test
    void slotsThatStandOpenAreMovedAsTheyWereBegunAlthoughBothCan() {
        Scene scene = Scene.cluster(3, 1).able(MoveBy.MIGRATESLOTS, "m1", "m2", "m3").open("m1", "m2", SOME);
        assertThat(scene.decide().actions()).containsExactly(scene.moved("m1", "m2", SOME));
    }

    /** Seed 94698, with more faults: the move was refused and begun again every 10 ms, and nobody waited for long enough to close the slots. */
    @Test
    void redisMovesNoneWhileOthersStandOpenAtOneOfThem() {
        Scene scene = grown().able(MoveBy.MIGRATION, "m1", "m2", "m3", "n1").open("m1", "m3", SlotSet.of(15000)).opensNothing("m3");
        assertThat(scene.decide().actions()).noneMatch(scene.moved("m1", "n1", SlotSet.range(4437, 5460), MoveBy.MIGRATION)::equals)
            .contains(scene.moved("m2", "n1", SlotSet.range(9898, 10921), MoveBy.MIGRATION));
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().endsWith("when no slot stands open at " + scene.called("m1") + " any more"));
        assertThat(scene.waited("open " + id("m1"), 1000).decide().actions()).containsExactly(new Action.CloseSlots(scene.address("m1"), SlotSet.of(15000)));
    }

    @Test
    void nothingElseBeginsBesideIt() {
        Scene scene = grown().atomic(MoveBy.MIGRATESLOTS, "m1", "m2", SOME).sent("move " + id("m1") + " " + id("m2"), 10);
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void whoTakesSlotsOfADeadMasterIsToldToEndThatBeforeItsReplicaIsPromoted() {
        Scene scene = Scene.cluster(3, 1).atomic(MoveBy.MIGRATION, "m1", "m2", SOME).gone("m1").proven("m1", "pod m1 is gone");
        assertThat(scene.decide().actions()).containsExactly(new Action.CancelMoves(scene.address("m2"), MoveBy.MIGRATION));
        assertThat(scene.decide().reason()).endsWith("[" + scene.called("m2") + "] may still take slots of it: that is cancelled");
        assertThat(new Action.CancelMoves(scene.address("m2"), MoveBy.MIGRATION).commands().get(scene.address("m2")))
            .containsExactly(Command.of("CLUSTER", "MIGRATION", "CANCEL", "ALL"));

        assertThat(scene.sent("cancel " + scene.address("m2"), 50).decide().actions()).as("once").isEmpty();
        assertThat(scene.opensNothing("m2").decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void valkeysTargetEndsItByItselfAndIsWaitedForAMoment() {
        Scene scene = Scene.cluster(3, 1).atomic(MoveBy.MIGRATESLOTS, "m1", "m2", SOME).gone("m1").proven("m1", "pod m1 is gone");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().endsWith("[" + scene.called("m2") + "] may still take slots of it: first that ends"));
        assertThat(scene.waited("taken from " + id("m1"), 1000).decide().actions()).as("its slots are not opened: the source alone has the keys")
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
    }

    @Test
    void theReplicaOfADeadTargetDoesNotOpenThem() {
        Scene scene = Scene.cluster(3, 1).atomic(MoveBy.MIGRATION, "m1", "m2", SOME).gone("m2").proven("m2", "pod m2 is gone");
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r2"), id("r2"), id("m2"), Promotion.TAKEOVER));
    }

    @Test
    void whatGoesToNobodyIsCancelled() {
        Scene scene = Scene.cluster(3, 1).atomic(MoveBy.MIGRATESLOTS, "m1", "m2", SOME).opensNothing("m2").waited("open " + id("m1"), 1000);
        assertThat(scene.decide().actions()).containsExactly(new Action.CancelMoves(scene.address("m1"), MoveBy.MIGRATESLOTS));
        assertThat(new Action.CancelMoves(scene.address("m1"), MoveBy.MIGRATESLOTS).commands().get(scene.address("m1")))
            .isEqualTo(List.of(Command.of("CLUSTER", "CANCELSLOTMIGRATIONS")));
        assertThat(scene.sent("cancel " + scene.address("m1"), 10).decide().actions()).isEmpty();
    }

    @Test
    void aMasterThatLeavesHandsOverAfterThem() {
        Scene scene = Scene.cluster(3, 1).leaving("m1").atomic(MoveBy.MIGRATION, "m1", "m2", SOME);
        assertThat(scene.decide().actions()).containsExactly(scene.moved("m1", "m2", SOME, MoveBy.MIGRATION));
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().endsWith("when no slot of it is half moved"));
    }
}
