package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import io.regroup.lead.Chronicle.Entry;
import io.regroup.lead.Departures;
import io.regroup.lead.Departures.Departure;
import io.regroup.model.SlotSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whoever scales down sees how far the pods are that go, and is told what a grace period that was too short has cost. */
class DeparturesTest {

    private static final SlotSet FIRST_THIRD = SlotSet.range(0, 5460);

    private final Departures departures = new Departures();

    private static Scene leaving() {
        return Scene.cluster(3, 0).leaving("m1").keys("m1", 900);
    }

    private List<Entry> look(Scene scene) {
        return departures.look(scene.observation(), Optional.empty());
    }

    private List<Entry> look(Scene scene, long needed) {
        return departures.look(scene.observation(), Optional.of(needed));
    }

    @Test
    void whatPassesInAMomentIsNotTold() {
        assertThat(look(leaving())).isEmpty();
        assertThat(look(leaving().at(Scene.NOW + 1400))).isEmpty();
        assertThat(look(leaving().owns("m1", SlotSet.NONE, 1).owns("m2", SlotSet.range(0, 10922), 9).at(Scene.NOW + 1600))).isEmpty();
    }

    @Test
    void progressAndTheTimeLeftAreToldOnThePodEveryTenSeconds() {
        look(leaving());
        departures.onGrace("m1", 60_000, Scene.NOW);
        assertThat(look(leaving().at(Scene.NOW + 2000), 30_000)).containsExactly(new Entry(false, "Leaving",
            "m1 still holds 5461 slots (0-5460) with about 900 keys, and has 58 s left; at this pace it needs 30 s", Optional.of(leaving().pod("m1"))));
        assertThat(look(leaving().at(Scene.NOW + 11_000))).isEmpty();
        assertThat(look(leaving().owns("m1", SlotSet.range(0, 99), 1).keys("m1", 20).at(Scene.NOW + 12_000))).extracting(Entry::sentence)
            .containsExactly("m1 still holds 100 slots (0-99) with about 20 keys, and has 48 s left");
    }

    @Test
    void ofALongGracePeriodATenthPassesBetweenTwo() {
        look(leaving());
        departures.onGrace("m1", 600_000, Scene.NOW);
        assertThat(look(leaving().at(Scene.NOW + 2000))).hasSize(1);
        assertThat(look(leaving().at(Scene.NOW + 50_000))).isEmpty();
        assertThat(look(leaving().at(Scene.NOW + 62_000))).hasSize(1);
    }

    @Test
    void aPodWhoseTimeWillNotDoIsAWarningOnce() {
        look(leaving());
        departures.onGrace("m1", 30_000, Scene.NOW);
        assertThat(look(leaving().at(Scene.NOW + 2000), 90_000)).as("the first guess is rough").extracting(Entry::reason).containsExactly("Leaving");
        assertThat(look(leaving().at(Scene.NOW + 6000), 90_000)).containsExactly(new Entry(true, "LeavesTooEarly",
            "m1 still holds 5461 slots (0-5460) with about 900 keys, and has 24 s left; at this pace it needs 90 s: what has not moved by then and"
                + " has no other copy is lost", Optional.of(leaving().pod("m1"))));
        assertThat(look(leaving().at(Scene.NOW + 7000), 90_000)).isEmpty();
        assertThat(look(leaving().at(Scene.NOW + 16_000), 90_000)).extracting(Entry::reason).containsExactly("Leaving");
    }

    @Test
    void whatThePodHadWhenItsTimeWasOverAndNobodyElseHasIsLost() {
        look(leaving());
        departures.onGrace("m1", 30_000, Scene.NOW);
        look(leaving().owns("m1", SlotSet.range(0, 99), 1).keys("m1", 20).at(Scene.NOW + 30_000));
        Scene gone = leaving().owns("m1", SlotSet.range(0, 99), 1).owns("m2", SlotSet.range(90, 10921), 9).gone("m1").at(Scene.NOW + 30_500);
        assertThat(look(gone)).containsExactly(new Entry(true, "LeftWithSlots", "m1 ended with 90 slots (0-89) with about 20 keys that had not moved, and no"
            + " copy of them is left; it ended when its grace period was over: give it a longer terminationGracePeriodSeconds",
            Optional.of(leaving().pod("m1"))));
        assertThat(look(gone)).as("again").isEmpty();
        assertThat(departures.now(Scene.NOW)).isEmpty();
    }

