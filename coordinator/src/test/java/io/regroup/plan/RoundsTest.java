package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.lead.Effect;
import io.regroup.lead.Leader;
import io.regroup.model.End;
import io.regroup.model.Observation;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.ServerFacts;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import io.regroup.plan.Action.Promotion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whose reports the leader waits for before it decides. */
class RoundsTest {

    private final Scene scene = Scene.cluster(3, 1);
    private final Observation seen = scene.observation();
    private long now = 1000;
    private long round;
    private final Leader leader = new Leader(seen.view(), 1, now, ShardLoss.PRESET);

    /** All has been heard, and nothing is to be done. */
    RoundsTest() {
        scene.observation().asked().ifPresent(leader::onAsked);
        round = ask(leader.run(now)).round();
        seen.heard().keySet().forEach(member -> hear(member, round));
        assertThat(leader.run(now)).noneMatch(Effect.CarryOut.class::isInstance);
    }

    private static Effect.Ask ask(List<Effect> effects) {
        return effects.stream().filter(Effect.Ask.class::isInstance).map(Effect.Ask.class::cast).findFirst().orElseThrow();
    }

    private void hear(String member, long answered) {
        hear(member, answered, seen.heard().get(member).report().state());
    }

    private void hear(String member, long answered, RedisState state) {
        Report last = seen.heard().get(member).report();
        leader.onReport(new Report(last.pod(), answered, last.redis(), last.group(), state, last.stored(), last.leaving(),
            last.masterProbe(), last.primary()), now);
    }

    private void hearThatItsLinkIsDown(String member, long answered) {
        hear(member, answered, Scene.cluster(3, 1).linkDown(member).observation().heard().get(member).report().state());
    }

    private List<Action> carriedOut() {
        List<Action> actions = new ArrayList<>();
        for (Effect effect : leader.run(now)) {
            if (effect instanceof Effect.CarryOut todo) {
                actions.addAll(todo.decision().actions());
            }
        }
        return actions;
    }

    private Action promotion() {
        return new Action.Promote(scene.address("r1"), id("r1"), id("m1"), Promotion.TAKEOVER);
    }

    private static RedisState withClock(RedisState state, long clockMs) {
        RedisState.Answering a = (RedisState.Answering) state;
        ServerFacts f = a.facts();
        return new RedisState.Answering(a.table(), new ServerFacts(f.stateOk(), f.currentEpoch(), f.keys(), f.linkUp(), f.synced(), f.masterAt(), f.offset(),
            f.uptimeSeconds(), f.version(), f.strays(), f.quietMs(), f.behindMs(), clockMs, f.atomic(), f.copies(), f.copyOf()));
    }

    /** A report is as old as the question that it answers, at most: by that its server's clock shows so much more by now. */
    @Test
    void whatIsDecidedIsGoodUntilItsServersHaveHadTheTimeToDoIt() {
        hear("m1", round, new RedisState.Ended());
        Effect.Ask ask = ask(leader.run(now));
        now += 40;
        RedisState linkDown = Scene.cluster(3, 1).linkDown("r1").observation().heard().get("r1").report().state();
        hear("r1", ask.round(), withClock(linkDown, 1_800_000_000_000L));
        now += 5;
        Effect.CarryOut todo = leader.run(now).stream().filter(Effect.CarryOut.class::isInstance).map(Effect.CarryOut.class::cast).findFirst().orElseThrow();
        assertThat(todo.decision().actions()).containsExactly(promotion());
        assertThat(todo.until()).as("the others do not tell their clocks")
            .isEqualTo(new TreeMap<>(Map.of(scene.address("r1"), 1_800_000_000_000L + 45 + Leader.ORDER_MS)));
    }

    @Test
    void ofAServerThatEndedTheReplicasAreAskedAndNobodyElseIsWaitedFor() {
        hear("m1", round, new RedisState.Ended());
        Effect.Ask ask = ask(leader.run(now));
        assertThat(ask.members()).containsExactly("r1");
        assertThat(carriedOut()).as("before it answers").isEmpty();
        hearThatItsLinkIsDown("r1", ask.round());
        assertThat(carriedOut()).containsExactly(promotion());
    }

    @Test
    void aReplicaThatStillReadsIsAskedUntilItHasComeToTheEnd() {
        hear("m1", round, new RedisState.Ended());
        hear("r1", ask(leader.run(now)).round());
        assertThat(carriedOut()).isEmpty();
        now += 10;
        Effect.Ask again = ask(leader.run(now));
        assertThat(again.members()).containsExactly("r1");
        hearThatItsLinkIsDown("r1", again.round());
        assertThat(carriedOut()).containsExactly(promotion());
    }

