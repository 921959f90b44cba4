package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Founder;
import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The cluster is founded once, by all that are asked for (S5). */
class BootstrapTest {

    private static Scene six() {
        Scene scene = Scene.blanks(6).asked(6, 1).thereAre("b1", "b2", "b3", "b4", "b5", "b6");
        for (int i = 1; i <= 6; i++) {
            scene.placeholder("b" + i);
        }
        return scene;
    }

    @Test
    void whenAllThatAreAskedForAreHereAndBlank() {
        Scene scene = six();
        List<SlotSet> thirds = SlotSet.ALL.split(3);
        assertThat(scene.decide()).isEqualTo(new Decision("bootstrap", List.of(new Action.Bootstrap(List.of(
            new Founder(scene.address("b1"), 1, thirds.get(0)), new Founder(scene.address("b2"), 2, thirds.get(1)),
            new Founder(scene.address("b3"), 3, thirds.get(2)), new Founder(scene.address("b4"), 4, SlotSet.NONE),
            new Founder(scene.address("b5"), 5, SlotSet.NONE), new Founder(scene.address("b6"), 6, SlotSet.NONE)))),
            "all 6 nodes asked for are here and blank: 3 of them become masters", List.of()));
    }

    @Test
    void mastersAreOnDifferentMachines() {
        Scene scene = six().on("x", "b1", "b2", "b3").on("y", "b4").on("z", "b5", "b6");
        Action.Bootstrap bootstrap = (Action.Bootstrap) scene.decide().actions().getFirst();
        assertThat(bootstrap.founders().subList(0, 3)).extracting(Founder::address)
            .containsExactly(scene.address("b1"), scene.address("b4"), scene.address("b5"));
    }

    @Test
    void theOldestProcessesBecomeMasters() {
        Scene scene = six().uptime("b4", 100).uptime("b5", 101).uptime("b6", 99);
        Action.Bootstrap bootstrap = (Action.Bootstrap) scene.decide().actions().getFirst();
        assertThat(bootstrap.founders().subList(0, 3)).extracting(Founder::address)
            .containsExactly(scene.address("b5"), scene.address("b4"), scene.address("b6"));
    }

