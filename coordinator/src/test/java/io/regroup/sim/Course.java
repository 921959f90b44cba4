package io.regroup.sim;

import java.util.Optional;
import java.util.function.Supplier;

/** How a run goes on in a world: time passes, and all has to be whole within a bound. */
class Course {

    private static final long WRITTEN_MS = 2000;
    static final long FORM_MS = 30_000;
    private static final long TICK_MS = 100;

    final World world;

    Course(World world) {
        this.world = world;
    }

    /** The course of a world whose pods have just become a cluster. */
    static Course formed(World world) {
        Course course = new Course(world);
        world.kube.createAll(500);
        course.tick();
        course.until("whole at first", FORM_MS);
        return course;
    }

    /** And its clients have written for a while, and all that is everywhere. */
    static Course written(World world) {
        Course course = formed(world);
        Clients clients = new Clients(world);
        clients.start();
        course.pass(WRITTEN_MS);
        clients.stop();
        course.pass(WRITTEN_MS);
        return course;
    }

    void tick() {
        world.rules.tick();
        world.after(TICK_MS, this::tick);
    }

    void pass(long ms) {
        long end = world.now() + ms;
        while (world.now() < end) {
            world.timeline.step();
        }
    }

    /** Lets time pass until all is whole, in the product's eyes and in ours. */
    long until(String what, long most) {
        return until(what, most, this::pending);
    }

    long until(String what, long most, Supplier<Optional<String>> check) {
        long begin = world.now();
        Optional<String> pending = check.get();
        while (pending.isPresent()) {
            if (world.now() - begin > most) {
                throw new Violation("liveness", "not " + what + " after " + most + " ms: " + pending.get() + "; the leader says: " + leaderSays());
            }
            pass(TICK_MS);
            pending = check.get();
        }
        world.trace(() -> what + " after " + (world.now() - begin) + " ms");
        return world.now() - begin;
    }

    Optional<String> pending() {
        Optional<String> ours = Wholeness.pending(world);
        if (ours.isPresent()) {
            return ours;
        }
        Optional<SimMember> leader = world.leader();
        if (leader.isEmpty() || leader.get().view().orElseThrow().members().size() < world.kube.asked.nodes()) {
            return Optional.of("the group is not complete");
        }
        return leader.get().leader().orElseThrow().outlook().pending().map(p -> "the leader thinks: " + p);
    }

    /** Whole, and nothing is planned any more. */
    Optional<String> unrest() {
        return pending().or(() -> world.leader().orElseThrow().leader().orElseThrow().outlook().decision().waits().stream().findFirst()
            .map(wait -> wait.reason()));
    }

    private String leaderSays() {
        return world.leader().flatMap(SimMember::leader)
            .map(l -> l.outlook().decision().reason() + " / " + l.outlook().pending() + " / " + l.outlook().decision().waits()).orElse("nobody leads");
    }
}
