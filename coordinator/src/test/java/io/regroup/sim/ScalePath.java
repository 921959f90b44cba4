package io.regroup.sim;

import io.regroup.model.Asked;
import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A cluster of so many nodes is scaled to so many others, under writes, and perhaps something dies after one of the steps. */
final class ScalePath extends Course {

    private static final long WHOLE_MS = 120_000;
    private static final long QUIET_MS = 500;

    /**
     * @param replicas of each master
     * @param by       how all servers can move slots
     */
    record Way(int from, int to, int replicas, MoveBy by) {

        long seed() {
            return (from * 100L + to) * 10 + replicas;
        }

        /** As {@code -Dways} takes it. */
        String words() {
            return from + " " + to + " " + replicas + (by == MoveBy.MIGRATE ? "" : " " + by);
        }

        @Override
        public String toString() {
            return from + " -> " + to + " with " + replicas + " replicas" + (by == MoveBy.MIGRATE ? "" : " by " + by);
        }
    }

    /** What dies. The server is the one that the step was sent to. */
    enum Death { COORDINATOR_OF_LEADER, POD_OF_LEADER, SERVER, SERVER_WITHOUT_DATA, POD_OF_SERVER, LEADER_AND_SERVER }

    /** @param step after which one it dies, from 1 on */
    record Crash(Death death, long step) {

        @Override
        public String toString() {
            return death + " after step " + step;
        }
    }

    /**
     * @param steps commands to servers, or pipelines of a move, from the scaling until all was whole
     * @param moved slots whose owner is another one than before, and {@code fewest} of those that there must be
     */
    record Outcome(long steps, int moved, int fewest, long wholeMs) {
    }

    private final Way way;
    private final Clients clients;
    private long steps;

    ScalePath(Way way, Tamper tamper, Consumer<String> out) {
        super(new World(way.seed(), new Asked(Math.max(way.from(), Asked.LEAST_MASTERS * (1 + way.replicas())), way.replicas()), tamper, out));
        this.way = way;
        world.able = address -> way.by();
        this.clients = new Clients(world);
    }

    Outcome run(Optional<Crash> crash) {
        world.kube.createAll(500);
        tick();
        until("whole at first", WHOLE_MS);
        if (world.kube.asked.nodes() != way.from()) {
            world.kube.scale(new Asked(way.from(), way.replicas(), false));
            until("whole with few", WHOLE_MS);
        }
        clients.start();
        pass(QUIET_MS);
        SortedMap<String, SlotSet> before = owners();
        world.onCommand = server -> {
            steps++;
            crash.filter(due -> due.step() == steps).ifPresent(due -> {
                Pod pod = podOf(server);
                world.after(0, () -> strike(due.death(), pod));
            });
        };
        world.kube.scale(new Asked(way.to(), way.replicas(), false));
        long whole = until("whole again", WHOLE_MS);
        clients.stop();
        long all = steps;
        SortedMap<String, SlotSet> after = owners();
        return new Outcome(all, moved(before, after), fewest(before, after), whole);
    }

    private Pod podOf(SimRedis server) {
        return world.pods().stream().filter(pod -> pod.redis().filter(server::equals).isPresent()).findFirst().orElseThrow();
    }

    private void strike(Death death, Pod pod) {
        Pod leader = world.leader().map(member -> member.pod).orElse(pod);
        world.trace(() -> death + ": " + leader.name + " leads, " + pod.name + " has the server");
        switch (death) {
            case COORDINATOR_OF_LEADER -> leader.crashCoordinator();
            case POD_OF_LEADER -> world.kube.kill(leader);
            case SERVER -> pod.crashRedis(true);
            case SERVER_WITHOUT_DATA -> pod.crashRedis(false);
            case POD_OF_SERVER -> world.kube.kill(pod);
            case LEADER_AND_SERVER -> {
                leader.crashCoordinator();
                pod.crashRedis(true);
            }
        }
    }

    private SortedMap<String, SlotSet> owners() {
        SortedMap<String, SlotSet> owners = new TreeMap<>();
        world.servers().stream().filter(server -> server.myself.isMaster() && server.myself.hasSlots())
            .forEach(server -> owners.put(server.id().value(), server.myself.slots()));
        return owners;
    }

    private static int moved(SortedMap<String, SlotSet> before, SortedMap<String, SlotSet> after) {
        return after.entrySet().stream().mapToInt(now -> now.getValue().minus(before.getOrDefault(now.getKey(), SlotSet.NONE)).size()).sum();
    }

    /** Those who were masters keep as much as an equal part allows, and the larger parts are theirs as far as there are any. */
    private static int fewest(SortedMap<String, SlotSet> before, SortedMap<String, SlotSet> after) {
        int part = SlotSet.COUNT / after.size();
        int larger = SlotSet.COUNT % after.size();
        List<Integer> had = new ArrayList<>(after.keySet().stream().map(id -> before.getOrDefault(id, SlotSet.NONE).size()).sorted().toList().reversed());
        int arrive = 0;
        for (int i = 0; i < had.size(); i++) {
            arrive += Math.max(0, part + (i < larger ? 1 : 0) - had.get(i));
        }
        return arrive;
    }
}