    @Test
    void aPodThatEndsLongBeforeItsTimeDidNotHaveTooLittle() {
        look(leaving());
        departures.onGrace("m1", 30_000, Scene.NOW);
        assertThat(look(leaving().gone("m1").at(Scene.NOW + 5000))).extracting(Entry::sentence).singleElement().asString()
            .endsWith("no copy of them is left; it ended 25 s before its grace period was over");
    }

    @Test
    void nothingIsLostWhileAReplicaHasACopy() {
        Scene copied = Scene.cluster(3, 1).leaving("m1");
        look(copied);
        assertThat(look(Scene.cluster(3, 1).gone("m1"))).isEmpty();
    }

    @Test
    void aCopyInAPodThatLeavesTooIsNoneOnceThatHasEnded() {
        look(Scene.cluster(3, 1).leaving("m1").leaving("r1"));
        departures.onGrace("m1", 2000, Scene.NOW);
        assertThat(look(Scene.cluster(3, 1).leaving("r1").gone("m1").at(Scene.NOW + 2000))).isEmpty();
        assertThat(departures.now(Scene.NOW + 2000)).extracting(left -> left.pod().name()).containsExactly("r1");
        Scene both = Scene.cluster(3, 1).gone("m1").gone("r1").at(Scene.NOW + 2100);
        assertThat(look(both)).extracting(Entry::reason, Entry::pod).containsExactly(tuple("LeftWithSlots", Optional.of(leaving().pod("m1"))));
        assertThat(look(both)).as("again").isEmpty();
    }

    @Test
    void whatTheReplicaInAPodThatLeavesTooHadTakenOverIsLostWithThatOne() {
        look(Scene.cluster(3, 1).leaving("m1").leaving("r1"));
        look(Scene.cluster(3, 1).leaving("r1").gone("m1"));
        look(Scene.cluster(3, 1).leaving("r1").gone("m1").master("r1"));
        assertThat(look(Scene.cluster(3, 1).gone("m1").gone("r1"))).extracting(Entry::reason, Entry::pod)
            .containsExactly(tuple("LeftWithSlots", Optional.of(Scene.cluster(3, 1).pod("r1"))));
    }

    @Test
    void thePodThatHasTheNameOfTheLastOneDoesNotLeave() {
        look(leaving());
        assertThat(look(Scene.cluster(3, 0).at(Scene.NOW + 3000))).isEmpty();
        assertThat(departures.now(Scene.NOW + 3000)).isEmpty();
    }

    @Test
    void whoDeletesTheDeploymentWantsNothingKept() {
        look(leaving());
        assertThat(look(leaving().gone("m1").asked(0, 0))).isEmpty();
    }

    @Test
    void aReplicaThatNeverSyncedIsNoCopy() {
        look(Scene.cluster(3, 1).leaving("m1"));
        assertThat(look(Scene.cluster(3, 1).neverSynced("r1").gone("m1"))).extracting(Entry::reason).containsExactly("LeftWithSlots");
    }

    @Test
    void inANewViewAllAreHeardBeforeAnythingIsCalledLost() {
        look(Scene.cluster(3, 1).leaving("m1"));
        assertThat(look(Scene.cluster(3, 1).unheard("r1").gone("m1"))).isEmpty();
        assertThat(look(Scene.cluster(3, 1).gone("m1"))).isEmpty();
    }

    @Test
    void theGracePeriodIsAskedForUntilItIsKnown() {
        look(leaving());
        assertThat(departures.unasked(Scene.NOW)).containsExactly(entry("m1", leaving().pod("m1")));
        assertThat(departures.unasked(Scene.NOW + 4000)).isEmpty();
        assertThat(departures.unasked(Scene.NOW + 5000)).containsOnlyKeys("m1");
        departures.onGrace("m1", 9000, Scene.NOW + 5500);
        assertThat(departures.unasked(Scene.NOW + 20_000)).isEmpty();
        assertThat(departures.now(Scene.NOW + 6500)).containsExactly(new Departure(leaving().pod("m1"), FIRST_THIRD, 900, Optional.of(8000L)));
    }

    @Test
    void theStatusSaysWhenNothingIsHeldAnyMore() {
        assertThat(new Departure(leaving().pod("m1"), SlotSet.NONE, 0, Optional.of(0L)).words())
            .isEqualTo("holds nothing that others need, and its grace period is over");
    }
}
