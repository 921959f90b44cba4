package io.regroup.faults;

import io.regroup.local.LocalPod.Process;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two faults, the second begins 0 to 9 s after the first, which may still last then; drawn by a seed: {@code -Dcompounds=20 -Dfirst=1}. */
class CompoundsIT extends FaultStory {

    private static final Duration FREEZE = Duration.ofSeconds(5);
    private static final Duration CUT = Duration.ofSeconds(8);

    /** What a server takes that has just been thawed, before it hears what has happened. */
    private static final long THAWED_MS = 1000;

    /** The first fault lasts there while the second begins. */
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

    private enum Kind {
        KILL_REDIS("redis-server of %s is killed"), KILL_POD("%s is killed"), KILL_COORDINATOR("the coordinator of %s is killed"),
        FREEZE("%s is frozen for 5 s"), CUT_OFF("%s is cut off for 8 s"), CUT_BUS("the bus of %s is cut off for 8 s"),
        CUT_GROUP("the group cannot hear %s for 8 s"), DELETE("%s is deleted");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    /** Each as often as it is to be run. */
    static List<Long> seeds() {
        long first = Long.getLong("first", 1);
        return LongStream.range(first, first + Long.getLong("compounds", 5)).boxed()
            .flatMap(seed -> Collections.nCopies(Times.TIMES, seed).stream()).toList();
    }

    @ParameterizedTest(name = "two faults drawn by {0}")
    @MethodSource("seeds")
    void twoFaults(long seed) throws InterruptedException {
        Random random = new Random(seed * 7919);
        Kind first = draw(random);
        Kind second = draw(random);
        Victim firstVictim = victim(random);
        Victim secondVictim = victim(random);
        Duration apart = Duration.ofMillis(random.nextInt(9001));
        titled(String.format(Locale.ROOT, "seed %d: %s, and %.1f s later %s", seed, String.format(first.words, firstVictim.words()),
            apart.toMillis() / 1000.0, String.format(second.words, secondVictim.words())));
        int one = firstVictim.pod();
        int other = secondVictim.pod();
        List<Integer> masters = cluster.masterPods();
        boolean oneShard = shard(one, masters) == shard(other, masters);
        List<MayLose> allowed = new ArrayList<>();
        // Two of three masters: there is no majority that votes while both last.
        boolean noElection = oneShard || masters.contains(one) && masters.contains(other);
        suffer(allowed, noElection ? START : ELECTION, () -> {
            long struck = System.nanoTime();
            CompletableFuture<Void> lasting = CompletableFuture.runAsync(() -> strike(first, one), threads);
            pass(apart);
            long again = since(struck);
            strike(second, other);
            lasting.join();
            if (oneShard) {
                // Who is hit second may have been promoted by then, or have had no replica in sync yet.
                allowed.addAll(one != other && first == Kind.KILL_POD && second == Kind.KILL_POD ? EVERYTHING
                    : List.of(between(0, since(struck) + THAWED_MS)));
            } else {
                allowed.addAll(mayLose(first, masters.contains(one), 0));
                allowed.addAll(mayLose(second, masters.contains(other), again));
            }
        });
    }

    /** A master that nobody hears takes writes until it looks whom it hears; one that is killed loses what is on its way. */
    private static List<MayLose> mayLose(Kind kind, boolean master, long at) {
        if (!master) {
            return NOTHING;
        }
        return switch (kind) {
            case KILL_REDIS, KILL_POD -> List.of(between(at, at + ON_ITS_WAY_MS));
            case FREEZE -> List.of(between(at, at + FREEZE.toMillis() + THAWED_MS));
            case CUT_OFF, CUT_BUS -> List.of(between(at, at + ALONE.toMillis()));
            case KILL_COORDINATOR, CUT_GROUP, DELETE -> NOTHING;
        };
    }

    private int shard(int pod, List<Integer> masters) {
        return masters.contains(pod) ? pod : masters.stream().filter(master -> replica(master) == pod).findFirst().orElseThrow();
    }

    private static Kind draw(Random random) {
        return Kind.values()[random.nextInt(Kind.values().length)];
    }

    /** @param words what was drawn; the leader is another pod in each run */
    private record Victim(String words, int pod) {
    }

    private Victim victim(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> new Victim("the leader's pod", leader());
            case 1 -> new Victim("a master's pod", master());
            default -> pod(1 + random.nextInt(cluster.nodes()));
        };
    }

    private static Victim pod(int number) {
        return new Victim("pod " + number, number);
    }

    /** Returns when it is over. */
    private void strike(Kind kind, int pod) {
        try {
            begin(kind, pod);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void begin(Kind kind, int pod) throws InterruptedException {
        switch (kind) {
            case KILL_REDIS -> cluster.pod(pod).kill(Process.REDIS);
            case KILL_POD -> cluster.pod(pod).kill().join();
            case KILL_COORDINATOR -> cluster.pod(pod).kill(Process.COORDINATOR);
            case FREEZE -> freeze(FREEZE, pod, Process.REDIS, Process.COORDINATOR);
            case CUT_OFF -> cutOff(Set.of(pod), Plane.ALL, CUT);
            case CUT_BUS -> cutOff(Set.of(pod), Plane.BUS, CUT);
            case CUT_GROUP -> cutOff(Set.of(pod), Plane.GROUP, CUT);
            case DELETE -> cluster.pod(pod).delete().join();
        }
    }
}
