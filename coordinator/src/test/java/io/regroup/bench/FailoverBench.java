package io.regroup.bench;

import io.regroup.faults.Writer;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import io.regroup.local.RealCluster;
import io.regroup.local.RedisServer;
import io.regroup.model.Address;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * How long a shard takes no write when its master dies: Redis alone with its default node timeout, with the one of {@code
 * config/redis.conf}, and Regroup; and how long a planned hand-over stalls its writers.
 */
public final class FailoverBench {

    private static final int DEFAULT_TIMEOUT_MS = 15_000;
    private static final int OUR_TIMEOUT_MS = 2_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    /** So many clusters of Redis alone at once: they do nothing but wait. */
    private static final int AT_ONCE = 10;
    /** Their buses are at + 10000: below the ports that the kernel gives to outgoing connections. */
    private static final int FIRST_PORT = 21_500;

    private static final int ETHERNET_MTU = 1500;
    /** See docs/design.md. */
    private static final String DELAYED_ACK = "Redis' packets fit into one segment there, and are acknowledged up to 40 ms late; "
        + "unshare --net sh -c 'ip link set lo mtu 1500 up; mvn -o -Pbench' measures as between pods";

    private enum Blow {
        REDIS("kill -9 of a master's redis-server"),
        POD("a master's whole pod killed"),
        LEADER("the leader's pod killed, a master too"),
        SILENT("a master's pod falls silent");

        private final String words;

        Blow(String words) {
            this.words = words;
        }
    }

    private final int runs;
    private final Map<String, Map<String, Figures>> table = new LinkedHashMap<>();

    private FailoverBench(int runs) {
        this.runs = runs;
    }

    /**
     * @param args {@code xN}: N runs of each, default 20; a path ending in .svg: the plot goes there; {@code handover}: the planned
     *             hand-over alone
     */
    public static void main(String[] args) throws Exception {
        int runs = 20;
        Path plot = null;
        boolean onlyHandOver = false;
        for (String arg : String.join(" ", args).strip().split(" +")) {
            if (arg.matches("x\\d+")) {
                runs = Integer.parseInt(arg.substring(1));
            } else if (arg.endsWith(".svg")) {
                plot = Path.of(arg);
            } else if (arg.equals("handover")) {
                onlyHandOver = true;
            } else if (!arg.isEmpty()) {
                System.err.println("FailoverBench: " + arg + " is neither xN (runs) nor a path of an .svg nor handover");
                System.exit(2);
            }
        }
        FailoverBench bench = new FailoverBench(runs);
        System.out.println("redis-server " + RedisServer.find(Files.createTempDirectory("regroup-bench")).version() + ", loopback's MTU "
            + NetworkInterface.getByName("lo").getMTU() + (NetworkInterface.getByName("lo").getMTU() > ETHERNET_MTU ? ": " + DELAYED_ACK : ""));
        if (onlyHandOver) {
            try (RealCluster cluster = new RealCluster(6, 1)) {
                cluster.local().startAll();
                cluster.awaitWhole(System.nanoTime());
                bench.handOver(cluster);
            }
            return;
        }
        System.out.println("A master dies: ms without writes to its slots, median (worst) of " + runs);
        System.out.printf("%-40s %-20s %-20s %s%n", "", "Redis alone, 15 s", "Redis alone, 2 s", "Regroup");
        Figures[] killed = {bench.alone(DEFAULT_TIMEOUT_MS, false), bench.alone(OUR_TIMEOUT_MS, false)};
        Figures[] silent = {bench.alone(DEFAULT_TIMEOUT_MS, true), bench.alone(OUR_TIMEOUT_MS, true)};
        try (RealCluster cluster = new RealCluster(6, 1)) {
            cluster.local().startAll();
            cluster.awaitWhole(System.nanoTime());
            for (Blow blow : Blow.values()) {
                Figures[] alone = blow == Blow.SILENT ? silent : killed;
                bench.row(blow.words, alone[0], alone[1], bench.regroup(cluster, blow));
            }
            bench.handOver(cluster);
        }
        if (plot != null) {
            Files.writeString(plot, Plot.of("Milliseconds without writes when a master dies (median, line to the worst of " + runs + ")", bench.table));
            System.out.println("plot: " + plot);
        }
    }

