package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Probe;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Dead nodes without slots are struck from every table that names them, and only when their end is certain. */
class ForgetTest {

    private static SortedSet<Address> at(Scene scene, String... names) {
        SortedSet<Address> addresses = new TreeSet<>();
        Arrays.stream(names).map(scene::address).forEach(addresses::add);
        return addresses;
    }

    @Test
    void aDeadReplicaIsForgottenByAllThatNameIt() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").doesNotKnow("m3", "r1");
        assertThat(scene.decide()).isEqualTo(new Decision("forget",
            List.of(new Action.Forget(id("r1"), at(scene, "m1", "m2", "r2", "r3"))),
            "dead and without slots: " + scene.calledByAddress("r1") + " (pod r1 is gone)", List.of()));
    }

    /** Seed 40583, with more faults: the others had heard already which id a server had got by RESET HARD, and its own member had not. */
    @Test
    void notTheNewNameOfOneWhoseMemberTellsTheOldOne() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").moved("r1", Scene.cluster(3, 1).address("m3").host());
        assertThat(scene.decide().actions()).noneMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("renamed " + id("r1"), id("r1").brief() + " (" + scene.address("m3") + ") is dead, and is forgotten once "
            + scene.called("m3") + " has said again that it is another"));
        assertThat(scene.waited("renamed " + id("r1"), 500).decide().actions()).containsExactly(new Action.Forget(id("r1"), at(scene, "m1", "m2", "m3", "r2", "r3")));
    }

    @Test
    void oneThatNobodyAnswersForAndAllCallFailed() {
        Scene scene = Scene.cluster(3, 1).gone("r1").probe("r1", Probe.SILENT).flag("r1", NodeFlag.FAIL)
            .waited("return " + id("r1"), Forget.RETURN_MS);
        assertThat(scene.decide().reason())
            .isEqualTo("dead and without slots: " + scene.calledByAddress("r1") + " (every node calls it failed, and it does not answer)");
    }

    @Test
    void oneThatItsPodMayStartAgainWithItsDataIsForgottenAfterAMinute() {
        Scene scene = Scene.cluster(3, 1).gone("r1").provenForNow("r1", "both ports of r1 refuse connections").flag("r1", NodeFlag.FAIL);
        String reason = scene.calledByAddress("r1") + " is dead (both ports of r1 refuse connections), and its pod is not known to be gone: "
            + "it may be started again with its data, and is forgotten after 60 s";
        assertThat(scene.waited("return " + id("r1"), 59_999).decide())
            .isEqualTo(new Decision("none", List.of(), reason, List.of(new Wait("return " + id("r1"), reason))));
        assertThat(scene.waited("return " + id("r1"), 60_000).decide().step()).isEqualTo("forget");
    }

    /** On a busy machine a report is always late. */
    @Test
    void theMinuteGoesOnWhileAReportIsLateAndNobodyIsForgottenThen() {
        Scene scene = Scene.cluster(3, 1).gone("r1").provenForNow("r1", "both ports of r1 refuse connections").flag("r1", NodeFlag.FAIL).unheard("r2");
        String key = "return " + id("r1");
        assertThat(scene.decide().waits()).as("it has not begun").extracting(Wait::key).doesNotContain(key);
        scene.waited(key, 60_000);
        assertThat(scene.decide().waits()).extracting(Wait::key).contains(key);
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void oneWhosePodSaidThatItLeavesIsNotWaitedFor() {
        assertThat(Scene.cluster(3, 1).gone("r1").left("r1").provenForNow("r1", "both ports of r1 refuse connections").decide().step())
            .isEqualTo("forget");
    }

    @Test
    void silenceAloneIsNotEnough() {
        Scene scene = Scene.cluster(3, 1).gone("r1").probe("r1", Probe.SILENT);
        String reason = scene.calledByAddress("r1") + " has no slots and no member here: its member left the group and its Redis does not "
            + "answer; it is forgotten once its end is certain";
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(), reason, List.of(new Wait("forget " + id("r1"), reason))));
    }

    @Test
    void aReplicaWhoseCoordinatorAloneDiedStays() {
        assertThat(Scene.cluster(3, 1).gone("r1").probe("r1", Probe.ANSWERS).flag("r1", NodeFlag.FAIL).decide().actions()).isEmpty();
    }

    /**
     * Seed 290207: a pod that was leaving was cut off while the servers moved its slots. The target took them as soon as the cut had ended: the masters
     * still called their former owner failed, and its port had last been tried during the cut.
     */
    @Test
    void aLeaverWhoseSlotsHaveJustGoneIsTriedOnForASecond() {
        Scene scene = Scene.cluster(4, 0).gone("m4").left("m4").probe("m4", Probe.SILENT).flag("m4", NodeFlag.FAIL)
            .owns("m4", SlotSet.NONE, 4).owns("m3", SlotSet.range(8192, 16383), 5).asked(3, 0);
        assertThat(scene.decide().actions()).noneMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("silent " + id("m4"), scene.calledByAddress("m4") + " has no slots and is dead "
            + "(every node calls it failed, and it does not answer), which nothing proves: it is tried on for 1 s"));
        assertThat(scene.waited("silent " + id("m4"), Forget.SILENT_MS).decide().step()).isEqualTo("forget");
        assertThat(scene.waited("silent " + id("m4"), 0).proven("m4", "pod m4 is gone").decide().step()).as("with proof at once").isEqualTo("forget");
    }

    /**
     * All machines had been restarted with other addresses, and the group split before the nodes had met again. A pod that was leaving was on the other
     * side: its server ran where its member had been seen last, no table had it there, and at the old address nobody answered.
     */
    @Test
    void aLeaverThatAnswersWhereItsMemberWasSeenLastLivesWhateverTheTablesSay() {
        Scene scene = Scene.cluster(3, 1).gone("r1").left("r1").blank("x1").gone("x1").probe("x1", Probe.SILENT).unlinked("r1").flag("r1", NodeFlag.FAIL);
        scene.moved("r1", scene.address("x1").host());
        assertThat(scene.decide().actions()).as("its port has not been tried yet").isEmpty();
        assertThat(scene.look().unsure()).contains(scene.address("r1"), scene.address("x1"));
        assertThat(scene.probe("r1", Probe.ANSWERS).decide().actions()).isEmpty();
        assertThat(scene.probe("r1", Probe.SILENT).waited("silent " + id("r1"), Forget.SILENT_MS).decide().step()).isEqualTo("forget");
    }

    /** So it was, and another node had got its old address: the tables have none for it any more. */
    @Test
    void aLeaverWithoutAddressLivesWhereItsMemberWasSeenLast() {
        Scene scene = Scene.cluster(3, 1).gone("r1").left("r1").nowhere("r1").unlinked("r1");
        assertThat(scene.decide().actions()).as("its port has not been tried yet").isEmpty();
        assertThat(scene.look().unsure()).contains(scene.address("r1"));
        assertThat(scene.probe("r1", Probe.ANSWERS).decide().actions()).isEmpty();
        assertThat(scene.probe("r1", Probe.SILENT).waited("silent " + id("r1"), Forget.SILENT_MS).decide().step()).isEqualTo("forget");
    }

    @Test
    void aMasterWhomAReplicaStillFollowsIsForgottenAfterwards() {
        Scene scene = Scene.cluster(3, 1).forgotten("m1");
        scene = Scene.cluster(4, 1).gone("m4").proven("m4", "pod m4 is gone").owns("m4", SlotSet.NONE, 4)
            .owns("m3", SlotSet.range(8192, 16383), 3).asked(7, 1);
        Decision decision = scene.decide();
        assertThat(decision.step()).isEqualTo("attach");
        assertThat(decision.waits()).contains(new Wait("forget " + id("m4"),
            scene.calledByAddress("m4") + " is dead, and is forgotten once [" + scene.called("r4") + "] follow another master"));
    }

    /** Who forgets a node whose slots are nobody else's in its table does not know any more who has them, and tells clients that nobody does. */
    @Test
    void oneThatStillHasItsSlotsInATableIsForgottenWhenTheirOwnerIsKnownThere() {
        SlotSet gone = SlotSet.range(12288, 16383);
        Scene scene = Scene.cluster(4, 0).gone("m4").proven("m4", "pod m4 is gone").owns("m4", SlotSet.NONE, 4)
            .owns("m3", SlotSet.range(8192, 16383), 5).stillHasOwner("m2", "m4", gone).stillHasOwner("m2", "m3", SlotSet.range(8192, 12287)).asked(3, 0);
        Decision decision = scene.decide();
        assertThat(decision.step()).as("the news is told").isEqualTo("tell");
        assertThat(decision.waits()).contains(new Wait("heard " + id("m4"), scene.calledByAddress("m4") + " is dead, and is forgotten once ["
            + scene.called("m2") + "] have heard who has its slots now"));
        assertThat(scene.waited("heard " + id("m4"), Forget.HEARD_MS - 1).decide().step()).isEqualTo("tell");
        assertThat(scene.waited("heard " + id("m4"), Forget.HEARD_MS).decide().actions()).as("it refuses the news, and FORGET is the cure")
            .containsExactly(new Action.Forget(id("m4"), at(scene, "m1", "m2", "m3")));
    }

    /** Seed 20427, with more faults: who imports a slot hears of no owner of it, and with none it refuses also who is sent there by ASK. */
    @Test
    void notWhileItsSlotsAreOnTheirWayToOneThatStillHasThemForIts() {
        Scene scene = Scene.cluster(4, 0).gone("m4").proven("m4", "pod m4 is gone").owns("m4", SlotSet.NONE, 4)
            .owns("m3", SlotSet.range(8192, 16383), 5).stillHasOwner("m2", "m4", SlotSet.range(12288, 16383)).asked(3, 0)
            .open("m3", "m2", SlotSet.range(12288, 12290)).waited("heard " + id("m4"), Forget.HEARD_MS);
        assertThat(scene.decide().actions()).noneMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().waits()).contains(new Wait("heard " + id("m4"), scene.calledByAddress("m4") + " is dead, and is forgotten once what ["
            + scene.called("m2") + "] imports has come: there it has these slots as yet"));
        assertThat(scene.opensNothing("m2").opensNothing("m3").waited("heard " + id("m4"), Forget.HEARD_MS).decide().actions())
            .containsExactly(new Action.Forget(id("m4"), at(scene, "m1", "m2", "m3")));
    }

    /** Seed 1508: its coordinator had ended, and the server told the others all the same. */
    @Test
    void theirOwnerTellsThemAlsoWithoutItsMemberAndNotWhenItHasEnded() {
        Scene scene = Scene.cluster(4, 0).gone("m4").proven("m4", "pod m4 is gone").owns("m4", SlotSet.NONE, 4)
            .owns("m3", SlotSet.range(8192, 16383), 5).gone("m3").probe("m3", Probe.ANSWERS).stillHasOwner("m2", "m4", SlotSet.range(12288, 16383)).asked(3, 0);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("heard " + id("m4"));
        assertThat(scene.proven("m3", "pod m3 is gone").decide().actions()).containsExactly(new Action.Forget(id("m4"), at(scene, "m1", "m2")));
    }

    @Test
    void aMasterWithSlotsIsNeverForgottenHere() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").neverSynced("r1");
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void oneWithoutAddressIsForgottenWhenItsPodHadTimeToReturn() {
        Scene scene = Scene.cluster(3, 1).remembersNothing().gone("r1").nowhere("r1");
        assertThat(scene.decide().actions()).as("a whole restart gave its address to another one, and its pod is on its way").isEmpty();
        scene.waited("return " + id("r1"), Forget.RETURN_MS);
        assertThat(scene.decide().reason()).isEqualTo("dead and without slots: " + id("r1").brief() + " (nobody knows an address of it)");
    }

    /**
     * Seed 227751, with more faults: m1 waited at its gate while all whom it knew were replaced. Once the last of them was forgotten, it was taken for another
     * cluster, and met nobody.
     */
    @Test
    void theLastOneWhomOneThatHasNotStartedKnowsIsForgottenWhenItHas() {
        Scene scene = Scene.cluster(3, 1).owns("m3", SlotSet.range(0, 16383).minus(SlotSet.ALL.split(3).get(1)), 9).owns("m1", SlotSet.NONE, 0)
            .gone("r2").proven("r2", "pod r2 is gone").gone("r3").proven("r3", "pod r3 is gone").gone("r1").proven("r1", "pod r1 is gone");
        List.of("m2", "m3").forEach(other -> scene.doesNotKnow(other, "m1").doesNotKnow("m1", other));
        scene.doesNotKnow("m1", "r1").atGate("m1").stored("m1");
        String waits = " is dead, and is forgotten once m1 has started, whose server knows of nobody else that the others here know of";
        assertThat(scene.decide().actions()).extracting(Action::keys).containsExactly(List.of("forget " + id("r1")), List.of("forget " + id("r2")));
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains(scene.calledByAddress("r3") + waits);
        assertThat(scene.doesNotKnow("m1", "r2").decide().actions()).extracting(Action::keys).containsExactly(List.of("forget " + id("r1")), List.of("forget " + id("r2")));
        assertThat(scene.doesNotKnow("m1", "r3").decide().actions()).as("it is too late").hasSize(3);
    }

    /** Seed 131418, with more faults: r1 stood still, and answered a MEET of r2, which had ended meanwhile. A stranger had r2's address a second later. */
    @Test
    void aFirstContactWhereNobodyIsIsForgottenByTheOneThatHasIt() {
        Scene scene = Scene.cluster(3, 1).meets("r1", "r2").forgotten("r2");
        Action.Forget contact = new Action.Forget(new NodeId("f".repeat(39) + "0"), at(scene, "r1"));
        assertThat(scene.decide().actions()).containsExactly(contact);
        assertThat(Scene.cluster(3, 1).meets("r1", "r2").forgotten("r2").unheard("m3").decide().actions()).as("it may be m3's").doesNotContain(contact);
        assertThat(Scene.cluster(3, 1).meets("r1", "r2").decide().actions()).as("r2 is here").doesNotContain(contact);
        assertThat(Scene.cluster(3, 1).meets("r1", "r2").gone("r2").decide().actions()).as("its server may run").doesNotContain(contact);
    }

    @Test
    void notWithoutAQuorumNorWhileAnyoneIsUnheard() {
        assertThat(Scene.cluster(3, 1).gone("r1").gone("r2").gone("r3").probe("r1", Probe.SILENT).probe("r2", Probe.SILENT)
            .probe("r3", Probe.SILENT).flag("r1", NodeFlag.FAIL).decide().actions()).isEmpty();
        assertThat(Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").unheard("m2").decide().actions()).isEmpty();
    }

    @Test
    void again500MsLaterWhileSomebodyNamesIt() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone");
        assertThat(scene.sent("forget " + id("r1"), 499).decide().actions()).isEmpty();
        assertThat(scene.sent("forget " + id("r1"), 500).decide().actions()).hasSize(1);
    }

    @Test
    void aNodeWhosePodNobodyRemembersMayJustNotBeBackYet() {
        Scene scene = Scene.cluster(3, 1).remembersNothing().gone("r1").flag("r1", NodeFlag.FAIL).probe("r1", Probe.REFUSES);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.waited("return " + id("r1"), Forget.RETURN_MS).decide().step()).isEqualTo("forget");
    }
}
