package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import org.junit.jupiter.api.Test;

/** A server that copies another, and is a master by its table: its own coordinator makes it a replica again, and no slot may go there meanwhile. */
class AstrayTest {

    private static Scene astray(int replicas) {
        Scene scene = Scene.cluster(3, replicas);
        return scene.masterOfNothing("r1").copiesFrom("r1", scene.address("m1").host());
    }

    /** StatefulSetKubeIT: it was told over and over to take them, and refused. */
    @Test
    void noSlotOfWhichItHasKeysIsMovedThere() {
        Scene scene = astray(1).strays("r1", SlotSet.range(0, 5460));
        assertThat(scene.decide().actions()).hasOnlyElementsOfType(Action.TellEpoch.class);
        assertThat(scene.decide().waits()).containsExactly(new Wait("astray " + id("r1"), scene.called("r1") + " copies " + scene.address("m1")
            + " and is a master by its table: its coordinator makes it that one's replica again; if it stays so, restart its redis-server"));
    }

    @Test
    void itIsNobodysMasterToComeAndTakesNoSlotsThatNobodyHas() {
        assertThat(astray(1).keys("r1", 0).asked(8, 1).decide().actions()).noneMatch(Action.MoveSlots.class::isInstance);
        Scene scene = astray(1).owns("m1", SlotSet.range(100, 5460), 1).strays("r1", SlotSet.range(0, 5460)).waited("unclaimed", 60_000);
        assertThat(scene.decide().actions()).hasSize(1).allMatch(action -> action instanceof Action.TakeSlots take && !take.node().equals(id("r1")));
    }