    @Test
    void notWithOneLessThanAskedFor() {
        Scene scene = six().asked(7, 1);
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(), "this view is not primary: 6 of the 7 nodes asked for are here",
            List.of(new Wait("quorum", "this view is not primary: 6 of the 7 nodes asked for are here"),
                new Wait("bootstrap", "no cluster yet: 6 of the 7 nodes asked for are here"))));
    }

    /** Seed 300201: the last pod of a cluster had lost its coordinator, and its server still ran. */
    @Test
    void notBesideAPodThatIsNotHere() {
        Scene scene = six().thereAre("b1", "b2", "b3", "b4", "b5", "b6", "m1");
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().reason()).isEqualTo("this view is not primary: 6 of the 6 nodes asked for are here, and so are pods that are not in this "
            + "view, which may have a cluster: [m1]");
        assertThat(scene.look().podsDecide()).isTrue();
    }

    @Test
    void notByAListThatIsNotOfOurPods() {
        Scene scene = six().thereAre();
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().reason()).isEqualTo("this view is not primary: 6 of the 6 nodes asked for are here, but the list of pods does not name "
            + "the leader's own: do its labels fit?");
    }

    @Test
    void notBeforeItIsKnownWhichPodsThereAre() {
        Scene scene = six().nobodyTellsWhichPodsThereAre();
        assertThat(scene.decide().actions()).isEmpty();
        assertThat(scene.decide().reason()).isEqualTo("this view is not primary: 6 of the 6 nodes asked for are here, but whether there are other pods "
            + "is not known yet");
        assertThat(scene.look().podsDecide()).isTrue();
        assertThat(scene.asked(7, 1).look().podsDecide()).as("while others are still to come nobody asks").isFalse();
    }

    @Test
    void notBeforeItIsKnownHowManyAreAskedFor() {
        assertThat(six().nobodyTellsHowMany().decide().reason())
            .isEqualTo("this view is not primary: nobody has told yet how many nodes are asked for");
    }

    @Test
    void notWhileOneHasNotReported() {
        assertThat(six().unheard("b6").decide().actions()).isEmpty();
    }

    @Test
    void notWhileOneWaitsAtTheGate() {
        Scene scene = six().atGate("b6");
        assertThat(scene.decide()).isEqualTo(new Decision("permit", List.of(new Action.Permit("b6", "start-of-b6", true)),
            "nobody else owns a slot at the address of b6 (blank)",
            List.of(new Wait("bootstrap", "no cluster yet: Redis does not answer yet on b6 (AtGate)"))));
    }

    @Test
    void neverWhenAnyNodeHasAKeyASlotOrAPeer() {
        assertThat(six().keys("b6", 1).decide().step()).isNotEqualTo("bootstrap");
        assertThat(six().owns("b6", SlotSet.range(0, 1), 0).decide().step()).isNotEqualTo("bootstrap");
        assertThat(Scene.cluster(3, 0).asked(3, 0).decide().step()).isNotEqualTo("bootstrap");
    }

    @Test
    void neverWhenAVolumeKeepsACluster() {
        Scene scene = Scene.cluster(3, 0).atGateFor("m1", 9000).stored("m1").atGateFor("m2", 9000).stored("m2").atGateFor("m3", 9000).stored("m3");
        assertThat(scene.decide().actions()).hasSize(3).allMatch(a -> a instanceof Action.Permit permit && !permit.blank());
    }

    @Test
    void fewerThanThreeCannotBeACluster() {
        Scene scene = Scene.blanks(2).asked(2, 0).placeholder("b1").placeholder("b2");
        assertThat(scene.decide()).isEqualTo(new Decision("none", List.of(),
            "no cluster yet: 2 nodes are asked for, and a Redis Cluster needs at least 3 masters: ask for 3 or more",
            List.of(new Wait("bootstrap",
                "no cluster yet: 2 nodes are asked for, and a Redis Cluster needs at least 3 masters: ask for 3 or more"))));
    }

    @Test
    void blankNodesTakeThePlaceholderWhileOthersStart() {
        Scene scene = Scene.blanks(4).asked(6, 1).placeholder("b1");
        scene.sent(Action.Prepare.key(scene.address("b1")), 30_000);
        Action.Prepare prepare = new Action.Prepare(new TreeSet<>(Set.of(scene.address("b2"), scene.address("b3"), scene.address("b4"))),
            new TreeSet<>(Set.of(scene.address("b1"))));
        assertThat(scene.decide().actions()).containsExactly(prepare);
        assertThat(prepare.commands()).containsEntry(scene.address("b1"), List.of(Command.of("CLIENT", "PAUSE", "30000", "WRITE")))
            .containsEntry(scene.address("b2"), List.of(Command.of("CLIENT", "PAUSE", "30000", "WRITE"), Command.of("CLUSTER", "ADDSLOTSRANGE", "0", "0")));
    }

    /** Seed 445660: clients wrote to the placeholder's slot, and two nodes that were to be founders passed for two clusters with data for good. */
    @Test
    void whoHoldsThePlaceholderKeepsWritersWaitingUntilItIsPartOfACluster() {
        Scene scene = Scene.blanks(2).asked(3, 0).placeholder("b1").placeholder("b2").uptime("b1", 100).uptime("b2", 5);
        scene.sent(Action.Prepare.key(scene.address("b1")), 9999).sent(Action.Prepare.key(scene.address("b2")), 6001);
        assertThat(scene.decide().actions()).as("its process is younger than what was sent")
            .containsExactly(new Action.Prepare(new TreeSet<>(), new TreeSet<>(Set.of(scene.address("b2")))));
        scene.sent(Action.Prepare.key(scene.address("b1")), 10_000);
        assertThat(scene.decide().actions()).as("before the last word runs out")
            .containsExactly(new Action.Prepare(new TreeSet<>(), new TreeSet<>(Set.of(scene.address("b1"), scene.address("b2")))));
        assertThat(scene.sent(Action.Prepare.key(scene.address("b1")), 10).sent(Action.Prepare.key(scene.address("b2")), 10).decide().actions()).isEmpty();
    }

    @Test
    void whoIsFoundedOrJoinsKeepsNobodyWaiting() {
        Action.Bootstrap bootstrap = (Action.Bootstrap) six().decide().actions().getFirst();
        assertThat(bootstrap.commands().values()).hasSize(6).allMatch(pipeline -> pipeline.indexOf(Command.of("CLIENT", "UNPAUSE")) == 2);
        assertThat(bootstrap.commands().values().stream().filter(pipeline -> pipeline.size() == 4)).as("it has its slots last: cut off before, it serves nobody")
            .hasSize(3);
        Scene scene = Scene.cluster(3, 0).blank("b1").placeholder("b1");
        Action.Join join = (Action.Join) scene.decide().actions().getFirst();
        assertThat(join.commands()).as("seed 110584, with more faults: that may come too late, and UNPAUSE is never refused")
            .containsExactly(entry(scene.address("b1"), List.of(Command.of("CLUSTER", "FLUSHSLOTS"))));
        assertThat(join.sequel().get(scene.address("b1"))).startsWith(Command.of("CLIENT", "UNPAUSE"), Command.meet(scene.address("m1")));
        Action.Join without = (Action.Join) Scene.cluster(3, 0).blank("b1").decide().actions().getFirst();
        assertThat(without.commands().get(scene.address("b1"))).startsWith(Command.of("CLIENT", "UNPAUSE"));
        assertThat(without.sequel()).isEmpty();
    }

    @Test
    void noPlaceholderForAMinority() {
        assertThat(Scene.blanks(3).asked(6, 1).decide().actions()).isEmpty();
    }

    @Test
    void aBootstrapThatWasCutOffIsCompleted() {
        Scene scene = Scene.cluster(3, 0).asked(3, 0).remembersNothing().owns("m3", SlotSet.NONE, 0).keys("m3", 0).waited("unclaimed", 1500);
        assertThat(scene.decide()).isEqualTo(new Decision("repair", List.of(new Action.TakeSlots(scene.address("m3"), Scene.id("m3"),
            SlotSet.range(10922, 16383), SlotSet.NONE, Scene.id("m1"))),
            "no node owns 5462 slots (10922-16383): " + scene.called("m3") + " takes 5462 of them", scene.decide().waits()));
    }

    @Test
    void itIsNotBegunAnewOverOneThatWasCutOff() {
        Scene scene = six();
        scene.owns("b1", SlotSet.range(0, 5460), 1);
        assertThat(scene.decide().step()).isEqualTo("attach");
    }

    @Test
    void itIsNotSentTwice() {
        assertThat(six().sent("bootstrap", 500).decide().actions()).isEmpty();
    }
}
