package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeFlag;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Slots that nobody serves get a master; a shard is given up only when no copy can return (S1). */
class RepairSlotsTest {

    private static Scene lost() {
        return Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").gone("r1").proven("r1", "pod r1 is gone");
    }

    @Test
    void aLostShardWaitsForItsGrace() {
        Scene scene = lost().waited("lost " + id("m1"), 9999).sent("forget " + id("r1"), 10);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().equals("every copy of " + scene.calledByAddress("m1")
            + ", master of 5461 slots (0-5460) with an unknown number of keys, is gone (pod m1 is gone); its slots wait 10 s for one to return"));
    }

    /** Seed 495849: three shards were lost, and each one's grace began when the one before had been given up. */
    @Test
    void theGracesOfAllLostShardsRunAtOnce() {
        Scene scene = Scene.cluster(5, 0).gone("m1").proven("m1", "pod m1 is gone").gone("m2").proven("m2", "pod m2 is gone")
            .waited("lost " + id("m1"), 10_000).waited("lost " + id("m2"), 9999);
        assertThat(scene.decide().actions()).hasSize(1).allMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("lost " + id("m1"), "lost " + id("m2"));
    }

    /** On a busy machine a report is always late. */
    @Test
    void theGraceGoesOnWhileAReportIsLateAndNothingIsGivenUpThen() {
        Scene scene = lost().unheard("r2").waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).filteredOn(wait -> wait.key().equals("lost " + id("m1"))).extracting(Wait::reason)
            .allMatch(reason -> reason.endsWith("; it is given up as soon as all members have been heard")).hasSize(1);
    }

    @Test
    void howLongSlotsAreNobodysCountsOnWhileSomethingElseComesFirst() {
        Scene scene = Scene.cluster(9, 0).forgotten("m3").gone("m1").proven("m1", "pod m1 is gone").waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).hasSize(1).allMatch(Action.Forget.class::isInstance);
        assertThat(scene.decide().waits()).extracting(Wait::key).contains("unclaimed");
        assertThat(scene.unheard("m2").decide().waits()).extracting(Wait::key).contains("unclaimed");
    }

    /** Seed 80132: it was cut off for longer than the grace, and its server was started again just then. */
    @Test
    void theGraceBeginsWithTheProof() {
        Scene scene = Scene.cluster(3, 0).gone("m1").probe("m1", Probe.SILENT);
        List<Wait> suspected = scene.decide().waits();
        assertThat(suspected).anyMatch(w -> w.reason().contains("is dead"));
        suspected.forEach(w -> scene.waited(w.key(), 60_000));
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.proven("m1", "container redis of pod m1 has ended").decide().actions()).isEmpty();
    }

    @Test
    void thenItsMasterIsForgotten() {
        Scene scene = lost().waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Forget(id("m1"),
            new TreeSet<>(Set.of(scene.address("m2"), scene.address("m3"), scene.address("r2"), scene.address("r3")))));
        assertThat(scene.decide().reason()).isEqualTo("every copy of " + scene.calledByAddress("m1")
            + ", master of 5461 slots (0-5460) with an unknown number of keys, is gone (pod m1 is gone): it is forgotten, its slots are free");
    }

    @Test
    void whoStillFollowsTheMasterBeforeGoesOnWithItsData() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").proven("m1", "pod m1 is gone")
            .follows("r4", "m1").stillHasOwner("r4", "m1", SlotSet.range(0, 5460)).waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), id("m1"), Promotion.TAKEOVER, List.of()));
        assertThat(scene.decide().reason()).endsWith(scene.called("r4") + " goes on with the data of the master before it");
        assertThat(scene.leaving("r4").decide().actions()).as("also where it leaves, as nobody else has them")
            .containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), id("m1"), Promotion.TAKEOVER, List.of()));
    }

    /** Seed 768775: each had slots by the other's table and by its own the other had them, and each was told in turn to add what its table had no room for. */
    @Test
    void slotsThatTwoGiveToEachOtherAreTakenAndNotAdded() {
        Scene scene = Scene.cluster(3, 0).owns("m1", SlotSet.NONE, 5).stillHasOwner("m2", "m1", SlotSet.range(0, 5460))
            .stillHasOwner("m1", "m2", SlotSet.range(0, 10922)).waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).singleElement().isInstanceOfSatisfying(Action.TakeSlots.class, take -> {
            assertThat(take.node()).isEqualTo(scene.address("m1"));
            assertThat(take.slots()).isEqualTo(SlotSet.range(0, 5460));
            assertThat(take.drop()).isEqualTo(SlotSet.range(0, 5460));
        });
    }

    /**
     * A server came back with an old table, and took the epoch of a stranger at the dead master's address for that one's. A replica believed it, and was to
     * go on with the few keys that it had, beside the heir that served.
     */
    @Test
    void whoServesItsSlotsAllTheSameGoesOn() {
        Scene scene = Scene.cluster(3, 2).master("r1").keys("r1", 100).gone("m1").proven("m1", "pod m1 is gone").doesNotKnow("r1", "m1")
            .follows("r4", "m1").stillHasOwner("r4", "m1", SlotSet.range(0, 5460)).showsEpoch("r4", "m1", 200).neverSynced("r4")
            .strays("r4", SlotSet.range(0, 100)).waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(scene.bump("r1"));
        assertThat(scene.decide().reason()).endsWith(scene.called("r1") + " serves them with an older claim, and takes a new epoch");
        assertThat(scene.sent("bump " + id("r1"), 100).decide().actions()).as("it is seen what came of it").isEmpty();
    }

    /** Seed 8981, with more faults: one that had been made a master by its own word, and was started again for its keys; a blank replica got the slots. */
    @Test
    void aMasterOfNothingWithKeysOfThemComesBeforeAReplicaThatHasNothing() {
        Scene scene = Scene.cluster(3, 2).masterOfNothing("r4").strays("r4", SlotSet.range(0, 5460)).neverSynced("r1").keys("r1", 0).gone("m1")
            .proven("m1", "pod m1 is gone").waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Unfollow(scene.address("r1"), id("r1"), id("m1"), SlotSet.range(0, 5460)));
        assertThat(scene.decide().reason()).contains("r4 keeps what it had of them, and is to go on");
        assertThat(scene.masterOfNothing("r1").decide().actions()).contains(Forget.everywhere(id("m1"), new Picture(scene.observation())));
    }

    /** Seed 5224, with more faults: it was forgotten in the same breath, and they told clients that nobody serves the slots that it had just got. */
    @Test
    void ofALostShardOfWhichAnotherHasSomeSlotsByNowAllHearThatFirst() {
        Scene scene = Scene.cluster(3, 1).gone("r1").proven("r1", "pod r1 is gone").gone("m1").proven("m1", "pod m1 is gone")
            .owns("m1", SlotSet.range(100, 5460), 1).owns("m2", SlotSet.range(0, 99).plus(SlotSet.range(5461, 10922)), 100).stillHasOwner("m3", "m1", SlotSet.range(0, 5460))
            .waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).noneMatch(action -> action instanceof Action.Forget forget && forget.node().equals(id("m1")));
        assertThat(scene.decide().waits()).contains(new Wait("heard " + id("m1"), id("m1").brief() + " (" + scene.address("m1")
            + ") is dead, and is forgotten once [" + scene.called("m3") + "] have heard who has its slots now"));
        assertThat(scene.waited("heard " + id("m1"), Forget.HEARD_MS).decide().actions())
            .anyMatch(action -> action instanceof Action.Forget forget && forget.node().equals(id("m1")));
    }

    /**
     * Seed 1014393: a server came back with an old table, and took the epoch of a stranger at the forgotten master's address for that one's. By that table
     * the heir, who had ended as well, followed it still.
     */
    @Test
    void theHeirIsTheOwnerThoughAnOldTableCallsItAReplica() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").lost("m1").nowhere("m1")
            .stillHasOwner("r2", "m1", SlotSet.range(0, 5460)).showsEpoch("r2", "m1", 999).stillHasReplica("r2", "r1", "m1")
            .follows("r4", "r1").neverSynced("r4").strays("r4", SlotSet.range(0, 100))
            .waited("lost " + id("m1"), 10_000).waited("lost " + id("r1"), 10_000);
        List.of("m2", "m3", "r3", "r4", "r5", "r6").forEach(who -> scene.doesNotKnow(who, "m1"));
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), Promotion.TAKEOVER));
        scene.gone("r4").probe("r4", Probe.SILENT);
        assertThat(LostShards.of(new Picture(scene.observation()))).as("its replica may return").isEmpty();
    }

    @Test
    void theGraceIsASettingAndSoIsThatNothingIsGivenUp() {
        Scene scene = lost().had("m1", 123).waited("lost " + id("m1"), 59_999).sent("forget " + id("r1"), 10);
        assertThat(scene.onLoss(true, 60_000).decide().actions()).isEmpty();
        assertThat(scene.onLoss(true, 59_999).decide().reason()).isEqualTo("every copy of " + scene.calledByAddress("m1")
            + ", master of 5461 slots (0-5460) with about 123 keys, is gone (pod m1 is gone): it is forgotten, its slots are free");
        assertThat(scene.onLoss(false, 0).decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().endsWith("; SHARD_LOSS is halt: its slots wait until one returns"));
    }

    /** Seed 806961: it was cut off, and whoever took its place was lost; its slots were given away a second before it was back. */
    @Test
    void whereAFormerMasterIsAwayTheyWaitForAMinute() {
        Scene scene = Scene.cluster(3, 1).master("r1").masterOfNothing("m1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").probe("m1", Probe.SILENT)
            .waited("lost " + id("r1"), 59_999);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).anyMatch(reason -> reason.endsWith("; its slots wait 60 s for one to return: "
            + scene.calledByAddress("m1") + " is away, and may have been their master before"));
        assertThat(scene.waited("lost " + id("r1"), 60_000).decide().reason()).endsWith(": it is forgotten, its slots are free");
        assertThat(scene.proven("m1", "pod m1 is gone").waited("lost " + id("r1"), 10_000).sent("forget " + id("m1"), 10).decide().reason())
            .endsWith(": it is forgotten, its slots are free");
    }

    @Test
    void notWhileAReplicaMayReturn() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").gone("r1").probe("r1", Probe.SILENT)
            .waited("lost " + id("m1"), 60_000);
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void whereNobodyRemembersItsPodItIsGoneWhenAllPodsThatThereAreAreHere() {
        Scene scene = Scene.cluster(3, 0).gone("m1").remembersNothing().probe("m1", Probe.SILENT).blank("b1").waited("lost " + id("m1"), 10_000)
            .sent("join " + "10.0.0.4:6379", 10);
        assertThat(scene.decide().actions()).as("it may just not be back yet").isEmpty();
        assertThat(scene.look().orphans()).containsExactly(id("m1"));
        assertThat(scene.thereAre("b1", "m1", "m2", "m3").decide().actions()).as("its pod may be m1").isEmpty();
        assertThat(scene.thereAre("b1", "m2", "m3").decide().reason()).isEqualTo("every copy of " + scene.calledByAddress("m1")
            + ", master of 5461 slots (0-5460) with an unknown number of keys, is gone (no pod is left that could have it: all that the API server lists are here): it is forgotten, "
            + "its slots are free");
        assertThat(scene.state("b1", new RedisState.Starting()).decide().actions()).as("b1 may have it on its volume").isEmpty();
    }

    /** Seed 5231. */
    @Test
    void aStrangerAtTheAddressOfAMasterThatIsGoneIsNoSignOfLifeABlankNodeWaitsForItsSlots() {
        Scene scene = Scene.cluster(3, 0).gone("m1").probe("m1", Probe.ANSWERS).unlinked("m1").blank("b1").owns("b1", SlotSet.NONE, 0).joined("b1").keys("b1", 0);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason()
            .endsWith("master of 5461 slots: something answers at its address, and no node here has a link to it"));
    }

    @Test
    void whereNobodyTellsHowManyAreAskedForABlankNodeWaitsForTheSlotsOfAMasterThatIsGone() {
        Scene scene = Scene.cluster(3, 0).gone("m1").proven("m1", "pod m1 is gone").nobodyTellsHowMany().blank("b1")
            .owns("b1", SlotSet.NONE, 0).joined("b1");
        assertThat(scene.decide().actions()).isEmpty();
    }

    @Test
    void notWhileAReplicasVolumeKeepsItsData() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").atGate("r1").stored("r1").waited("lost " + id("m1"), 60_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Permit("r1", "start-of-r1", false));
    }

    /** Seed 1031271: the keys that had been moved were all that was left of the shard. */
    @Test
    void whatWasOnItsWayToAnotherMasterStandsOpenAtTheReplicaThatGoesOn() {
        Scene scene = Scene.cluster(3, 1).open("m1", "m2", SlotSet.of(7)).gone("m1").proven("m1", "pod m1 is gone").neverSynced("r1").waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), id("m1"), Promotion.TAKEOVER,
            List.of(new Action.Open(7, "MIGRATING", id("m2")))));
    }

    @Test
    void aReplicaWithoutTheDataGoesOnInItsPlace() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").neverSynced("r1").waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
        assertThat(scene.decide().reason()).isEqualTo("every copy of " + scene.calledByAddress("m1")
            + ", master of 5461 slots (0-5460) with an unknown number of keys, is gone (pod m1 is gone): " + scene.called("r1") + " goes on without its data");
    }

    /** Seed 51961: a master that leaves had handed over, and its heir was killed before it was in sync again. */
    @Test
    void alsoAReplicaThatLeavesWhereItHasKeys() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").neverSynced("r1").leaving("r1").keys("r1", 20)
            .strays("r1", SlotSet.range(0, 19)).waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions())
            .containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER));
        assertThat(scene.keys("r1", 0).strays("r1", SlotSet.NONE).decide().actions()).as("there is nothing to keep").noneMatch(Action.Promote.class::isInstance);
    }

    /**
     * Seed 453900: the replica had been another shard's until just before, and was promoted with that one's keys while a former master waited at its
     * gate with the shard's data.
     */
    @Test
    void notAReplicaWithoutItsDataWhereAFormerMasterKeepsSome() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").follows("r4", "r1").neverSynced("r4").keys("r4", 19)
            .strays("r4", SlotSet.of(6000)).atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Unfollow(scene.address("r4"), id("r4"), id("r1"), SlotSet.range(0, 5460)));
        assertThat(scene.decide().reason()).isEqualTo("every copy of " + scene.calledByAddress("r1") + ", master of 5461 slots (0-5460) with an unknown "
            + "number of keys, is gone (pod r1 is gone): m1 keeps what it had of them, and is to go on; [" + scene.called("r4")
            + "] has nothing newer, and follows its master no more");
        assertThat(scene.sent("unfollow " + id("r4"), 10).decide().actions()).as("not twice").noneMatch(Action.Unfollow.class::isInstance);
        assertThat(scene.masterOfNothing("r4").keys("r4", 0).strays("r4", SlotSet.NONE).decide().actions()).as("then nobody follows it").contains(Forget.everywhere(id("r1"), new Picture(scene.observation())));
    }

    /** Seed 546743: a node outside of the view still had the lost master, with a higher epoch, and told the former one as soon as that had started. */
    @Test
    void aFormerMasterDoesNotGoOnWhileANodeThatIsNotHereWouldOverruleIt() {
        Scene scene = Scene.cluster(3, 1).master("r1").gone("r1").proven("r1", "pod r1 is gone").atGate("m1").stored("m1", SlotSet.range(0, 5460), 1)
            .waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).contains(Forget.everywhere(id("r1"), new Picture(scene.observation())));
        scene.gone("r3").probe("r3", Probe.ANSWERS);
        assertThat(scene.decide().actions()).noneMatch(Action.Forget.class::isInstance).noneMatch(Action.Permit.class::isInstance);
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains(scene.calledByAddress("r3") + " is not here, and would tell m1 that "
            + scene.calledByAddress("r1") + " has its slots: m1 would throw away what it had of them");
    }

    /**
     * The former master had been permitted to start while its heir served, who was killed some ms before the gate opened. The grace was waited for: the
     * former master had read its data, heard of the heir's claim from all others, and deleted the last copy.
     */
    @Test
    void whereAFormerMasterIsStartingThereIsNothingToWaitFor() {
        Scene scene = Scene.cluster(3, 1).master("r1").gone("r1").probe("r1", Probe.REFUSES).stored("m1", SlotSet.range(0, 5460), 1);
        for (RedisState starts : List.of(new RedisState.Starting(), new RedisState.Loading())) {
            assertThat(scene.state("m1", starts).decide().actions()).as("its end is not certain").noneMatch(Action.Forget.class::isInstance);
        }
        scene.proven("r1", "pod r1 is gone");
        for (RedisState starts : List.of(new RedisState.Starting(), new RedisState.Loading())) {
            assertThat(scene.state("m1", starts).decide().actions()).as(starts.toString())
                .containsExactly(Forget.everywhere(id("r1"), new Picture(scene.observation())));
            assertThat(scene.decide().reason()).endsWith(": it is forgotten, and m1 goes on with what it had of them");
        }
        assertThat(scene.provenForNow("r1", "container redis of pod r1 has ended").decide().actions()).as("it may be back with newer data, and the other follows it")
            .isEmpty();
        assertThat(scene.stored("m1", SlotSet.range(0, 5459), 1).state("m1", new RedisState.Loading()).decide().actions()).as("that one would not follow it")
            .containsExactly(Forget.everywhere(id("r1"), new Picture(scene.observation())));
        scene.stored("m1", SlotSet.range(0, 5460), 1).proven("r1", "pod r1 is gone");
        assertThat(scene.atGate("m1").decide().actions()).as("its gate keeps it from that").isEmpty();
        assertThat(scene.ended("m1").decide().actions()).as("so does the next one").isEmpty();
        scene.state("m1", new RedisState.Loading()).onLoss(false, 10_000);
        assertThat(scene.decide().actions()).as("SHARD_LOSS is halt").isEmpty();
        assertThat(scene.onLoss(true, 10_000).forgotten("r1").waited("unclaimed", 60_000).decide().actions()).as("its slots are its own again").isEmpty();
    }

    @Test
    void aReplicaThatHasKeysOfItGoesOnAllTheSame() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").follows("r4", "r1").neverSynced("r4").keys("r4", 3)
            .strays("r4", SlotSet.of(17)).atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), Promotion.TAKEOVER));
        assertThat(scene.decide().reason()).endsWith(scene.called("r4") + " never was in sync with it, and goes on with the keys of it that it has");
    }

    /** Seed 5252, with more faults: r4 had been the master, m1 after it, and then r1, which r4 was to follow. */
    @Test
    void butNotWhereAFormerMasterThatWaitsAtItsGateWasTheMasterAfterIt() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").follows("r4", "r1").neverSynced("r4").keys("r4", 3)
            .strays("r4", SlotSet.of(17)).atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).waited("lost " + id("r1"), 10_000).answered("r4", 20_000);
        Action goOn = new Action.Promote(scene.address("r4"), id("r4"), id("r1"), Promotion.TAKEOVER);
        assertThat(scene.answered("m1", 20_001).decide().actions()).containsExactly(goOn);
        assertThat(scene.answered("m1", 19_999).decide().reason()).endsWith("m1 keeps what it had of them, and is to go on; [" + scene.called("r4")
            + "] has nothing newer, and follows its master no more");
        assertThat(scene.decide().actions()).allMatch(Action.Unfollow.class::isInstance);
    }

    /** Seed 934273: r4 had been the replica of m1 when it was started again, and m1 served on; who led meanwhile had gone with r1. */
    @Test
    void norWhereItWasStartedAgainWithACopyOfThatOnesData() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").follows("r4", "r1").neverSynced("r4").keys("r4", 3)
            .strays("r4", SlotSet.of(17)).atGate("m1").stored("m1", SlotSet.range(0, 5460), 1).waited("lost " + id("r1"), 10_000);
        Action goOn = new Action.Promote(scene.address("r4"), id("r4"), id("r1"), Promotion.TAKEOVER);
        assertThat(scene.startedWithCopyOf("r4", "m2").decide().actions()).as("that tells nothing of this shard").containsExactly(goOn);
        assertThat(scene.startedWithCopyOf("r4", "m1").decide().actions())
            .containsExactly(new Action.Unfollow(scene.address("r4"), id("r4"), id("r1"), SlotSet.range(0, 5460)));
        assertThat(scene.offset("r4", 100).decide().actions()).as("it may have got m1's last second, which m1 itself lost").containsExactly(goOn);
        assertThat(scene.answered("m1", 60_000).decide().actions()).as("seed 203825, with more faults: or what r1 took right after").containsExactly(goOn);
        assertThat(scene.behind("r4", 6000).decide().actions()).as("m1 went on without it").hasOnlyElementsOfType(Action.Unfollow.class);
    }

    /** Seed 11149, with more faults: who led meanwhile had gone too. */
    @Test
    void norWhereThatOnesTableShowsWhomItWasInPlaceOf() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").follows("r4", "r1").neverSynced("r4").keys("r4", 3)
            .strays("r4", SlotSet.of(17)).atGate("m1").stillHasOwner("m1", "r4", SlotSet.NONE).stored("m1", SlotSet.range(0, 5460), 1)
            .waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Unfollow(scene.address("r4"), id("r4"), id("r1"), SlotSet.range(0, 5460)));
        assertThat(scene.answered("r4", 20_000).decide().actions()).as("it has been the master since")
            .containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), Promotion.TAKEOVER));
    }

    @Test
    void whoFollowsTheMasterBeforeComesFirstWhereTheLastOnesReplicaHasNothing() {
        Scene scene = Scene.cluster(3, 3).master("r1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").proven("m1", "pod m1 is gone")
            .follows("r4", "m1").stillHasOwner("r4", "m1", SlotSet.range(0, 5460)).follows("r7", "r1").neverSynced("r7").keys("r7", 0)
            .waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r4"), id("r4"), id("r1"), id("m1"), Promotion.TAKEOVER, List.of()));
    }

    /**
     * Seed 9671, with more faults: the bus was cut while r1 took over, and r1 had got other slots by the time r4 heard of it. So r4 stayed with m1, of which
     * it had everything, and the slots were given up.
     */
    @Test
    void whoFollowsTheMasterBeforeGoesOnAlsoWhereItHasHeardThatThisOneOwnsNothingAnyMore() {
        Scene scene = Scene.cluster(3, 2).master("r1").gone("r1").proven("r1", "pod r1 is gone").gone("m1").proven("m1", "pod m1 is gone")
            .follows("r4", "m1").keys("r4", 3).strays("r4", SlotSet.of(17)).waited("lost " + id("r1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Unfollow(scene.address("r4"), id("r4"), id("m1"), SlotSet.NONE));
        assertThat(scene.decide().reason()).endsWith(scene.called("r4") + " has the data of " + scene.calledByAddress("m1") + ", the master before it, which "
            + "is dead: it follows that one no more, and goes on with what it has");
        assertThat(scene.leaving("r4").decide().actions()).as("also where it leaves, as nobody else has them")
            .containsExactly(new Action.Unfollow(scene.address("r4"), id("r4"), id("m1"), SlotSet.NONE));
        assertThat(scene.sent("unfollow " + id("r4"), 10).decide().actions()).isEmpty();
        scene.strays("r4", SlotSet.of(5461));
        assertThat(scene.decide().actions()).as("it has nothing of this shard").contains(Forget.everywhere(id("r1"), new Picture(scene.observation())));
    }

    /** It had become a replica a moment before, and its new master was gone before it was in sync. */
    @Test
    void alsoWhereThatOnesReplicaHasItAsItsOwnReplica() {
        Scene scene = Scene.cluster(3, 1).gone("m1").proven("m1", "pod m1 is gone").stillHasReplica("r1", "m1", "r1").neverSynced("r1")
            .strays("r1", SlotSet.range(0, 5460)).waited("lost " + id("m1"), 10_000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Promote(scene.address("r1"), id("r1"), id("m1"), id("m1"), Promotion.FROM_REPLICA,
            SlotSet.range(0, 5460), List.of()));
    }

    private static Scene unclaimed() {
        return Scene.cluster(3, 1).forgotten("m1").forgotten("r1");
    }

    /** 3 -> 4 without replicas, POD_OF_SERVER after step 34. */
    @Test
    void whoHasKeysOfSlotsThatAreNobodysTakesThose() {
        Scene scene = unclaimed().strays("m3", SlotSet.range(10, 12)).blank("b1").waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(new Action.TakeSlots(scene.address("m3"), id("m3"), SlotSet.range(10, 12),
            SlotSet.NONE, id("m2")));
        assertThat(scene.decide().reason()).endsWith(scene.called("m3") + " has keys of 3 of them, and takes those");
    }

    /** Seed 723418: a server that came back with an old table had a stranger's epoch for the former master, and told the owner that that one owned its slots. */
    @Test
    void aMasterAndItsReplicaThatFollowEachOtherKeepTheirKeysAndTheOneWithMostOfThemIsAMasterAgain() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 1).replica("m1", "r1").keys("m1", 10).offset("r1", 101).waited("unclaimed", 999);
        assertThat(scene.decide().actions()).noneMatch(a -> a instanceof Action.Replicate || a instanceof Action.TakeSlots);
        scene.waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(new Action.LeaveCircle(scene.address("r1"), id("r1"), id("m1")));
        assertThat(scene.sent("leave circle " + id("r1"), 10).decide().actions()).noneMatch(a -> a instanceof Action.Replicate || a instanceof Action.TakeSlots);
    }

    private static Scene leftOfACircle() {
        return Scene.cluster(3, 1).fresh("m4").owns("m1", SlotSet.NONE, 1).replica("m1", "r1").keys("m1", 10).gone("r1");
    }

    /**
     * The same, and a moment later the one had ended and lost its volume: the other followed nobody that was here, and the last keys of the slots were
     * not seen. A blank pod was to have them.
     */
    @Test
    void whoIsLeftOfACircleKeepsItsKeysAndIsAMasterAgain() {
        Scene scene = leftOfACircle().lost("r1").waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(new Action.LeaveCircle(scene.address("m1"), id("m1"), id("r1")));
    }

    /** Its coordinator may just be started again, while its server runs: it may be the one that was the master. */
    @Test
    void butNotBeforeTheEndOfTheOtherIsCertain() {
        Scene scene = leftOfACircle().probe("r1", Probe.SILENT).waited("unclaimed", 40_000);
        assertThat(scene.decide().actions()).noneMatch(a -> a instanceof Action.LeaveCircle || a instanceof Action.Replicate || a instanceof Action.TakeSlots);
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().contains(scene.calledByAddress("r1") + " is not here, and may have more of them"));
        assertThat(scene.proven("r1", "pod r1 is gone").decide().actions()).contains(new Action.LeaveCircle(scene.address("m1"), id("m1"), id("r1")));
    }

    /**
     * Seed 54724, with more faults: the replica copied a master that it had never heard on the bus, and all that had heard it were rolled out. Its slots
     * went to another one, and the keys were nobody's.
     */
    @Test
    void whoHasACopyOfAMasterOfWhoseSlotsNobodyKnowsTakesThem() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 0).gone("m1").proven("m1", "pod m1 is gone").strays("r1", SlotSet.parse("17 21 16000"))
            .asked(5, 1).waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(new Action.Unfollow(scene.address("r1"), id("r1"), id("m1"), SlotSet.NONE));
        assertThat(scene.decide().reason()).isEqualTo("no node owns 5461 slots (0-5460): " + scene.called("r1") + " has keys of 2 of them, and follows "
            + scene.calledByAddress("m1") + ", which is dead: it follows that one no more");
        assertThat(scene.sent("unfollow " + id("r1"), 10).decide().actions()).noneMatch(a -> a instanceof Action.Unfollow || a instanceof Action.TakeSlots);
        assertThat(scene.masterOfNothing("r1").strays("r1", SlotSet.parse("17 21")).decide().actions()).as("then as any that has keys of them")
            .containsExactly(new Action.TakeSlots(scene.address("r1"), id("r1"), SlotSet.parse("17 21"), SlotSet.NONE, id("m1")));
    }

    @Test
    void butNotWhileThatMasterMayReturnWithMore() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 0).gone("m1").probe("m1", Probe.SILENT).strays("r1", SlotSet.of(17)).asked(5, 1)
            .waited("unclaimed", 40_000);
        assertThat(scene.decide().actions()).noneMatch(a -> a instanceof Action.Unfollow || a instanceof Action.TakeSlots);
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains("no node owns 5461 slots (0-5460): " + scene.called("r1")
            + " has keys of 1 of them, and follows " + scene.calledByAddress("m1") + ", which is not here, and may have more of them "
            + "(its member left the group and its Redis does not answer)");
        assertThat(scene.strays("r1", SlotSet.of(6000)).owns("m1", SlotSet.NONE, 1).decide().actions()).as("those are served").hasAtLeastOneElementOfType(Action.TakeSlots.class);
    }

    @Test
    void freeSlotsWaitForABlankNode() {
        Scene scene = unclaimed().waited("unclaimed", 5000);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason()
            .equals("no node owns 5461 slots (0-5460); they wait for a blank node to become their master"));
    }

    /** Seed 493838: six masters were asked for instead of three, one was lost, and its slots waited half a minute for a seventh pod. */
    @Test
    void notWhereAllPodsThatAreAskedForAreHereAndNoneOfThemIsBlank() {
        Scene scene = unclaimed().asked(4, 0).waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(
            new Action.TakeSlots(scene.address("m2"), id("m2"), SlotSet.range(0, 5460), SlotSet.NONE, id("m3")));
        assertThat(scene.leaving("r3").decide().actions()).as("another one comes in its place").noneMatch(Action.TakeSlots.class::isInstance);
    }

    /** Seed 1003676: two of three masters were lost, all other nodes followed the third, and it waited for ever to hear of another master. */
    @Test
    void theOnlyMasterThatIsLeftTakesThemAllFromItself() {
        Scene scene = Scene.cluster(3, 1).follows("r1", "m3").follows("r2", "m3").forgotten("m1").forgotten("m2").asked(4, 0).waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(
            new Action.TakeSlots(scene.address("m3"), id("m3"), SlotSet.range(0, 10921), SlotSet.NONE, id("m3")));
        assertThat(scene.decide().actions().getFirst().commands().get(scene.address("m3"))).containsExactly(
            Command.addSlots(SlotSet.range(0, 10921)), Command.bumpEpoch());
    }

    @Test
    void whereAnotherMasterIsHereItIsToHearOfThatFirst() {
        Scene scene = unclaimed().asked(4, 0).doesNotKnow("m2", "m3").waited("unclaimed", 1000).sent("meet 10.0.0.2:6379 10.0.0.3:6379", 10);
        assertThat(scene.decide().actions()).noneMatch(Action.TakeSlots.class::isInstance);
        assertThat(scene.decide().waits()).extracting(Wait::reason).anyMatch(reason -> reason.endsWith(scene.called("m2") + " knows no other master yet"));
    }

    @Test
    void aNodeThatHasJoinedTakesThem() {
        Scene scene = Scene.cluster(3, 1).forgotten("r1").owns("m1", SlotSet.NONE, 0).keys("m1", 0).waited("unclaimed", 1000);
        assertThat(scene.decide()).isEqualTo(new Decision("repair",
            List.of(new Action.TakeSlots(scene.address("m1"), id("m1"), SlotSet.range(0, 5460), SlotSet.NONE, id("m2"))),
            "no node owns 5461 slots (0-5460): " + scene.called("m1") + " takes 5461 of them", scene.decide().waits()));
    }

    /**
     * A blank node was taking the slots of a lost master when its link broke: it added all but the last, which is imported, and its machine went. Two more
     * masters were asked for meanwhile, and the one slot was cut in two for them: the first half had none, and no command could be made of it.
     */
    @Test
    void oneSlotIsNotSharedByTheMastersThatAreMissing() {
        Scene scene = Scene.cluster(3, 0).owns("m1", SlotSet.range(0, 5459), 1).fresh("n1").asked(5, 0).waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).containsExactly(
            new Action.TakeSlots(scene.address("n1"), id("n1"), SlotSet.of(5460), SlotSet.NONE, id("m1")));
    }

    /** Seed 77770: the bus of the only master that was left was cut, and two that had met each other were two thirds of another cluster. */
    @Test
    void notOneThatHasMetOnlyOthersWithoutSlots() {
        Scene scene = Scene.cluster(3, 0).waited("unclaimed", 1000);
        for (String joining : List.of("m1", "m2")) {
            scene.owns(joining, SlotSet.NONE, 0).keys(joining, 0).doesNotKnow(joining, "m3").doesNotKnow("m3", joining).meets(joining, "m3");
        }
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains("no node owns 10922 slots (0-10921); "
            + scene.called("m3") + " knows no other master yet");
        Scene met = Scene.cluster(3, 0).waited("unclaimed", 1000).owns("m1", SlotSet.NONE, 0).keys("m1", 0).owns("m2", SlotSet.NONE, 0).keys("m2", 0);
        assertThat(met.decide().actions()).containsExactly(
            new Action.TakeSlots(met.address("m1"), id("m1"), SlotSet.range(0, 5460), SlotSet.NONE, id("m2")));
    }

    @Test
    void slotsThatAnOperatorDeletedGoBackToWhoHadThem() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.range(0, 99), 1).stillHasOwner("r2", "m1", SlotSet.range(0, 5460));
        assertThat(scene.waited("unclaimed", 999).decide().actions()).isEmpty();
        assertThat(scene.waited("unclaimed", 1000).decide()).isEqualTo(new Decision("repair",
            List.of(new Action.TakeSlots(scene.address("m1"), id("m1"), SlotSet.range(100, 5460), SlotSet.NONE, id("m2"))),
            "no node owns 5361 slots (100-5460): " + scene.called("m1") + " had 5361 of them, and takes them back", scene.decide().waits()));
    }

    @Test
    void afterHalfAMinuteALiveMasterDoes() {
        Scene scene = unclaimed().waited("unclaimed", 31_000);
        assertThat(scene.decide().actions()).containsExactly(
            new Action.TakeSlots(scene.address("m2"), id("m2"), SlotSet.range(0, 5460), SlotSet.NONE, id("m3")));
    }

    /** Seed 23521: everything restarted in the middle of a bootstrap, and one of its masters, whom no other had met, was the last to return. */
    @Test
    void notWhileTheyMayBeThoseOfANodeThatNobodyHasMetYet() {
        Scene scene = Scene.cluster(3, 1).owns("m1", SlotSet.NONE, 0).keys("m1", 0).forgotten("m2").provenForNow("m2", "its containers have ended")
            .waited("unclaimed", 9999);
        assertThat(scene.decide().actions()).noneMatch(Action.TakeSlots.class::isInstance);
        assertThat(scene.decide().waits()).anyMatch(w -> w.reason().equals("no node owns 10922 slots (0-10921); they may be those of nodes "
            + "that none here has heard: of [m2], which may return"));
        assertThat(scene.waited("unclaimed", 10_000).decide().step()).as("after SHARD_LOSS_GRACE").isEqualTo("repair");
    }

    /**
     * A master was cut off, a node joined meanwhile, and all that had heard the master itself were lost: the new one's table named it, without its slots.
     * They were given to blank nodes, and when it was back half a second later it threw its keys away.
     */
    @Test
    void notWhileTheyMayBeThoseOfANodeThatIsKnownByGossipOnly() {
        Scene scene = Scene.cluster(3, 0).owns("m1", SlotSet.NONE, 0).gone("m1").probe("m1", Probe.SILENT).flag("m1", NodeFlag.FAIL)
            .fresh("b1").waited("unclaimed", 600_000);
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().waits()).extracting(Wait::reason).contains("no node owns 5461 slots (0-5460); they may be those of nodes "
            + "that none here has heard: of [m1], which may return");
        scene.provenForNow("m1", "its container has ended").waited("unclaimed", 9999);
        assertThat(scene.decide().actions()).as("it may be started again with its data").noneMatch(Action.TakeSlots.class::isInstance);
        Action.TakeSlots taken = new Action.TakeSlots(scene.address("b1"), id("b1"), SlotSet.range(0, 5460), SlotSet.NONE, id("m1"));
        assertThat(scene.waited("unclaimed", 10_000).decide().actions()).as("after SHARD_LOSS_GRACE").containsExactly(taken);
        assertThat(scene.proven("m1", "pod m1 is gone").waited("unclaimed", 1000).decide().actions()).containsExactly(taken);
    }

    @Test
    void whoseSlotsWereSeenToBecomeAnothersDoesNotHoldThemUp() {
        Scene scene = Scene.cluster(3, 0).owns("m1", SlotSet.NONE, 1).gone("m1").probe("m1", Probe.SILENT).fresh("b1").waited("unclaimed", 1000);
        assertThat(scene.decide().actions()).as("it was heard itself").hasOnlyElementsOfType(Action.TakeSlots.class);
        scene.owns("m1", SlotSet.NONE, 0).showsEpoch("m2", "m1", 1);
        assertThat(scene.decide().actions()).as("by one of them").hasOnlyElementsOfType(Action.TakeSlots.class);
    }

    @Test
    void notWithoutAQuorum() {
        Scene scene = unclaimed().gone("m2").gone("r2").waited("unclaimed", 60_000);
        assertThat(scene.decide().actions()).isEmpty();
    }
}
