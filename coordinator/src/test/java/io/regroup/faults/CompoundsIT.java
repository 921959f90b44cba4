package io.regroup.faults;

import io.regroup.local.LocalPod.Process;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two faults, 0 to 9 s apart, drawn by a seed: {@code -Dcompounds=20 -Dfirst=1}. */
class CompoundsIT extends FaultStory {

    /** What may happen, and the least that is allowed to be lost with it. */
    private enum Kind { KILL_REDIS, KILL_POD, KILL_COORDINATOR, FREEZE, CUT_OFF, CUT_BUS, CUT_GROUP, DELETE }

    static List<Long> seeds() {
        long first = Long.getLong("first", 1);
        return java.util.stream.LongStream.range(first, first + Long.getLong("compounds", 5)).boxed().toList();
    }

    @ParameterizedTest(name = "two faults drawn by {0}")
    @MethodSource("seeds")
    void twoFaults(long seed) throws InterruptedException {
        Random random = new Random(seed * 7919);
        Kind first = draw(random);
        Kind second = draw(random);
        int one = victim(random);
        int other = victim(random);
        Duration apart = Duration.ofMillis(random.nextInt(9001));
        cluster.measured(first + " of pod " + one + ", " + apart.toMillis() + " ms later " + second + " of pod " + other);
        suffer(EVERYTHING, () -> {
            strike(first, one);
            pass(apart);
            strike(second, other);
        });
    }

    private static Kind draw(Random random) {
        return Kind.values()[random.nextInt(Kind.values().length)];
    }

    private int victim(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> leader();
            case 1 -> master();
            default -> 1 + random.nextInt(cluster.nodes());
        };
    }

    private void strike(Kind kind, int pod) throws InterruptedException {
        switch (kind) {
            case KILL_REDIS -> cluster.pod(pod).kill(Process.REDIS);
            case KILL_POD -> cluster.pod(pod).kill().join();
            case KILL_COORDINATOR -> cluster.pod(pod).kill(Process.COORDINATOR);
            case FREEZE -> freeze(Duration.ofSeconds(5), pod, Process.REDIS, Process.COORDINATOR);
            case CUT_OFF -> cutOff(Set.of(pod), Plane.ALL, Duration.ofSeconds(8));
            case CUT_BUS -> cutOff(Set.of(pod), Plane.BUS, Duration.ofSeconds(8));
            case CUT_GROUP -> cutOff(Set.of(pod), Plane.GROUP, Duration.ofSeconds(8));
            case DELETE -> cluster.pod(pod).delete().join();
        }
    }
}
