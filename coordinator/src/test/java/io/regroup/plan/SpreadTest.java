package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.plan.Action.Promotion;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When all is well again, what a failover has put together is taken apart. */
class SpreadTest {

    private static final long CALM = Spread.CALM_MS;

    @Test
    void aReplicaLeavesItsMastersMachineInExchangeForAnother() {
        Scene scene = Scene.cluster(3, 1).on("one", "m1", "r1").on("two", "m2", "r2").on("three", "m3", "r3").waited("spread", CALM);
        assertThat(scene.decide()).isEqualTo(new Decision("spread",
            List.of(new Action.Replicate(scene.address("r1"), id("r1"), id("m2"))),
            scene.called("r1") + " shares the machine or zone of its master " + scene.called("m1") + ": it moves to " + scene.called("m2"),
            List.of(new Decision.Wait("spread", scene.decide().reason()))));
        assertThat(scene.follows("r1", "m2").decide().actions()).as("and then").containsExactly(
            new Action.Replicate(scene.address("r2"), id("r2"), id("m1")));
    }

    @Test
    void mastersThatPiledUpOnOneMachineHandOver() {
        Scene scene = Scene.cluster(3, 1).on("one", "m1", "m2", "m3").on("two", "r1", "r2").on("three", "r3").waited("spread", CALM);
        assertThat(scene.decide()).extracting(Decision::actions, Decision::reason).containsExactly(
            List.of(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.HANDOVER)),
            "3 masters are on the machine one: " + scene.called("m1") + " hands over to " + scene.called("r1") + " on two");
    }

    @Test
    void nothingMovesBeforeAllHasBeenWellForAWhile() {
        Scene scene = Scene.cluster(3, 1).on("one", "m1", "m2", "m3").waited("spread", CALM - 1);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().reason()).contains("3 masters are on the machine one");
    }

    @Test
    void nothingMovesWhileAPodLeavesOrANodeIsMissing() {
        Scene scene = Scene.cluster(3, 1).on("one", "m1", "m2", "m3").waited("spread", CALM);
        assertThat(scene.leaving("r3").decide().step()).isNotEqualTo("spread");
        assertThat(Scene.cluster(3, 1).on("one", "m1", "m2", "m3").waited("spread", CALM).gone("r3").decide().step()).isNotEqualTo("spread");
    }

    @Test
    void aHandOverThatRunsIsNotSentAgain() {
        Scene scene = Scene.cluster(3, 1).on("one", "m1", "m2", "m3").waited("spread", CALM).sent("promote for " + id("m1"), 100);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Decision.Wait("handover " + id("m1"), scene.called("m1") + ", master of 5461 slots hands over"));
    }

    @Test
    void oneMachineIsNoReasonToMove() {
        assertThat(Scene.cluster(3, 1).on("one", "m1", "m2", "m3", "r1", "r2", "r3").waited("spread", CALM).decide())
            .isEqualTo(new Decision("none", List.of(), "nothing to do", List.of()));
    }

    @Test
    void twoMachinesCannotDoBetterThanTwoMastersOnOne() {
        assertThat(Scene.cluster(3, 1).on("one", "m1", "m2", "r3").on("two", "m3", "r1", "r2").waited("spread", CALM).decide().actions()).isEmpty();
    }

    @Test
    void machinesThatNobodyKnowsAreNotTheSame() {
        assertThat(Scene.cluster(3, 1).on("", "m1", "m2", "m3", "r1", "r2", "r3").waited("spread", CALM).decide().actions()).isEmpty();
    }
}
