package io.regroup.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;

/**
 * How long it takes to build a cluster from blank, answering servers: Regroup's leader against
 * {@code redis-cli --cluster create}, on servers that were started in the same way, turn by turn. Both until every node
 * says ok and knows every role.
 */
public final class BuildBench {

    private static final int FIRST_PORT = 21_000;
    private static final int REPLICAS = 1;

    private BuildBench() {
    }

    /** @param args sizes, then {@code xN} for N runs each; default {@code 6 30 60 x3} */
    public static void main(String[] args) throws Exception {
        List<Integer> sizes = new ArrayList<>();
        int runs = 3;
        String asked = String.join(" ", args).strip();
        for (String arg : (asked.isEmpty() ? "6 30 60 x3" : asked).split(" ")) {
            if (arg.startsWith("x")) {
                runs = Integer.parseInt(arg.substring(1));
            } else {
                sizes.add(Integer.valueOf(arg));
            }
        }
        System.out.println("Building a cluster, seconds until every node says ok and knows every role (median of " + runs + " runs, min-max)");
        System.out.printf("%6s  %-22s  %-28s  %s%n", "nodes", "Regroup", "redis-cli --cluster create", "ratio");
        for (int size : sizes) {
            double[] ours = new double[runs];
            double[] theirs = new double[runs];
            for (int run = 0; run < runs; run++) {
                ours[run] = regroup(size);
                theirs[run] = redisCli(size);
            }
            System.out.printf(Locale.ROOT, "%6d  %-22s  %-28s  %.1f%n", size, words(ours), words(theirs), median(theirs) / median(ours));
        }
    }

    private static double regroup(int size) throws IOException {
        try (BareServers bare = new BareServers(size, FIRST_PORT);
             Agreement agreement = new Agreement(bare.addresses(), size / (1 + REPLICAS));
             OneJvm group = new OneJvm(bare.addresses(), REPLICAS)) {
            rest(bare);
            long start = System.nanoTime();
            group.complete();
            return until(agreement, start);
        }
    }

    private static double redisCli(int size) throws IOException, InterruptedException {
        try (BareServers bare = new BareServers(size, FIRST_PORT);
             Agreement agreement = new Agreement(bare.addresses(), size / (1 + REPLICAS))) {
            rest(bare);
            List<String> words = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
            bare.addresses().forEach(a -> words.add(a.toString()));
            words.addAll(List.of("--cluster-replicas", Integer.toString(REPLICAS), "--cluster-yes"));
            long start = System.nanoTime();
            Process process = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            double seconds = until(agreement, start);
            process.waitFor();
            return seconds;
        }
    }

    /** Servers that wait for the last of them have been up for some seconds: so have these. */
    private static void rest(BareServers bare) {
        long started = System.nanoTime();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> System.nanoTime() - started > Duration.ofSeconds(4).toNanos());
    }

    private static double until(Agreement agreement, long start) {
        Awaitility.await().pollInterval(Duration.ofMillis(10)).pollDelay(Duration.ZERO).atMost(Duration.ofSeconds(180)).until(agreement::isReached);
        return (System.nanoTime() - start) / 1e9;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String words(double[] values) {
        return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", median(values), Arrays.stream(values).min().orElseThrow(),
            Arrays.stream(values).max().orElseThrow());
    }
}
