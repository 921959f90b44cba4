package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeFlag;
import io.regroup.model.Primary;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Of two views that do not know of each other at most one is primary (S4). */
class QuorumTest {

    private static void isPrimary(Scene scene, boolean primary, String reason) {
        Outlook outlook = scene.look();
        assertThat(outlook.quorum()).isEqualTo(reason);
        assertThat(outlook.isPrimary()).isEqualTo(primary);
    }

    @Test
    void moreThanHalfOfTheLastPrimaryView() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1"), true, "4 of 6 members of the last primary view are here");
    }

    @Test
    void exactlyHalfIsNot() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2"), false, "3 of 6 members of the last primary view are here, "
            + "more than half is needed; missing without proof that their pods are gone: [m1, r1, r2]");
    }

    @Test
    void thoseWhosePodsAreGoneDoNotCount() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").proven("m1", "pod m1 is gone"), true,
            "3 of 5 members of the last primary view are here");
    }

    /** Seed 100302: two of four that had gone on were gone when the three that were cut off from them could ask. */
    @Test
    void othersMayHaveGoneOnWithThoseWhosePodsAreGone() {
        Scene scene = Scene.cluster(3, 2).gone("m1").gone("r1");
        List.of("m2", "r2", "r3", "r4").forEach(gone -> scene.gone(gone).proven(gone, "pod " + gone + " is gone"));
        isPrimary(scene, false, "3 of 5 members of the last primary view are here, but with [m2, r2, r3, r4], that are gone or have started anew, others "
            + "may have gone on before; missing without proof that their pods are gone: [m1, r1]");
    }

    @Test
    void unlessNoOtherPodIsThere() {
        Scene scene = Scene.cluster(3, 1);
        List.of("m1", "m2", "r1", "r2").forEach(gone -> scene.gone(gone).proven(gone, "pod " + gone + " is gone"));
        String unknown = "2 of 2 members of the last primary view are here, but with [m1, m2, r1, r2], that are gone or have started anew, others may "
            + "have gone on before";
        isPrimary(scene, false, unknown);
        assertThat(scene.look().podsDecide()).isTrue();
        isPrimary(scene.thereAre("m3", "r3", "b1"), false, unknown);
        isPrimary(scene.thereAre("m3", "r3"), true, unknown + "; but no pod is anywhere else");
        isPrimary(scene.thereAre(), false, unknown);
        isPrimary(scene.thereAre("r3"), false, unknown);
        scene.thereAre("m3", "r3");
        assertThat(scene.look().podsDecide()).isFalse();
    }

    @Test
    void norDoThoseProveAnythingThatHaveStartedAnewAndRememberNothing() {
        Scene scene = Scene.cluster(3, 1).gone("r1").gone("r2").remembersNothing("m1").remembersNothing("m2");
        isPrimary(scene, false, "4 of 6 members of the last primary view are here, but with [m1, m2], that are gone or have started anew, others "
            + "may have gone on before; missing without proof that their pods are gone: [r1, r2]");
        isPrimary(Scene.cluster(3, 1).gone("r1").remembersNothing("m1").remembersNothing("m2"), true,
            "5 of 6 members of the last primary view are here");
    }

    /** Seeds 97374, 97914: the last of a cluster, which leaves, was not primary any more, and those that came to replace all knew nothing of it. */
    @Test
    void newcomersAreToldOfTheLastPrimaryViewAlsoByOneThatIsNot() {
        Scene scene = Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").blank("b1").remembersNothing("b1").remembersNothing("m2");
        assertThat(scene.look().isPrimary()).isFalse();
        assertThat(scene.look().newcomers()).as("who was in it and has forgotten may have gone on with others").containsExactly("b1");
    }

    @Test
    void whereAllOfThemAreGoneThosePodsCountThatThereAre() {
        Scene scene = Scene.cluster(3, 0).leaving("m1").blank("b1").blank("b2").blank("b3").asked(3, 0);
        List.of("m2", "m3").forEach(gone -> scene.gone(gone).proven(gone, "pod " + gone + " is gone"));
        String outlived = "0 of 0 members of the last primary view are here, more than half is needed";
        isPrimary(scene, false, outlived);
        assertThat(scene.look().podsDecide()).isTrue();
        isPrimary(scene.thereAre("m1", "b1", "b2", "b3", "b4"), false, outlived);
        isPrimary(scene.thereAre("m1", "b1", "b2", "b3"), true, outlived + "; but no pod is anywhere else");
    }

    @Test
    void thatTheirProcessesEndedIsNoExcuseForTheyAreStartedAgain() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").provenForNow("m1", "container redis has ended"), false,
            "3 of 6 members of the last primary view are here, more than half is needed; missing without proof that their pods are gone: "
                + "[m1, r1, r2]");
    }

    @Test
    void thoseThatSaidGoodbyeDoNotCount() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").left("r1"), true, "3 of 5 members of the last primary view are here");
    }

    @Test
    void thoseThatAreLeavingDoNotCountEither() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").leaving("r2").leaving("r3"), false, "2 of 4 members of the last primary view are "
            + "here, more than half is needed; missing without proof that their pods are gone: [m1, r1]");
    }

    /** Seed 7555: one that is in the view and has not been heard may remember that others went on without these. */
    @Test
    void onlyThoseThatHaveBeenHeardAreCounted() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").unheard("r2"), false, "3 of 6 members of the last primary view are here, "
            + "more than half is needed; missing without proof that their pods are gone: [m1, r1]; not heard, and they may remember a later one: [r2]");
        isPrimary(Scene.cluster(3, 1).gone("m1").unheard("r2"), true, "4 of 6 members of the last primary view are here");
        isPrimary(Scene.blanks(6).asked(4, 1).unheard("b6"), false,
            "who has been heard remembers no primary view, and these have not been heard: [b6]");
        isPrimary(Scene.cluster(3, 1).remembersNothing().unheard("r2"), false,
            "who has been heard remembers no primary view, and these have not been heard: [r2]");
    }

    @Test
    void newcomersDoNotCount() {
        isPrimary(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").blank("b1").blank("b2").blank("b3"), false,
            "3 of 6 members of the last primary view are here, more than half is needed; missing without proof that their pods are gone: "
                + "[m1, r1, r2]");
    }

    @Test
    void whoRemembersNothingTakesTheNodesThatItsRedisKnows() {
        isPrimary(Scene.cluster(3, 1).remembersNothing().gone("m1").gone("r1"), true, "4 of the 6 nodes that the Redis servers here know are here");
        isPrimary(Scene.cluster(3, 1).remembersNothing().gone("m1").gone("r1").gone("r2"), false,
            "3 of the 6 nodes that the Redis servers here know are here, more than half is needed");
    }

    @Test
    void aMinorityOfThemIsEnoughWhereNoPodIsAnywhereElse() {
        Scene scene = Scene.cluster(3, 0).remembersNothing().gone("m2").gone("m3").blank("b1").blank("b2");
        isPrimary(scene, false, "1 of the 3 nodes that the Redis servers here know are here, more than half is needed");
        isPrimary(scene.thereAre("b1", "b2", "m1"), true, "1 of the 3 nodes that the Redis servers here know are here, and no pod is anywhere else");
        isPrimary(scene.thereAre("b1", "b2", "m1", "m2"), false, "1 of the 3 nodes that the Redis servers here know are here, more than half is needed");
        isPrimary(scene.thereAre("b1", "b2", "m1").asked(6, 1), false,
            "1 of the 3 nodes that the Redis servers here know are here, more than half is needed");
    }

    @Test
    void failedNodesWithoutSlotsAreNotCountedThere() {
        isPrimary(Scene.cluster(3, 1).remembersNothing().gone("m1").gone("r1").gone("r2").flag("r1", NodeFlag.FAIL).blank("b1"), true,
            "3 of the 5 nodes that the Redis servers here know are here");
    }

    /** Seed 163533, with more faults: a replica that had just started with its old table was alone, and called half of the cluster failed. */
    @Test
    void unlessNoMajorityOfTheMastersSaysSo() {
        isPrimary(Scene.cluster(3, 1).remembersNothing().gone("m1").gone("r1").gone("r2").flag("r1", NodeFlag.FAIL).atGate("m2").stored("m2"), false,
            "3 of the 6 nodes that the Redis servers here know are here, more than half is needed");
    }

    @Test
    void aFewThatKnowOnlyEachOtherAreNoMajorityOfACluster() {
        isPrimary(Scene.cluster(3, 0).remembersNothing().asked(6, 1), false,
            "3 of the 3 nodes that the Redis servers here know are here, and not more than half of those that are asked for");
        isPrimary(Scene.cluster(3, 0).remembersNothing().nobodyTellsHowMany(), true, "3 of the 3 nodes that the Redis servers here know are here");
        isPrimary(Scene.cluster(2, 0).remembersNothing().nobodyTellsHowMany(), false,
            "2 of the 2 nodes that the Redis servers here know are here, and nobody has told yet how many are asked for");
    }

    @Test
    void whereNothingIsKnownAllThatAreAskedForMustBeHere() {
        isPrimary(Scene.blanks(5).asked(6, 1), false, "5 of the 6 nodes asked for are here");
        isPrimary(Scene.blanks(6).asked(6, 1).thereAre("b1", "b2", "b3", "b4", "b5", "b6"), true, "6 of the 6 nodes asked for are here");
    }

    /**
     * Seed 747853: all were restarted, and the only volume that had anything knew just its own node, which had been about to join. That one alone was taken
     * for a cluster whose majority is here, and a new one was founded beside the pod that had the old one.
     */
    @Test
    void aVolumeThatKnowsNobodyAndOwnsNothingIsNoCluster() {
        Scene scene = Scene.blanks(3).asked(3, 0).atGate("b3").stored("b3");
        isPrimary(scene, false, "3 of the 3 nodes asked for are here, but whether there are other pods is not known yet");
        isPrimary(scene.thereAre("b1", "b2", "b3", "b4"), false, "3 of the 3 nodes asked for are here, and so are pods that are not in this view, "
            + "which may have a cluster: [b4]");
    }

    /** Seed 31381: scaled down before there was a cluster, and split: each half had as many as were asked for now. */
    @Test
    void whoLeavesIsNoneOfThoseThatAreAskedFor() {
        isPrimary(Scene.blanks(4).asked(3, 0).leaving("b1").leaving("b2"), false, "2 of the 3 nodes asked for are here");
        isPrimary(Scene.blanks(4).asked(3, 0).leaving("b1").thereAre("b1", "b2", "b3", "b4"), true, "3 of the 3 nodes asked for are here");
    }

    @Test
    void aNewPrimaryViewIsRememberedWithTheNextNumberAndWhoDeparted() {
        Outlook outlook = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").look();
        assertThat(outlook.remember()).hasValueSatisfying(primary -> {
            assertThat(primary.number()).isEqualTo(2);
            assertThat(primary.seats()).containsOnlyKeys("m1", "m2", "m3", "r2", "r3");
            assertThat(primary.departed()).containsOnlyKeys("r1");
        });
    }

    @Test
    void aNodeWhosePodHasLostItsDataIsRememberedAsLostForWhenThePodGoesToo() {
        Outlook outlook = Scene.cluster(3, 1).atGate("m1").look();
        assertThat(outlook.remember()).hasValueSatisfying(primary -> assertThat(primary.lost()).containsExactly(Scene.id("m1")));
        assertThat(Scene.cluster(3, 1).atGate("m1").stored("m1").look().remember()).as("its data is there").isEmpty();
        assertThat(Scene.cluster(3, 0).gone("m1").lost("m1").decide().waits()).extracting(Decision.Wait::reason)
            .contains(Scene.cluster(3, 0).calledByAddress("m1") + ", master of 5461 slots is dead (its own pod was seen without its data) "
                + "and no replica with its data is here");
    }

    @Test
    void aNewPrimaryViewCountsByTheOneBeforeUntilAllItsMembersRememberIt() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").gone("r2").gone("r3").blank("b1").blank("b2").blank("b3");
        isPrimary(scene, true, "3 of 5 members of the last primary view are here");
        Primary unsettled = scene.look().remember().orElseThrow();
        assertThat(unsettled.isSettled()).isFalse();
        assertThat(unsettled.before()).containsOnlyKeys("m1", "m2", "m3", "r1", "r2", "r3");

        Primary settled = scene.remembers(unsettled).look().remember().orElseThrow();
        assertThat(settled).as("all that are here have it").isEqualTo(unsettled.settled());
        assertThat(scene.remembers(settled).look().remember()).isEmpty();
        isPrimary(scene.remembers(settled).gone("m1").gone("m2"), true, "4 of 6 members of the last primary view are here");
        isPrimary(scene.remembers(unsettled), false, "1 of 5 members of the primary view before the last one, which not all have heard of, are here, "
            + "more than half is needed; missing without proof that their pods are gone: [m1, m2, r2, r3]");
    }

    @Test
    void notSettledWhileOneOfThemHasNotGotIt() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone");
        Primary unsettled = scene.look().remember().orElseThrow();
        assertThat(scene.remembers(unsettled).remembersNothing("m3").look().remember()).as("it is sent once more").contains(unsettled);
        assertThat(scene.remembers(unsettled.settled()).remembersNothing("m3").look().remember()).contains(unsettled.settled());
    }

    @Test
    void ifNobodyIsLeftOfTheOneBeforeNobodyGoesByIt() {
        Scene scene = Scene.cluster(3, 0).blank("b1").blank("b2").blank("b3");
        scene.remembers(scene.look().remember().orElseThrow());
        for (String gone : List.of("m1", "m2", "m3")) {
            scene.gone(gone).proven(gone, "pod " + gone + " is gone");
        }
        isPrimary(scene, true, "3 of 3 members of the last primary view are here");
    }

    @Test
    void whatIsRememberedAlreadyIsNotRememberedAgain() {
        assertThat(Scene.cluster(3, 1).look().remember()).isEmpty();
    }

    @Test
    void aMinorityRemembersNothingNew() {
        assertThat(Scene.cluster(3, 1).gone("m1").gone("r1").gone("r2").look().remember()).isEmpty();
    }

    @Test
    void whoDoesNotLeadDecidesNothing() {
        assertThat(Scene.cluster(3, 1).ended("m2").seenBy("m3").decide())
            .isEqualTo(new Decision("none", List.of(), "this member does not lead: m1 does", List.of()));
    }
}
