package io.regroup.group;

import static io.regroup.group.MemberProcess.awaitView;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Members in processes of their own, which are killed and stopped. */
@Tag("nobody-beside")
class LostMemberIT {

    private static final Duration START = Duration.ofSeconds(120);

    private final Loopback loopback = Loopback.pick();
    private final List<MemberProcess> members = new ArrayList<>();
    private final List<MemberProcess> started = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (MemberProcess member : started)
            member.end();
    }

    @Test
    void killedMembersAreGoneFromTheViewAtOnceTheLeaderAndTwoAtATimeToo() throws Exception {
        start(1, 2, 3, 4, 5, 6);
        awaitView(System.nanoTime(), START, members, "m1", "m2", "m3", "m4", "m5", "m6");

        assertThat(kill("m4")).isLessThan(Duration.ofSeconds(2));
        assertThat(kill(members.getFirst().view().getFirst())).as("the leader").isLessThan(Duration.ofSeconds(2));
        List<String> view = members.getFirst().view();
        assertThat(kill(view.get(0), view.get(1))).as("the leader and the next one").isLessThan(Duration.ofSeconds(3));
    }

    @Test
    void aMemberThatFallsSilentIsExcludedAndComesBackWhenItSpeaksAgain() throws Exception {
        start(1, 2, 3);
        awaitView(System.nanoTime(), START, members, "m1", "m2", "m3");
        MemberProcess leader = member(members.getFirst().view().getFirst());
        List<MemberProcess> others = members.stream().filter(member -> member != leader).toList();
        String[] left = others.getFirst().view().stream().skip(1).toArray(String[]::new);

        long silent = System.nanoTime();
        leader.stop();
        // 2.5 s is what the settings promise; a loaded machine gets some more.
        assertThat(awaitView(silent, Duration.ofSeconds(10), others, left)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));

        leader.resume();
        awaitView(System.nanoTime(), Duration.ofSeconds(20), members, "m1", "m2", "m3");
        // The view of before has the same members, and the one that was silent still has it for a while.
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() ->
            assertThat(members).extracting(member -> member.view().getFirst()).as("the one that was silent does not lead").containsOnly(left[0]));
    }

    @Test
    void aMemberThatIsKilledAndStartedAgainAtOnceStandsInTheViewOnceAndAtItsEnd() throws Exception {
        start(1, 2, 3);
        awaitView(System.nanoTime(), START, members, "m1", "m2", "m3");
        List<String> before = members.getFirst().view();
        String killed = before.getFirst();

        MemberProcess first = member(killed);
        first.end();
        members.remove(first);
        start(Integer.parseInt(killed.substring(1)));

        awaitView(System.nanoTime(), START, members, before.get(1), before.get(2), killed);
        assertThat(members.getFirst().view()).containsExactly(before.get(1), before.get(2), killed);
    }

    private void start(int... numbers) throws Exception {
        for (int number : numbers) {
            MemberProcess member = MemberProcess.start(loopback, number, 6);
            started.add(member);
            members.add(member);
        }
    }

    /** Kills by SIGKILL; returns how long it took until the last survivor had a view without them. */
    private Duration kill(String... names) {
        List<MemberProcess> killed = List.of(names).stream().map(this::member).toList();
        String[] left = members.getFirst().view().stream().filter(name -> !List.of(names).contains(name)).toArray(String[]::new);
        members.removeAll(killed);
        long at = System.nanoTime();
        killed.forEach(MemberProcess::kill);
        Duration took = awaitView(at, Duration.ofSeconds(10), members, left);
        System.out.printf("killed %s, gone for all after %d ms%n", String.join(" and ", names), took.toMillis());
        return took;
    }

    private MemberProcess member(String name) {
        return members.stream().filter(member -> member.name().equals(name)).findFirst().orElseThrow();
    }
}
