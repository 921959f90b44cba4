package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.regroup.lead.Chronicle;
import io.regroup.lead.Chronicle.Entry;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Promotion;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the leader has done is told once, and only when the nodes show it. */
class ChronicleTest {

    private final Chronicle chronicle = new Chronicle();

    private List<Entry> look(Scene scene) {
        return chronicle.look(scene.observation(), scene.look());
    }

    @Test
    void aPromotionIsToldWhenTheReplicaOwnsTheSlotsWithTheTimeSinceItsMasterWasMissed() {
        look(Scene.cluster(3, 1));
        Scene dead = Scene.cluster(3, 1).gone("m1").proven("m1", "the pod is gone");
        assertThat(look(dead)).isEmpty();
        chronicle.decided(dead.decide(), Scene.NOW + 20);
        assertThat(look(dead)).as("decided is not done").isEmpty();

        Scene done = Scene.cluster(3, 1).gone("m1").master("r1").at(Scene.NOW + 80);
        assertThat(look(done)).containsExactly(new Entry(false, "Promoted", dead.decide().reason() + "; done after 80 ms",
            Optional.of(done.pod("r1"))));
        assertThat(look(done)).as("again").isEmpty();
    }

    @Test
    void aHandOverIsTimedFromItsDecision() {
        look(Scene.cluster(3, 1));
        chronicle.decided(new Decision("promote", List.of(new Action.Promote(Scene.cluster(3, 1).address("r1"), id("r1"), id("m1"),
            Promotion.HANDOVER)), "m1 leaves", List.of()), Scene.NOW);
        assertThat(look(Scene.cluster(3, 1).master("r1").at(Scene.NOW + 30))).extracting(Entry::reason, Entry::sentence)
            .containsExactly(tuple("HandedOver", "m1 leaves; done after 30 ms"));
    }

    @Test
    void aForgottenNodeIsToldWhenNobodyNamesIt() {
        Decision decision = new Decision("forget", List.of(new Action.Forget(id("r1"), new TreeSet<>())), "r1 is dead", List.of());
        chronicle.decided(decision, Scene.NOW);
        assertThat(look(Scene.cluster(3, 1).gone("r1"))).isEmpty();
        assertThat(look(Scene.cluster(3, 1).forgotten("r1"))).extracting(Entry::reason).containsExactly("Forgotten");
    }

    @Test
    void whatHasToBeDecidedAgainIsToldOnce() {
        Decision decision = new Decision("forget", List.of(new Action.Forget(id("r1"), new TreeSet<>())), "r1 is dead", List.of());
        chronicle.decided(decision, Scene.NOW);
        chronicle.decided(decision, Scene.NOW + 500);
        assertThat(look(Scene.cluster(3, 1).forgotten("r1").at(Scene.NOW + 600))).extracting(Entry::sentence)
            .containsExactly("no table names " + id("r1").brief() + " any more: r1 is dead; done after 600 ms");
    }

    @Test
    void slotsThatGoToAnotherMasterAreAWarningWhenTheyHaveAnOwner() {
        Scene lost = Scene.cluster(3, 0).forgotten("m1");
        chronicle.decided(new Decision("repair", List.of(new Action.TakeSlots(lost.address("m2"), id("m2"), SlotSet.range(0, 5460), SlotSet.NONE,
            id("m3"))), "m2 takes them", List.of()), Scene.NOW);
        assertThat(look(lost)).isEmpty();
        assertThat(look(lost.owns("m2", SlotSet.range(0, 10921), 9))).extracting(Entry::warning, Entry::reason)
            .containsExactly(tuple(true, "SlotsReassigned"));
    }

    @Test
    void aShardThatIsGivenUpIsAWarningThatTellsItsSlotsAndKeys() {
        Scene lost = Scene.cluster(3, 0).gone("m1").proven("m1", "pod m1 is gone").had("m1", 77).waited("lost " + id("m1"), 10_000);
        chronicle.decided(lost.decide(), Scene.NOW);
        assertThat(look(Scene.cluster(3, 0).forgotten("m1"))).extracting(Entry::warning, Entry::reason, Entry::sentence).containsExactly(
            tuple(true, "ShardLost", "every copy of " + lost.calledByAddress("m1") + ", master of 5461 slots (0-5460) with about 77 keys, is gone "
                + "(pod m1 is gone): it is forgotten, its slots are free; done after 0 ms"));
    }

    @Test
    void aReplicaIsToldWhenItIsInSyncWithTheMasterThatItWasGiven() {
        Scene scene = Scene.cluster(3, 1);
        chronicle.decided(new Decision("attach", List.of(new Action.Replicate(scene.address("r1"), id("r1"), id("m1"))), "", List.of()), Scene.NOW);
        assertThat(look(Scene.cluster(3, 1).linkDown("r1"))).isEmpty();
        assertThat(look(scene)).extracting(Entry::reason).containsExactly("Attached");
    }

    @Test
    void whatIsNotSeenInAMinuteIsNotToldAnyMore() {
        chronicle.decided(new Decision("forget", List.of(new Action.Forget(id("r1"), new TreeSet<>())), "r1 is dead", List.of()), Scene.NOW);
        assertThat(look(Scene.cluster(3, 1).at(Scene.NOW + 60_001))).isEmpty();
        assertThat(look(Scene.cluster(3, 1).forgotten("r1").at(Scene.NOW + 60_002))).isEmpty();
    }

    @Test
    void aLongWaitIsAWarningOnce() {
        Scene scene = Scene.cluster(3, 0).gone("m1").proven("m1", "gone").waited("lost " + id("m1"), 10_000);
        assertThat(look(scene)).extracting(Entry::warning, Entry::reason).contains(tuple(true, "Waiting"));
        assertThat(look(scene)).isEmpty();
        assertThat(look(Scene.cluster(3, 0).gone("m2").proven("m2", "gone"))).as("too short").isEmpty();
    }
}
