package io.regroup.lead;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.Heard;
import io.regroup.model.Observation;
import io.regroup.model.Pod;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Rounds;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A leader that looks every second, and how the members answer. */
class UnheardTest {

    private static final long SECOND = 1000;
    private static final long ONE_LIFE = 7_000_000;

    private final Unheard unheard = new Unheard();
    private final SortedMap<String, Heard> heard = new TreeMap<>();
    private View view = new View(5, "a", List.of("a", "b", "c"), "a");
    private long now = 100_000;
    private long round = ONE_LIFE;

    @Test
    void membersThatAnswerAreLeftInPeace() {
        for (int i = 0; i < 600; i++) {
            answer("a", "b", "c");
            assertThat(second()).isEmpty();
        }
    }

    /** pt6z8|5: what the leader said to all did not reach bb9fs, whose reports came all the time. */
    @Test
    void aMemberWhoseReportsComeAndNeverAnswerIsUnheardAfterAWhile() {
        assertThat(secondsUntil("c", () -> {
            answer("a", "b");
            report("c", -1);
        })).isBetween(25L, 27L);
    }

    @Test
    void aMemberOfWhichNothingComesIsUnheardToo() {
        assertThat(secondsUntil("c", () -> answer("a", "b"))).isBetween(25L, 27L);
    }

    @Test
    void allAreNamed() {
        for (int i = 0; i < 25; i++) {
            answer("a");
            assertThat(second()).isEmpty();
        }
        assertThat(second()).containsExactly("b", "c");
    }

    /** On a loaded machine each answer may come when the next question is out already. */
    @Test
    void aMemberThatAlwaysAnswersTheQuestionBeforeIsHeard() {
        for (int i = 0; i < 120; i++) {
            answer("a", "b");
            report("c", round - 1);
            assertThat(second()).isEmpty();
        }
    }

    /** In a cluster that is whole nobody is asked anything; the last round is echoed. */
    @Test
    void inCalmTheLastRoundIsAnswerEnough() {
        answer("a", "b", "c");
        long asked = round;
        for (int i = 0; i < 120; i++) {
            List.of("a", "b", "c").forEach(member -> report(member, asked));
            assertThat(look()).isEmpty();
            now += SECOND;
        }
    }

    @Test
    void whereItDoesNotHelpItIsTriedAfterTwiceAsLongEachTime() {
        List<Long> after = new ArrayList<>();
        for (int times = 0; times < 7; times++) {
            after.add(secondsUntil("c", () -> answer("a", "b")));
            // The view that was made anew.
            view = new View(view.id() + 1, "a", view.members(), "a");
        }

        assertThat(after).containsExactly(26L, 51L, 101L, 201L, 401L, 401L, 401L);
    }

    @Test
    void whereItHelpedTheNextTimeIsAsSoonAsTheFirst() {
        secondsUntil("c", () -> answer("a", "b"));
        answer("a", "b", "c");
        second();

        assertThat(secondsUntil("c", () -> answer("a", "b"))).isBetween(24L, 26L);
    }

    @Test
    void whatWasBeforeThisViewDoesNotCount() {
        for (int i = 0; i < 20; i++) {
            answer("a", "b");
            assertThat(second()).isEmpty();
        }
        view = new View(6, "a", List.of("a", "b", "c", "d"), "a");

        assertThat(secondsUntil("c", () -> answer("a", "b"))).isBetween(25L, 27L);
    }

    @Test
    void aLeaderThatWasStoppedBlamesNobody() {
        answer("a", "b", "c");
        assertThat(second()).isEmpty();
        now += 120 * SECOND;

        assertThat(look()).isEmpty();
    }

    private long secondsUntil(String member, Runnable answers) {
        for (long seconds = 1; seconds <= 1000; seconds++) {
            answers.run();
            if (second().contains(member))
                return seconds;
        }
        throw new AssertionError(member + " was never unheard");
    }

    private void answer(String... members) {
        for (String member : members)
            report(member, round);
    }

    private void report(String member, long answered) {
        Address address = new Address("10.0.0." + member.charAt(0), 6379);
        heard.put(member, new Heard(new Report(new Pod(member, "uid-" + member, "10.0.0.1", "node", ""), answered, address, address, new RedisState.Starting(),
            Optional.empty(), false, Optional.empty(), Optional.empty()), now));
    }

    /** Looks, and asks all again a second later. */
    private TreeSet<String> second() {
        TreeSet<String> found = look();
        now += SECOND;
        round++;
        return found;
    }

    private TreeSet<String> look() {
        return new TreeSet<>(unheard.look(new Observation(now, Rounds.from(round), view, heard, Optional.empty(), new TreeMap<>(), new TreeMap<>(),
            Optional.empty(), new TreeMap<>(), new TreeSet<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), List.of(), ShardLoss.PRESET)));
    }
}
