package io.regroup.sim;

import io.regroup.model.Asked;
import io.regroup.sim.Network.Plane;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What goes wrong: the seed draws which faults there are in a run, and when. */
final class Faults {

    /** Of a hundred faults, in a world in which servers freeze. */
    private static final int FREEZES = 20;
    /** Of a hundred of these, in which they do when they are sent something. */
    private static final int STALLS = 30;

    /** Of a hundred faults, with more of them: that no seed in thousands comes to by itself. */
    private static final int OWN_WORDS = 4;

    private final World world;
    private final Chance chance;

    Faults(World world) {
        this.world = world;
        this.chance = world.chance;
    }

    /** One fault, now. It ends by itself, or when all is healed. */
    void strike() {
        if (world.commandsCanBeLate && chance.percent(FREEZES)) {
            freeze();
            return;
        }
        if (Simulation.HARDER && chance.percent(OWN_WORDS)) {
            ownWord();
            return;
        }
        switch ((int) chance.between(0, 24)) {
            case 0, 1 -> victim().crashRedis(chance.percent(60));
            case 2 -> victim().crashCoordinator();
            case 3 -> world.kube.kill(victim());
            case 4 -> world.kube.delete(victim());
            case 5 -> world.kube.loseMachine(victim());
            case 6 -> leader().crashCoordinator();
            case 7 -> world.kube.kill(leader());
            case 8 -> pause(chance.percent(60) ? leader() : victim());
            case 9 -> cut(one());
            case 10 -> cut(half());
            case 11 -> several();
            case 12 -> outage();
            case 13 -> both();
            case 14 -> world.kube.reboot(victim(), chance.percent(50), true);
            case 15 -> allRestart();
            case 16, 17 -> operator();
            case 18, 22, 23 -> scale();
            case 19 -> world.kube.rollout();
            case 20 -> clock();
            case 21 -> stranger();
            default -> trouble();
        }
    }

    private Pod victim() {
        return chance.pick(world.pods());
    }

    private Pod leader() {
        return world.leader().map(m -> m.pod).orElseGet(this::victim);
    }

    /** Both containers of a pod: a sandbox that is made anew, or not enough memory for either. */
    private void both() {
        Pod pod = chance.percent(50) ? victim() : leader();
        pod.crashRedis(chance.percent(60));
        pod.crashCoordinator();
    }

    private void several() {
        for (Pod pod : List.copyOf(world.pods())) {
            if (chance.percent(40)) {
                long at = chance.between(0, 300);
                boolean keep = chance.percent(60);
                int how = (int) chance.between(0, 3);
                world.after(at, () -> {
                    switch (how) {
                        case 0 -> world.kube.kill(pod);
                        case 1 -> pod.crashCoordinator();
                        default -> pod.crashRedis(keep);
                    }
                });
            }
        }
    }

    /** A power cut: all processes end, the volumes stay, and all pods have other IPs afterwards. */
    private void allRestart() {
        boolean newIps = chance.percent(70);
        boolean remembers = chance.percent(50);
        world.trace(() -> "everything restarts" + (remembers ? "" : ", and nobody remembers anything"));
        for (Pod pod : List.copyOf(world.pods())) {
            if (pod.hostUp) {
                world.kube.reboot(pod, newIps, remembers);
            }
        }
    }

    /** Some pods more or fewer; and sometimes others again, while slots still move. */
    private void scale() {
        scaleTo(count());
        if (chance.percent(50)) {
            int then = count();
            world.after(chance.between(200, 6000), () -> scaleTo(then));
        }
    }

    private int count() {
        int least = Asked.LEAST_MASTERS;
        int most = (1 + world.kube.asked.replicas()) * Asked.LEAST_MASTERS + 4;
        return (int) chance.between(least, most);
    }

    private void scaleTo(int nodes) {
        int replicas = chance.percent(85) ? world.kube.asked.replicas() : (int) chance.between(0, 2);
        world.kube.scale(new Asked(nodes, replicas, false));
    }

    /** Somebody types a command at some server. */
    private void operator() {
        List<SimRedis> servers = world.servers().stream().filter(server -> server.isServing() && !server.isFrozen()).toList();
        if (servers.isEmpty()) {
            return;
        }
        SimRedis server = chance.pick(servers);
        String other = chance.pick(servers).id().value();
        world.rules.onOperator(server, switch ((int) chance.between(0, 5)) {
            case 0 -> List.of("CLUSTER", "FAILOVER");
            case 1 -> List.of("CLUSTER", "FAILOVER", "FORCE");
            case 2 -> List.of("CLUSTER", "FAILOVER", "TAKEOVER");
            case 3 -> List.of("CLUSTER", "RESET", chance.percent(50) ? "HARD" : "SOFT");
            case 4 -> List.of("CLUSTER", "DELSLOTSRANGE", "0", Integer.toString((int) chance.between(0, 5000)));
            default -> List.of("CLUSTER", "FORGET", other);
        });
    }