    private void row(String words, Figures first, Figures second, Figures regroup) {
        Map<String, Figures> row = new LinkedHashMap<>();
        row.put("Redis alone, 15 s", first);
        row.put("Redis alone, 2 s", second);
        row.put("Regroup", regroup);
        table.put(words, row);
        System.out.printf(Locale.ROOT, "%-40s %-20s %-20s %-14s %.0f and %.0f times as fast%n", words, first, second, regroup,
            first.median() / regroup.median(), second.median() / regroup.median());
    }

    private Figures alone(int timeoutMs, boolean silent) throws Exception {
        List<Double> took = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Future<Double>> all = IntStream.range(0, runs).mapToObj(i -> threads.submit(() -> {
                try (RedisAlone redis = new RedisAlone(FIRST_PORT + i % 100 * 10, timeoutMs);
                     Outage outage = new Outage(redis.master(), redis.replica(), keyOf(redis.master()))) {
                    if (silent) {
                        redis.silenceMaster();
                    } else {
                        redis.killMaster();
                    }
                    return outage.await(PATIENCE);
                }
            })).toList();
            for (Future<Double> one : all) {
                took.add(one.get());
            }
        }
        return new Figures(took);
    }

    private Figures regroup(RealCluster cluster, Blow blow) throws Exception {
        List<Double> took = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            int master = blow == Blow.LEADER ? leadingMaster(cluster) : cluster.masterPod();
            LocalPod pod = cluster.pod(master);
            Address address = address(pod);
            try (Outage outage = new Outage(address, address(cluster.pod(cluster.replicaPodOf(master))), keyOf(address))) {
                switch (blow) {
                    case REDIS -> pod.kill(Process.REDIS);
                    case POD, LEADER -> pod.kill();
                    case SILENT -> silence(pod);
                }
                took.add(outage.await(PATIENCE));
            }
            if (blow == Blow.SILENT) {
                pod.kill();
            }
            cluster.awaitWhole(System.nanoTime());
        }
        return new Figures(took);
    }

    /** Without a word: no process ends and no connection closes. */
    private static void silence(LocalPod pod) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-STOP", Long.toString(pod.pid(Process.REDIS)), Long.toString(pod.pid(Process.COORDINATOR))).start().waitFor();
    }

    private static int leadingMaster(RealCluster cluster) {
        int leader = cluster.leaderPod();
        if (!cluster.masterPods().contains(leader)) {
            try (Writer writer = new Writer(address(cluster.pod(leader)), 1000)) {
                writer.ask("CLUSTER FAILOVER");
            }
            Awaitility.await().atMost(PATIENCE).until(() -> cluster.masterPods().contains(leader));
            cluster.awaitWhole(System.nanoTime());
        }
        return leader;
    }

    private void handOver(RealCluster cluster) {
        List<Double> stalls = new ArrayList<>();
        List<Double> others = new ArrayList<>();
        long acknowledged = 0;
        long lost = 0;
        for (int run = 0; run < runs; run++) {
            int master = cluster.masterPod();
            Address from = address(cluster.pod(master));
            Address to = address(cluster.pod(cluster.replicaPodOf(master)));
            try (SteadyWriter writer = new SteadyWriter(from, to, keyOf(from))) {
                cluster.pod(master).delete().join();
                writer.end();
                stalls.add(writer.stallMs());
                others.add(writer.longestMs());
                acknowledged += writer.acknowledged();
                lost += writer.lost(to);
            }
            cluster.awaitWhole(System.nanoTime());
        }
        System.out.printf(Locale.ROOT, "A master's pod is deleted under writes, ms from the last write to the old master to the first to the new: %s; %s between"
            + " any two others, while a pod starts beside it; of %d acknowledged writes %d lost%n", new Figures(stalls), new Figures(others), acknowledged, lost);
    }

    /** A hash tag in one of this master's slots. */
    private static String keyOf(Address master) {
        try (Writer writer = new Writer(master, 1000)) {
            return IntStream.range(0, 10_000).mapToObj(i -> "{bench-" + i + "}").filter(key -> writer.set(key, "x")).findFirst().orElseThrow();
        }
    }

    private static Address address(LocalPod pod) {
        return new Address(pod.host(), pod.redisPort());
    }
}
