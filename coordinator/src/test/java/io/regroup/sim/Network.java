package io.regroup.sim;

import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/** Who can reach whom, by IP. What is cut is silent: nothing is refused, it just does not arrive. */
final class Network {

    /** Redis' port, its cluster bus and the group's ports are cut apart: a policy or a mesh may block any of them. */
    enum Plane { REDIS, BUS, GROUP }

    private record Cut(Plane plane, Set<String> inside, boolean outOnly) {
        boolean parts(Plane by, String from, String to) {
            return plane == by && (outOnly ? inside.contains(from) && !inside.contains(to) : inside.contains(from) != inside.contains(to));
        }
    }

    private final Chance chance;
    private final LongSupplier clock;
    private long mendedAt = Long.MIN_VALUE / 2;
    private final java.util.List<Cut> cuts = new java.util.ArrayList<>();
    /** Percent of messages that take longer than usual. */
    int slowPercent = 2;

    Network(Chance chance, LongSupplier clock) {
        this.chance = chance;
        this.clock = clock;
    }

    boolean reach(Plane plane, String from, String to) {
        for (Cut cut : cuts) {
            if (cut.parts(plane, from, to)) {
                return false;
            }
        }
        return true;
    }

    /** Those inside and all others do not reach each other until the returned handle is run. */
    Runnable cut(Plane plane, Set<String> inside) {
        return cut(new Cut(plane, new TreeSet<>(inside), false));
    }

    /** The others do not hear those inside, and they hear the others. */
    Runnable mute(Plane plane, Set<String> inside) {
        return cut(new Cut(plane, new TreeSet<>(inside), true));
    }

    private Runnable cut(Cut cut) {
        cuts.add(cut);
        return () -> {
            if (cuts.remove(cut)) {
                mendedAt = clock.getAsLong();
            }
        };
    }

    void healAll() {
        if (!cuts.isEmpty()) {
            cuts.clear();
            mendedAt = clock.getAsLong();
        }
    }

    /** A server goes on that was as good as cut off. */
    void onMended() {
        mendedAt = clock.getAsLong();
    }

    /** When a cut ended last. */
    long mendedAt() {
        return mendedAt;
    }

    boolean isWhole() {
        return cuts.isEmpty();
    }

    /** One way, in ms. */
    long delay() {
        return chance.percent(slowPercent) ? chance.between(5, 60) : chance.between(0, 2);
    }
}