    /** A redis-server stands still; or its pod as a whole, or its machine. */
    private void freeze() {
        if (chance.percent(STALLS)) {
            world.trace(() -> "what is sent to servers finds some of them frozen");
            world.stallPercent = 20;
            return;
        }
        Pod pod = chance.percent(30) ? leader() : victim();
        long ms = chance.between(300, 10_000);
        boolean whole = chance.percent(40);
        boolean clockStops = whole && chance.percent(40);
        pod.redis().ifPresent(server -> server.freeze(ms));
        pod.coordinator().filter(m -> whole && !m.isPaused()).ifPresent(m -> {
            world.trace(() -> m + " is paused for " + ms + " ms" + (clockStops ? ", and so is its clock" : ""));
            m.pause(ms, clockStops);
        });
    }

    /** A replica hears what it said of itself before it became one. */
    private void ownWord() {
        List<SimRedis> replicas = world.servers().stream().filter(server -> server.isServing() && !server.isFrozen() && server.myself.isReplica()).toList();
        if (!replicas.isEmpty()) {
            chance.pick(replicas).hearItself();
        }
    }

    private void pause(Pod pod) {
        long ms = chance.between(200, 8000);
        boolean clockStops = chance.percent(40);
        pod.coordinator().filter(m -> !m.isPaused()).ifPresent(m -> {
            world.trace(() -> m + " is paused for " + ms + " ms" + (clockStops ? ", and so is its clock" : ""));
            m.pause(ms, clockStops);
        });
    }

    /** A pod goes, and its IP comes to a stranger's; perhaps while nobody tells that the pod is gone. */
    private void stranger() {
        if (chance.percent(50)) {
            outage();
        }
        Pod pod = chance.percent(30) ? leader() : victim();
        world.kube.promiseIp(pod);
        switch ((int) chance.between(0, 4)) {
            case 0 -> world.kube.kill(pod);
            case 1 -> world.kube.delete(pod);
            case 2 -> world.kube.loseMachine(pod);
            case 3 -> allRestart();
            default -> world.kube.reboot(pod, true, true);
        }
    }

    /** Somebody sets a machine's clock, forward or back; its coordinator may be started again by that. */
    private void clock() {
        Pod pod = chance.percent(60) ? leader() : victim();
        long by = chance.between(-10_000, 10_000);
        if (pod.coordinator().filter(SimMember::isSuspended).isPresent()) {
            return;
        }
        // How long something is good that is on its way is told by this clock, and by nothing else.
        if (world.commandsCanBeLate && !world.isWhole()) {
            return;
        }
        world.trace(() -> "the clock of " + pod.name + "'s machine is set by " + by + " ms");
        pod.wallOffset += by;
        if (chance.percent(50)) {
            pod.crashCoordinator();
        }
    }

    private Set<String> one() {
        return new TreeSet<>(Set.of(victim().ip));
    }

    private Set<String> half() {
        Set<String> ips = new TreeSet<>();
        List<Pod> pods = new ArrayList<>(world.pods());
        for (int i = pods.size() / 2; i > 0; i--) {
            ips.add(pods.remove(chance.index(pods.size())).ip);
        }
        return ips;
    }

    private void cut(Set<String> inside) {
        int planes = (int) chance.between(0, 3);
        boolean oneWay = planes == 3 && chance.percent(40);
        long ms = chance.between(300, 15_000);
        List<Runnable> undo = new ArrayList<>();
        if (planes == 0 || planes == 2) {
            undo.add(world.net.cut(Plane.GROUP, inside));
        }
        if (planes == 0 || planes == 1) {
            undo.add(world.net.cut(Plane.REDIS, inside));
        }
        if (planes != 2) {
            undo.add(oneWay ? world.net.mute(Plane.BUS, inside) : world.net.cut(Plane.BUS, inside));
        }
        world.trace(() -> "cut off for " + ms + " ms (" + List.of("all", "redis", "group", "bus").get(planes) + (oneWay ? ", not heard" : "")
            + "): " + inside);
        world.group.onNetwork();
        world.after(ms, () -> {
            undo.forEach(Runnable::run);
            world.group.onNetwork();
        });
    }

    private void outage() {
        long ms = chance.between(2000, 20_000);
        world.trace(() -> "API server down for " + ms + " ms");
        world.kube.up = false;
        world.after(ms, () -> world.kube.up = true);
    }

    /** Slowness and loss: of commands, replies, reports, replication, and of the API server's word. */
    private void trouble() {
        switch ((int) chance.between(0, 3)) {
            case 0 -> world.lossPercent = 20;
            case 1 -> world.mostLag = 400;
            case 2 -> world.kube.lag = chance.between(200, 2500);
            default -> (chance.percent(30) ? world.members() : victim().coordinator().stream().toList()).forEach(m -> m.slowness = 2000);
        }
    }

    /** From here on nothing goes wrong any more. */
    void heal() {
        world.trace(() -> "all is healed");
        world.servers().forEach(SimRedis::thaw);
        world.net.healAll();
        world.group.onNetwork();
        world.kube.up = true;
        world.kube.lag = 0;
        world.lossPercent = 0;
        world.stallPercent = 0;
        world.mostLag = 0;
        world.members().forEach(m -> m.slowness = 0);
    }
}
