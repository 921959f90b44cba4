package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeFlag;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Nodes of one cluster that lost each other are introduced again; two clusters never (S6). */
class HealTest {

    @Test
    void aNodeWhoseAddressChangedIsMetAtItsNewOne() {
        Scene scene = Scene.cluster(3, 0).moved("m2", "10.0.0.99");
        TreeMap<io.regroup.model.Address, java.util.SortedSet<io.regroup.model.Address>> meetings = new TreeMap<>();
        meetings.put(scene.address("m1"), new TreeSet<>(Set.of(scene.address("m2"))));
        meetings.put(scene.address("m3"), new TreeSet<>(Set.of(scene.address("m2"))));
        assertThat(scene.decide()).isEqualTo(new Decision("heal", List.of(new Action.Meet(meetings)),
            "others do not know where to find " + scene.called("m2"), List.of()));
    }

    @Test
    void notWhileItIsUnderWay() {
        Scene scene = Scene.cluster(3, 0).moved("m2", "10.0.0.99").meets("m1", "m2").sent("meet 10.0.0.3:6379 10.0.0.2:6379", 900);
        assertThat(scene.decide().step()).isNotEqualTo("heal");
    }

    @Test
    void beforeForgetting() {
        Scene scene = Scene.cluster(3, 1).moved("r1", "10.0.0.99").flag("r1", NodeFlag.FAIL).gone("r2").proven("r2", "pod r2 is gone");
        assertThat(scene.decide().step()).isEqualTo("heal");
    }

    @Test
    void twoClustersAreNeverMerged() {
        Scene scene = Scene.cluster(2, 0).owns("m2", SlotSet.ALL, 2).owns("m1", SlotSet.ALL, 1).doesNotKnow("m1", "m2").doesNotKnow("m2", "m1");
        Decision decision = scene.decide();
        assertThat(decision.actions()).isEmpty();
        assertThat(decision.waits()).contains(new Wait("islands", "members of this group hold 2 clusters that know nothing of each other [["
            + scene.called("m1") + "], [" + scene.called("m2") + "]]: they are never merged, for the data of one would be lost; remove one of "
            + "them by hand"));
    }

    /** Three founders that have their slots and have not met. */
    private static Scene strangers() {
        Scene scene = Scene.cluster(3, 0).keys("m1", 0).keys("m2", 0).keys("m3", 0);
        for (String who : List.of("m1", "m2", "m3")) {
            for (String whom : List.of("m1", "m2", "m3")) {
                if (!who.equals(whom)) {
                    scene.doesNotKnow(who, whom);
                }
            }
        }
        return scene;
    }

    @Test
    void aBootstrapThatWasCutOffBeforeItsNodesMetIsBridged() {
        assertThat(strangers().decide().reason()).isEqualTo("a bootstrap was cut off before all its nodes had met");
    }

    @Test
    void placeholdersGoBeforeTheNodesMeet() {
        Scene scene = strangers().owns("m3", SlotSet.of(0), 3).keys("m1", 7);
        assertThat(scene.decide().actions()).containsExactly(new Action.Join(scene.address("m3"), true, new TreeSet<>()));
        assertThat(scene.sent("join " + scene.address("m3"), 10).decide().actions()).as("it may not have done so yet").isEmpty();
        assertThat(scene.owns("m3", SlotSet.NONE, 3).decide().reason()).isEqualTo("a bootstrap was cut off before all its nodes had met");
    }

    /** Seed 367278: all had restarted in the middle of the bootstrap, and nobody who was there had met this one; its slots had been given to another. */
    @Test
    void soDoSlotsOfAFounderThatCameTooLate() {
        Scene scene = Scene.cluster(3, 0).owns("m3", SlotSet.range(0, 5460), 3).keys("m3", 0);
        for (String other : List.of("m1", "m2")) {
            scene.doesNotKnow("m3", other).doesNotKnow(other, "m3");
        }
        assertThat(scene.decide().actions()).containsExactly(new Action.Join(scene.address("m3"), true, new TreeSet<>()));
        assertThat(scene.keys("m3", 1).decide().actions()).as("clients have written there").isEmpty();
        scene.keys("m3", 0).owns("m3", SlotSet.range(0, 5461), 3).owns("m2", SlotSet.range(5462, 10922), 2);
        assertThat(scene.decide().actions()).as("one slot is its own").isEmpty();
    }

    /** Seed 112509, with more faults: clients had written to two founders before they met, and all restarted then. */
    @Test
    void foundersMeetAlsoWhereClientsHaveFoundThemAlready() {
        Scene scene = strangers().keys("m1", 7).keys("m2", 7);
        assertThat(scene.decide().reason()).isEqualTo("a bootstrap was cut off before all its nodes had met");
        assertThat(scene.strays("m2", SlotSet.of(17)).decide().actions()).as("one has keys of the other's slots").isEmpty();
        scene.strays("m2", SlotSet.NONE);
        assertThat(scene.decide().step()).isEqualTo("heal");
        scene.fresh("m4").owns("m4", SlotSet.range(0, 5460), 4).gone("m4").doesNotKnow("m1", "m4").doesNotKnow("m3", "m4");
        assertThat(scene.decide().actions()).as("m2 is of another cluster, of which somebody had the other's slots").isEmpty();
    }

    @Test
    void aServerWithKeysInThatSlotIsNoPlaceholder() {
        assertThat(strangers().owns("m3", SlotSet.of(0), 3).keys("m1", 7).keys("m3", 1).decide().actions()).isEmpty();
    }

    @Test
    void notWithoutAQuorum() {
        assertThat(Scene.cluster(3, 1).moved("m2", "10.0.0.99").gone("r1").gone("r2").gone("r3").decide().step()).isNotEqualTo("heal");
    }

    /** r1 has taken the slots of m1, which has forgotten it and serves them as before. */
    private static Scene deposedUnawares() {
        return Scene.cluster(3, 1).masterOfNothing("r1").owns("r1", SlotSet.range(0, 5460), 101).doesNotKnow("m1", "r1");
    }

    /**
     * Seed 1104269: a master that was cut off while its replica was promoted was told to forget that one. It went on serving, for its view was not
     * primary as long as a machine did not answer, and what it took was lost.
     */
    @Test
    void whoServesWhatItWasToldToForgetTheOwnerOfMeetsThatOneAlsoWithoutAQuorum() {
        Scene scene = deposedUnawares().gone("m3").gone("r2").gone("r3");
        assertThat(scene.look().isPrimary()).isFalse();
        TreeMap<io.regroup.model.Address, java.util.SortedSet<io.regroup.model.Address>> meetings = new TreeMap<>();
        meetings.put(scene.address("m1"), new TreeSet<>(Set.of(scene.address("r1"))));
        assertThat(scene.decide().step()).isEqualTo("heal");
        assertThat(scene.decide().actions()).containsExactly(new Action.Meet(meetings));
        assertThat(scene.sent("meet " + scene.address("m1") + " " + scene.address("r1"), 100).decide().step()).isNotEqualTo("heal");
    }

    @Test
    void notWhereOneOfThemServesNobody() {
        for (String silent : List.of("m1", "r1")) {
            assertThat(deposedUnawares().servesNobody(silent).gone("m3").gone("r2").gone("r3").decide().step()).isNotEqualTo("heal");
        }
    }
}
