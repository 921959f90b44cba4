package io.regroup.bench;

import io.regroup.faults.Deeds;
import io.regroup.faults.Throttle;
import io.regroup.faults.VirtualNetwork;
import io.regroup.local.RealCluster;
import java.io.IOException;
import java.time.Duration;
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
            Deeds before = Deeds.of(cluster);
            network.disturb(DELAY, LOSS);
            throttle.put(cluster.pids());
            watch(time, cluster, before.roles());
            double throttled = throttle.throttled();
            network.disturb(Duration.ZERO, 0);
            cluster.awaitWhole(System.nanoTime());
            Deeds after = Deeds.of(cluster);
            System.out.printf(Locale.ROOT, "%d min of %d ms delay each way, %.0f %% loss (%d of %d packets) and a third of a core for all (throttled in %.0f %% of all periods)%n",
                time.toMinutes(), DELAY.toMillis(), LOSS * 100, network.lost(), network.carried(), throttled * 100);
            System.out.printf(Locale.ROOT, "false failovers: %d; nodes whose role or epoch changed: %d; commands that change something: %d; new views of the group: %d%n",
                after.failoversSince(before), after.changedSince(before), after.commandsSince(before), after.viewsSince(before));
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
}