    @Test
    void whoeverItIsToFollowTakesAHigherEpoch() {
        Scene scene = astray(1).owns("r1", SlotSet.NONE, 50);
        String what = scene.called("m1") + " has the epoch 1, and one that copies it, and is a master by its table, has 50";
        assertThat(scene.decide().waits()).contains(new Wait("epoch " + id("m1"), what));
        assertThat(scene.waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS).decide()).extracting(Decision::reason)
            .isEqualTo(what + ": that one cannot lose a slot to it, and follow it again; it takes a new one");
        assertThat(scene.decide().actions()).contains(scene.bump("m1"));
        assertThat(astray(1).owns("r1", SlotSet.NONE, 0).decide().waits()).extracting(Wait::key).containsExactly("astray " + id("r1"));
    }

    /** Seed 7193, with more faults: another master took one too, stood still before it had told anybody, and overruled whoever had been elected in its place. */
    @Test
    void nobodyElseDoes() {
        Scene scene = astray(1).owns("r1", SlotSet.NONE, 50).owns("m1", SlotSet.range(0, 5460), 2).owns("m2", SlotSet.range(5461, 10922), 1);
        assertThat(scene.waited("epoch " + id("m1"), RepairEpochs.SETTLE_MS).decide().actions()).containsExactly(scene.bump("m1"));
    }

    /** Seed 286354, with more faults: its table had a stranger's epoch for its master, and that one believed its claim and dropped the keys of the slot. */
    @Test
    void itsCoordinatorIsToldTheEpochThatItsMasterHasByItsOwnWord() {
        Scene scene = astray(1).owns("r1", SlotSet.NONE, 2).owns("m1", SlotSet.range(0, 5460), 7).showsEpoch("r1", "m1", 41);
        Action tells = new Action.TellEpoch("r1", id("r1"), id("m1"), 7);
        assertThat(scene.decide().actions()).containsExactly(tells);
        assertThat(scene.unheard("m3").decide().actions()).as("whoever else is late").containsExactly(tells);
        assertThat(scene.sent("tell epoch " + id("r1"), 500).decide().actions()).as("just told").isEmpty();
        assertThat(astray(1).owns("r1", SlotSet.NONE, 7).owns("m1", SlotSet.range(0, 5460), 7).decide().actions()).noneMatch(Action.TellEpoch.class::isInstance);
        assertThat(astray(1).owns("m1", SlotSet.range(0, 5460), 7).unheard("m1").decide().actions()).as("it has not been heard").noneMatch(Action.TellEpoch.class::isInstance);
    }

    /** With keys Redis refuses it. */
    @Test
    void ofAMasterThatIsGoneItIsGivenToAnotherWhereItHasNoKey() {
        Scene scene = astray(2).copiesFrom("r1", "10.9.9.9").keys("r1", 0);
        assertThat(scene.decide().actions()).containsExactly(new Action.Replicate(scene.address("r1"), id("r1"), id("m1")));
        assertThat(scene.keys("r1", 10).decide().actions()).isEmpty();
    }

    /** Seed 23594, with more faults: it had taken one to lose it again, and an operator let its master drop just that. */
    @Test
    void slotsThatItHasAllTheSameGoToTheOneThatItCopies() {
        Scene scene = astray(1).owns("m1", SlotSet.range(1, 5460), 1).owns("r1", SlotSet.of(0), 50);
        assertThat(scene.decide().actions()).containsExactly(new Action.TakeSlots(scene.address("m1"), id("m1"), SlotSet.of(0), SlotSet.of(0), id("m2")));
        assertThat(scene.sent("take " + id("m1"), 100).decide().actions()).noneMatch(Action.TakeSlots.class::isInstance);
    }

    /** Started again, it can be given the slots. */
    @Test
    void aShardIsNotLostAsLongAsItHasTheLastCopy() {
        Scene scene = astray(1).gone("m1").proven("m1", "pod m1 is gone").waited("lost " + id("m1"), 600_000);
        String what = id("m1").brief() + " (" + scene.address("m1") + ") is dead (pod m1 is gone), and " + scene.called("r1")
            + " has a copy of it, and is a master by its table: its redis-server is started again";
        assertThat(scene.decide().actions()).containsExactly(new Action.Restart("r1", id("r1")));
        assertThat(scene.decide().reason()).isEqualTo(what);
        assertThat(scene.sent("restart " + id("r1"), 9_999).decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).contains(new Wait("lost " + id("m1"), what));
        assertThat(scene.sent("restart " + id("r1"), 10_000).decide().actions()).hasSize(1);
        assertThat(scene.leaving("r1").decide().actions()).as("nobody starts it again").noneMatch(Action.Restart.class::isInstance);
    }

    /**
     * Seed 93257, with more faults: all others had forgotten its master, nobody called that one failed any more, and it was started again and again. Seed 108269: that
     * one may be just starting again, and is not to be kept out.
     */
    @Test
    void whereItHasEndedThatItTakesTheSlots() {
        Scene scene = astray(1).hasEndedCopying("r1").gone("m1").proven("m1", "pod m1 is gone");
        Action takes = new Action.TakeSlots(scene.address("r1"), id("r1"), SlotSet.range(0, 5460), SlotSet.range(0, 5460), id("m1"));
        assertThat(scene.decide().actions()).containsExactly(takes);
        assertThat(scene.decide().reason()).isEqualTo(id("m1").brief() + " (" + scene.address("m1") + ") is dead (pod m1 is gone), and " + scene.called("r1")
            + " has a copy of it: it takes its 5461 slots");
        assertThat(scene.sent("take " + id("r1"), 10).decide().actions()).isEmpty();
        scene.sent("take " + id("r1"), 1000).leaving("r1");
        assertThat(scene.decide().actions()).as("nobody has to start it again").containsExactly(takes);
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains("r1 leaves, and has the only copy of the data of " + id("m1").brief() + " ("
            + scene.address("m1") + ") that is here");
        scene.provenForNow("m1", "container redis of pod m1 has ended");
        assertThat(scene.decide().actions()).as("it may be back, with more").isEmpty();
        assertThat(scene.waited("lost " + id("m1"), 10_000).decide().actions()).containsExactly(takes);
    }

    /** Where its master is by its table an operator, or gossip, has changed meanwhile. */
    @Test
    void itsKeysTellWhoseCopyItHas() {
        Scene scene = astray(1).copiesFrom("r1", "10.9.9.9").gone("m1").proven("m1", "pod m1 is gone").waited("lost " + id("m1"), 600_000);
        assertThat(scene.decide().actions()).noneMatch(Action.Restart.class::isInstance).isNotEmpty();
        assertThat(scene.strays("r1", SlotSet.of(17)).decide().actions()).containsExactly(new Action.Restart("r1", id("r1")));
        assertThat(scene.strays("r1", SlotSet.of(6000)).decide().actions()).noneMatch(Action.Restart.class::isInstance);
    }
}
