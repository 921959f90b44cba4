package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.lead.Effect;
import io.regroup.lead.Leader;
import io.regroup.model.Heard;
import io.regroup.model.Observation;
import io.regroup.model.Probe;
import io.regroup.model.Report;
import io.regroup.model.ShardLoss;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has waited its time is done, although the leader looks once more first at what it decides in calm. */
class PatienceTest {

    private static final long STEP_MS = 250;
    private static final long REPORT_MS = 1000;

    /** What is done within so long, when the nodes say the same all the time; each report is heard in the step after it was asked for. */
    private static List<Action> done(Scene scene, long within) {
        Observation seen = scene.observation();
        Leader leader = new Leader(seen.view(), 1, 0, ShardLoss.PRESET);
        leader.onAsked(seen.asked().orElseThrow());
        seen.ended().forEach((member, end) -> leader.onEnded(member, end, 0));
        List<Action> done = new ArrayList<>();
        long round = 0;
        for (long now = 0; now <= within; now += STEP_MS) {
            boolean asked = false;
            for (Effect effect : leader.run(now)) {
                switch (effect) {
                    case Effect.Ask ask -> {
                        round = ask.round();
                        asked = true;
                    }
                    case Effect.CarryOut todo -> {
                        done.addAll(todo.decision().actions());
                        leader.onDone(now);
                    }
                    default -> { }
                }
            }
            if (asked || now % REPORT_MS == 0) {
                for (Heard heard : seen.heard().values()) {
                    Report said = heard.report();
                    leader.onReport(new Report(said.pod(), round, said.redis(), said.group(), said.state(), said.stored(), said.leaving(), said.masterProbe(),
                        said.primary()), now);
                }
            }
        }
        return done;
    }

    /** Seed 5231: the second look began the wait anew. */
    @Test
    void slotsWithoutAnOwnerAreTakenByALiveMasterWhenNoBlankNodeCame() {
        Scene scene = Scene.cluster(3, 1).forgotten("m1").forgotten("r1");
        assertThat(done(scene, 30_000)).isEmpty();
        assertThat(done(scene, 40_000)).contains(
            new Action.TakeSlots(scene.address("m2"), id("m2"), SlotSet.range(0, 5460), SlotSet.NONE, id("m3")));
    }

    /** What is done within so long, when whoever is asked answers so many ms later, and what is asked meanwhile is answered later still. */
    private static List<Action> doneWithAnswersAfter(long ms, Scene scene, long within) {
        Observation seen = scene.observation();
        Leader leader = new Leader(seen.view(), 1, 0, ShardLoss.PRESET);
        leader.onAsked(seen.asked().orElseThrow());
        List<Action> done = new ArrayList<>();
        SortedMap<Long, Long> rounds = new TreeMap<>();
        for (long now = 0; now <= within; now += 50) {
            for (Effect effect : leader.run(now)) {
                switch (effect) {
                    case Effect.Ask ask -> rounds.put(now + ms, ask.round());
                    case Effect.CarryOut todo -> {
                        done.addAll(todo.decision().actions());
                        leader.onDone(now);
                    }
                    default -> { }
                }
            }
            Optional<Long> answered = Optional.ofNullable(rounds.remove(now));
            for (Heard heard : answered.isPresent() ? seen.heard().values() : List.<Heard>of()) {
                Report said = heard.report();
                leader.onReport(new Report(said.pod(), answered.get(), said.redis(), said.group(), said.state(), said.stored(), said.leaving(),
                    said.masterProbe(), said.primary()), now);
            }
        }
        return done;
    }

    /** Pods that were short of CPU answered after more than the second after which all are asked anew, and no answer was in time for its round. */
    @ParameterizedTest
    @ValueSource(longs = {100, 900, 1100, 1500, 2000, 3000})
    void whoAnswersLateIsWaitedFor(long ms) {
        Scene scene = Scene.cluster(3, 1).blank("n1").asked(7, 1);
        assertThat(doneWithAnswersAfter(ms, scene, 10_000)).isNotEmpty();
    }

    /**
     * Seed 32818: whenever a dead master's port refused again its replica was asked alone, and a member that had missed the question to all
     * was never heard.
     */
    @Test
    void allAreAskedAgainHoweverOftenOneIsAskedAlone() {
        Scene scene = Scene.cluster(3, 1).gone("m1");
        Observation seen = scene.observation();
        Leader leader = new Leader(seen.view(), 1, 0, ShardLoss.PRESET);
        leader.onAsked(seen.asked().orElseThrow());
        SortedMap<String, Long> rounds = new TreeMap<>();
        List<Long> alone = new ArrayList<>();
        long since = 0;
        for (long now = 0; now <= 3000; now += 10) {
            for (Effect effect : leader.run(now)) {
                switch (effect) {
                    case Effect.Ask ask -> {
                        if (!ask.members().isEmpty()) {
                            alone.add(now);
                        }
                        SortedSet<String> asked = ask.members().isEmpty() ? new TreeSet<>(seen.view().members()) : ask.members();
                        // One does not take the first word of this leader, as it still follows another.
                        asked.stream().filter(member -> !rounds.isEmpty() || !member.equals("m2")).forEach(member -> rounds.put(member, ask.round()));
                    }
                    case Effect.Try attempt -> since = attempt.since();
                    default -> { }
                }
            }
            if (now > 0 && now % 300 == 0) {
                leader.onProbe(scene.address("m1"), Probe.ANSWERS, since, now);
                leader.onProbe(scene.address("m1"), Probe.REFUSES, since, now);
            }
            for (Heard heard : seen.heard().values()) {
                Report said = heard.report();
                leader.onReport(new Report(said.pod(), rounds.getOrDefault(said.member(), -1L), said.redis(), said.group(), said.state(), said.stored(),
                    said.leaving(), said.masterProbe(), said.primary()), now);
            }
        }
        assertThat(alone).as("its replica").hasSizeGreaterThan(5);
        assertThat(rounds).containsKey("m2");
    }
}