    @Test
    void butNotForever() {
        hear("m1", round, new RedisState.Ended());
        hear("r1", ask(leader.run(now)).round());
        leader.run(now);
        long began = now;
        List<Action> done = List.of();
        while (done.isEmpty()) {
            now += 10;
            leader.run(now).stream().filter(Effect.Ask.class::isInstance).forEach(ask -> hear("r1", ((Effect.Ask) ask).round()));
            done = carriedOut();
        }
        assertThat(done).containsExactly(promotion());
        assertThat(now - began).isEqualTo(Promote.READ_MS);
    }

    @Test
    void whatAReplicaSaidBeforeItWasAskedDoesNotCount() {
        hear("m1", round, new RedisState.Ended());
        leader.run(now);
        hear("r1", round);
        assertThat(carriedOut()).isEmpty();
    }

    @Test
    void ofAMemberThatIsLostTheReplicasAreAsked() {
        leader.onView(without("m2"), now);
        assertThat(ask(leader.run(now)).members()).containsExactly("r2");
    }

    @Test
    void ofAReplicaThatIsLostAllAreAsked() {
        leader.onView(without("r1"), now);
        assertThat(ask(leader.run(now)).members()).isEmpty();
    }

    /** Seed 527811: another pod got the address, and refused while it started; the master served at another one. */
    @Test
    void bothPortsThatRefuseProveNothingWhereNobodyHadBeenAtTheAddress() {
        leader.onView(without("m2"), now);
        List<Effect> effects = leader.run(now);
        hearThatItsLinkIsDown("r2", ask(effects).round());
        long since = effects.stream().filter(Effect.Try.class::isInstance).mapToLong(attempt -> ((Effect.Try) attempt).since()).findFirst().orElseThrow();
        leader.onProbe(scene.address("m2"), Probe.SILENT, since, now);
        now += 200;
        assertThat(leader.run(now)).as("it is still looked for").noneMatch(Effect.CarryOut.class::isInstance);
        leader.onBothRefuse("m2", "both ports of m2 refuse connections", now);
        assertThat(leader.observation(now).ended()).isEmpty();
        leader.onProbe(scene.address("m2"), Probe.REFUSES, since, now);
        leader.onBothRefuse("m2", "both ports of m2 refuse connections", now);
        assertThat(leader.observation(now).ended()).as("it is another pod that refuses").isEmpty();
    }

    @Test
    void bothPortsThatRefuseFromTheFirstProveTheEnd() {
        leader.onView(without("m2"), now);
        List<Effect> effects = leader.run(now);
        hearThatItsLinkIsDown("r2", ask(effects).round());
        leader.onBothRefuse("m2", "both ports of m2 refuse connections", now);
        assertThat(leader.observation(now).ended()).containsOnlyKeys("m2");
        assertThat(carriedOut()).as("its port has not been tried yet").isEmpty();
        leader.onProbe(scene.address("m2"), Probe.REFUSES, tried(effects).since(), now);
        assertThat(carriedOut()).containsExactly(new Action.Promote(scene.address("r2"), id("r2"), id("m2"), Promotion.TAKEOVER));
    }

    @Test
    void afterAnActionAllAreAsked() {
        hear("m1", round, new RedisState.Ended());
        hearThatItsLinkIsDown("r1", ask(leader.run(now)).round());
        assertThat(carriedOut()).hasSize(1);
        leader.onDone(now);
        Effect.Ask ask = ask(leader.run(now));
        assertThat(ask.members()).isEmpty();
        now += 10;
        hear("r1", ask.round());
        assertThat(carriedOut()).as("the others have not answered").isEmpty();
    }

    @Test
    void whileAHandOverRunsNobodyIsAsked() {
        hearThatItLeaves("m2");
        assertThat(carriedOut()).containsExactly(new Action.Promote(scene.address("r2"), id("r2"), id("m2"), Promotion.HANDOVER));
        leader.onDone(now + 5);
        now += 30;
        assertThat(leader.run(now)).as("writers wait").isEmpty();
        now += 40;
        assertThat(ask(leader.run(now)).members()).as("what came of it").isEmpty();
    }

    @Test
    void whatIsDecidedInCalmIsLookedAtAgainFirst() {
        now += 900;
        seen.heard().keySet().forEach(member -> hear(member, round));
        hearThatItLeaves("m2");
        List<Effect> effects = leader.run(now);
        assertThat(effects).as("it is to hand over").noneMatch(Effect.CarryOut.class::isInstance);
        assertThat(ask(effects).members()).isEmpty();
    }

