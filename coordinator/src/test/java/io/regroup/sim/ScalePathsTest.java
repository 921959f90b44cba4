package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.sim.ScalePath.Crash;
import io.regroup.sim.ScalePath.Death;
import io.regroup.sim.ScalePath.Outcome;
import io.regroup.sim.ScalePath.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every way from 3 to 12 nodes to 3 to 12 others, with 0, 1 and 2 replicas: the fewest slots move, and whatever dies after any step of
 * it, all rules hold and the cluster is whole as it was asked for.
 *
 * <pre>
 * mvn verify                                              each way alone, and with one death
 * mvn test -Dtest=ScalePathsTest -Ddeaths=6               with six, drawn by the way
 * mvn test -Dtest=ScalePathsTest -Dways=all               each kind of death after each step of each way
 * mvn test -Dtest=ScalePathsTest -Dways="6 4 1 SERVER 17" this one, one line an event; "6 4 1 MIGRATION SERVER 17": by Redis' own command
 * </pre>
 */
class ScalePathsTest {

    private static final int FEWEST = 3;
    private static final int MOST = 12;
    private static final int DEATHS = Integer.getInteger("deaths", 1);

    private static List<Way> ways() {
        List<Way> ways = new ArrayList<>();
        for (int replicas = 0; replicas <= 2; replicas++) {
            for (int from = FEWEST; from <= MOST; from++) {
                for (int to = FEWEST; to <= MOST; to++) {
                    if (from != to) {
                        ways.add(new Way(from, to, replicas, MoveBy.MIGRATE));
                    }
                    // Every third of them also where the servers move slots by themselves, as Valkey does it and as Redis does by turns.
                    if (from != to && (from + to + replicas) % 3 == 0) {
                        ways.add(new Way(from, to, replicas, (from + to) % 2 == 0 ? MoveBy.MIGRATESLOTS : MoveBy.MIGRATION));
                    }
                }
            }
        }
        return ways;
    }

    @Test
    void everyWayIsWholeInTheEndWhateverDies() {
        String asked = System.getProperty("ways", "few");
        if (asked.matches("\\d+ \\d+ \\d+( MIGRA[A-Z]+)?( \\w+ \\d+)?")) {
            System.out.println(replay(asked.split(" ")));
            return;
        }
        boolean all = asked.equals("all");
        AtomicInteger done = new AtomicInteger();
        List<String> failures = ways().parallelStream().flatMap(way -> {
            List<String> its = failures(way, all).toList();
            its.forEach(failure -> System.out.println("[ways] " + failure));
            int so = done.incrementAndGet();
            if (all) {
                System.out.println("[ways] " + so + " of " + ways().size() + " done: " + way);
            }
            return its.stream();
        }).toList();
        assertThat(failures).isEmpty();
    }

    private static Outcome replay(String[] words) {
        boolean told = words.length % 2 == 0;
        Way way = new Way(Integer.parseInt(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]), told ? MoveBy.valueOf(words[3]) : MoveBy.MIGRATE);
        int next = told ? 4 : 3;
        Optional<Crash> crash = words.length == next ? Optional.empty()
            : Optional.of(new Crash(Death.valueOf(words[next]), Long.parseLong(words[next + 1])));
        return new ScalePath(way, new Tamper(), System.out::println).run(crash);
    }

    private static Stream<String> failures(Way way, boolean all) {
        try {
            Outcome outcome = new ScalePath(way, new Tamper(), null).run(Optional.empty());
            if (way.to() > way.from() && outcome.moved() != outcome.fewest()) {
                return Stream.of(way + ": " + outcome.moved() + " slots moved, " + outcome.fewest() + " would have done");
            }
            return crashes(way, outcome.steps(), all).stream().flatMap(crash -> failure(way, crash).stream());
        } catch (RuntimeException | AssertionError e) {
            return Stream.of(words(way.toString(), e, way.words()));
        }
    }

    private static List<Crash> crashes(Way way, long steps, boolean all) {
        List<Crash> crashes = new ArrayList<>();
        Death[] deaths = Death.values();
        if (all) {
            for (long step = 1; step <= steps; step++) {
                for (Death death : deaths) {
                    crashes.add(new Crash(death, step));
                }
            }
        } else {
            Chance chance = new Chance(way.seed());
            for (int i = 0; i < DEATHS && steps > 0; i++) {
                crashes.add(new Crash(deaths[chance.index(deaths.length)], chance.between(1, steps)));
            }
        }
        return crashes;
    }

    private static Optional<String> failure(Way way, Crash crash) {
        try {
            new ScalePath(way, new Tamper(), null).run(Optional.of(crash));
            return Optional.empty();
        } catch (RuntimeException | AssertionError e) {
            return Optional.of(words(way + ", " + crash, e, way.words() + " " + crash.death() + " " + crash.step()));
        }
    }

    private static String words(String what, Throwable e, String replay) {
        return what + ": " + (e instanceof Violation ? e.getMessage() : e + " at " + e.getStackTrace()[0])
            + "  (replay: mvn test -Dtest=ScalePathsTest -Dways=\"" + replay + "\")";
    }
}
