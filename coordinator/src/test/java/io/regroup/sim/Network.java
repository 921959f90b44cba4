package io.regroup.sim;

import java.util.Set;
import java.util.TreeSet;

/** Who can reach whom, by IP. What is cut is silent: nothing is refused, it just does not arrive. */
final class Network {

    /** Redis' port, its cluster bus and the group's ports are cut apart: a policy or a mesh may block any of them. */
    enum Plane { REDIS, BUS, GROUP }

    private record Cut(Plane plane, Set<String> inside) {
        boolean parts(Plane by, String one, String other) {
            return plane == by && inside.contains(one) != inside.contains(other);
        }
    }

    private final Chance chance;
    private final java.util.List<Cut> cuts = new java.util.ArrayList<>();
    /** Percent of messages that take longer than usual. */
    int slowPercent = 2;

    Network(Chance chance) {
        this.chance = chance;
    }

    boolean reach(Plane plane, String one, String other) {
        for (Cut cut : cuts) {
            if (cut.parts(plane, one, other)) {
                return false;
            }
        }
        return true;
    }

    /** Those inside and all others do not reach each other until the returned handle is run. */
    Runnable cut(Plane plane, Set<String> inside) {
        Cut cut = new Cut(plane, new TreeSet<>(inside));
        cuts.add(cut);
        return () -> cuts.remove(cut);
    }

    void healAll() {
        cuts.clear();
    }

    boolean isWhole() {
        return cuts.isEmpty();
    }

    /** One way, in ms. */
    long delay() {
        return chance.percent(slowPercent) ? chance.between(5, 60) : chance.between(0, 2);
    }
}
