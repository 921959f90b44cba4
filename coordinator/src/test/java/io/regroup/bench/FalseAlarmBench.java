package io.regroup.bench;

import io.regroup.faults.Throttle;
import io.regroup.faults.VirtualNetwork;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import io.regroup.local.RealCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Nothing has failed, and all is slow: packets between the pods are late or lost, and all processes together have a part of a core.
 * Whatever is promoted, forgotten or excluded from the group meanwhile is a false alarm.
 */
public final class FalseAlarmBench {

    private static final int PODS = 6;
    private static final Duration DELAY = Duration.ofMillis(50);
    private static final double LOSS = 0.02;
    private static final double SHARE = 1.0 / 3;

    private FalseAlarmBench() {
    }

    /** @param args for how many minutes, default 10 */
    public static void main(String[] args) throws IOException, InterruptedException {
        String minutes = String.join(" ", args).strip();
        if (!minutes.matches("\\d*")) {
            System.err.println("FalseAlarmBench: " + minutes + " is no number of minutes");
            System.exit(2);
        }
        Duration time = Duration.ofMinutes(minutes.isEmpty() ? 10 : Integer.parseInt(minutes));
        if (!System.getProperty("user.name").equals("root")) {
            System.out.println("FalseAlarmBench is not run: network namespaces and control groups need root (and ip, and socat)");
            return;
        }
        // Closed last first: the processes end before the network and the control group that they are in are removed.
        try (Throttle throttle = new Throttle(SHARE); VirtualNetwork network = new VirtualNetwork(PODS);
             RealCluster cluster = new RealCluster(PODS, 1, network)) {
            cluster.local().startAll();
            System.out.printf(Locale.ROOT, "%d pods, whole after %.1f s%n", PODS, cluster.awaitWhole(System.nanoTime()));
            SortedMap<Integer, String> roles = cluster.roles();
            SortedMap<String, Long> sent = cluster.sent();
            long view = view(cluster);
            network.disturb(DELAY, LOSS);
            throttle.put(pids(cluster));
            watch(time, cluster, roles);
            double throttled = throttle.throttled();
            network.disturb(Duration.ZERO, 0);
            cluster.awaitWhole(System.nanoTime());
            int changed = (int) cluster.roles().entrySet().stream().filter(e -> !e.getValue().equals(roles.get(e.getKey()))).count();
            System.out.printf(Locale.ROOT, "%d min of %d ms delay each way, %.0f %% loss (%d of %d packets) and a third of a core for all (throttled in %.0f %% of all periods)%n",
                time.toMinutes(), DELAY.toMillis(), LOSS * 100, network.lost(), network.carried(), throttled * 100);
            System.out.printf(Locale.ROOT, "false failovers: %d; nodes whose role or epoch changed: %d; commands that change something: %d; new views of the group: %d%n",
                count(cluster.sent(), "FAILOVER") - count(sent, "FAILOVER"), changed, count(cluster.sent(), "") - count(sent, ""), view(cluster) - view);
        }
    }

    /** Lets the time pass, and says every minute how it stands. */
    private static void watch(Duration time, RealCluster cluster, SortedMap<Integer, String> roles) throws InterruptedException {
        try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
            clock.scheduleAtFixedRate(() -> System.out.println("    " + (cluster.roles().equals(roles) ? "all as it was" : "not as it was: " + cluster.roles())),
                1, 1, TimeUnit.MINUTES);
            clock.schedule(clock::shutdownNow, time.toSeconds(), TimeUnit.SECONDS);
            clock.awaitTermination(2 * time.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static List<Long> pids(RealCluster cluster) {
        List<Long> pids = new ArrayList<>();
        for (LocalPod pod : cluster.local().pods()) {
            pids.add(pod.pid(Process.REDIS));
            pids.add(pod.pid(Process.COORDINATOR));
        }
        return pids;
    }

    private static long count(SortedMap<String, Long> sent, String command) {
        return sent.entrySet().stream().filter(e -> e.getKey().contains(command)).mapToLong(e -> e.getValue()).sum();
    }

    /** The number of the group's view: each one that joins, leaves or is excluded makes another. */
    private static long view(RealCluster cluster) {
        String view = cluster.local().leadersStatus().orElseThrow().getAsJsonObject("group").get("view").getAsString();
        return Long.parseLong(view.substring(view.indexOf('|') + 1));
    }
}