    /** Seed 222285: what was to be told waited for a server that the leader could not reach, for longer than its own cut lasted. */
    @Test
    void portsAreTriedOnWhileAnActionWaits() {
        leader.onView(without("m2"), now);
        List<Effect> effects = leader.run(now);
        hearThatItLeaves("m3", ask(effects).round());
        seen.heard().keySet().stream().filter(member -> !List.of("m2", "m3").contains(member)).forEach(member -> hear(member, ask(effects).round()));
        assertThat(carriedOut()).containsExactly(new Action.Promote(scene.address("r3"), id("r3"), id("m3"), Promotion.HANDOVER));
        leader.onProbe(scene.address("m2"), Probe.SILENT, tried(effects).since(), now + 250);
        now += 250;
        assertThat(leader.run(now)).as("it has just been tried").noneMatch(Effect.Try.class::isInstance);
        now += 250;
        Effect.Try again = tried(leader.run(now));
        assertThat(again.addresses()).containsExactly(scene.address("m2"));
        leader.onProbe(scene.address("m2"), Probe.ANSWERS, again.since(), now);
        now += 1000;
        leader.onDone(now);
        long next = ask(leader.run(now)).round();
        seen.heard().keySet().stream().filter(member -> !List.of("m2", "m3").contains(member)).forEach(member -> hear(member, next));
        hearThatItLeaves("m3", next);
        assertThat(carriedOut()).noneMatch(Action.Promote.class::isInstance);
    }

    /** Seed 245480: a new view dropped that the port answered and kept the older word of its end, and its port was not tried again before that was acted on. */
    @Test
    void inANewViewAnEndThatMayHavePassedIsProvenAnewAndThePortTried() {
        leader.onView(without("m2"), now);
        List<Effect> effects = leader.run(now);
        leader.onProbe(scene.address("m2"), Probe.ANSWERS, tried(effects).since(), now);
        leader.onEnded("m2", new End("container redis of pod m2 has ended", false), now);
        hearThatItsLinkIsDown("r2", ask(leader.run(now)).round());
        assertThat(carriedOut()).as("its port answers").isEmpty();
        leader.onView(without("m2", "r3"), now);
        effects = leader.run(now);
        assertThat(tried(effects).addresses()).containsExactlyInAnyOrder(scene.address("m2"), scene.address("r3"));
        long asked = ask(effects).round();
        List.of("m1", "m3", "r1").forEach(member -> hear(member, asked));
        hearThatItsLinkIsDown("r2", asked);
        assertThat(carriedOut()).as("nobody has told yet whether it still answers").isEmpty();
        leader.onEnded("m2", new End("pod m2 is gone", true), now);
        leader.onView(without("m2"), now);
        assertThat(leader.observation(now).ended()).as("what is gone for good stays gone").containsOnlyKeys("m2");
    }

    private static Effect.Try tried(List<Effect> effects) {
        return effects.stream().filter(Effect.Try.class::isInstance).map(Effect.Try.class::cast).findFirst().orElseThrow();
    }

    private void hearThatItLeaves(String member) {
        hearThatItLeaves(member, round);
    }

    private void hearThatItLeaves(String member, long answered) {
        Report last = seen.heard().get(member).report();
        leader.onReport(new Report(last.pod(), answered, last.redis(), last.group(), last.state(), last.stored(), true, last.masterProbe(), last.primary()), now);
    }

    /** On one machine: a merge took it in once more, without a word from it, while its process ended. Its node was remembered for a minute. */
    @Test
    void whoHasLeftAsItSaidHasLeftUntilItSaysThatItStays() {
        hearThatItLeaves("r2");
        leader.onView(without("r2"), now);
        assertThat(leader.observation(now).left()).containsExactly("r2");
        leader.onView(seen.view(), now);
        leader.onView(without("r2"), now);
        assertThat(leader.observation(now).left()).containsExactly("r2");
        leader.onView(seen.view(), now);
        hear("r2", round);
        leader.onView(without("r2"), now);
        assertThat(leader.observation(now).left()).isEmpty();
    }

    @Test
    void aPauseMakesAllOld() {
        now += 5000;
        assertThat(ask(leader.run(now)).members()).isEmpty();
        assertThat(leader.observation(now).fresh("m2")).isEmpty();
    }

    @Test
    void soDoesOneThatOnlyTheWallClockShows() {
        leader.onEnded("m9", new End("its container has ended", false), now);
        leader.onPause(now);
        assertThat(ask(leader.run(now)).members()).isEmpty();
        assertThat(leader.observation(now).fresh("m2")).isEmpty();
        assertThat(leader.observation(now).ended()).as("it may have been started again meanwhile").isEmpty();
    }

    private View without(String... gone) {
        List<String> members = new ArrayList<>(seen.view().members());
        members.removeAll(List.of(gone));
        return new View(5, members.getFirst(), members, seen.view().self());
    }
}
