package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** A {@link LocalCluster} with the eyes and hands of a test: reads every server itself, writes and reads keys as a client does. */
public final class RealCluster implements AutoCloseable {

    /** Far more than it ever takes: the machine that runs this may be busy with other things. */
    public static final Duration PATIENCE = Duration.ofSeconds(120);
    /** So long nothing may be sent once the cluster is whole. */
    static final Duration QUIET = Duration.ofSeconds(3);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(1);
    private static final long JCMD_SECONDS = 5;
    private static final Path FAILURES = Path.of("target", "failures");

    static {
        // Its client loses connections all the time here, and tells each with its stack.
        ((Logger) LoggerFactory.getLogger("io.lettuce")).setLevel(Level.OFF);
        Training.once();
    }

    private final LocalCluster cluster;
    private final int replicas;
    private final Servers servers = new Servers(Duration.ofMillis(500));
    private final List<String> happened = new ArrayList<>();
    private final long born = System.nanoTime();
    private RedisClusterClient client;
    private StatefulRedisClusterConnection<String, String> connection;

    public RealCluster(int nodes, int replicas) {
        this(nodes, replicas, new OwnLoopback());
    }

    public RealCluster(int nodes, int replicas, Places places) {
        this.replicas = replicas;
        cluster = create(nodes, replicas, places, this::note);
    }

    /** The same, with these ports, which nobody else may have in those places. */
    public RealCluster(int nodes, int replicas, Places places, int first) throws IOException {
        this.replicas = replicas;
        cluster = new LocalCluster(nodes, replicas, first, places, this::note);
    }

    static LocalCluster create(int nodes, int replicas, Places places, Consumer<String> news) {
        Random random = new Random();
        IOException last = new IOException("no ports were tried");
        for (int i = 0; i < 100; i++) {
            // Below the ports that the kernel gives to outgoing connections, the bus at + 10000 included.
            int first = 11_000 + random.nextInt(10_000);
            if (new Ports(first).taken(places, nodes).isEmpty()) {
                try {
                    return new LocalCluster(nodes, replicas, first, places, news);
                } catch (IOException e) {
                    last = e;
                }
            }
        }
        throw new UncheckedIOException(last);
    }

    private synchronized void note(String sentence) {
        happened.add(String.format(Locale.ROOT, "%8.3f %s", (System.nanoTime() - born) / 1e9, sentence));
    }

    /** For the reader of the test's output: what was measured. */
    public void measured(String sentence) {
        note(sentence);
        System.out.println("    " + sentence);
    }

    /** Lines for the redis.conf of all servers that are started from now on. */
    public void configure(String lines) throws IOException {
        Files.writeString(Files.createDirectories(cluster.folder().resolve("redis.d")).resolve("test.conf"), lines);
    }

    public LocalCluster local() {
        return cluster;
    }

    public LocalPod pod(int number) {
        return cluster.pod(number);
    }

    /** The process ids of all servers and all coordinators. */
    public List<Long> pids() {
        return cluster.pods().stream().flatMap(pod -> Stream.of(pod.pid(LocalPod.Process.REDIS), pod.pid(LocalPod.Process.COORDINATOR))).toList();
    }

    public int nodes() {
        return cluster.pods().size();
    }

    // --- what it is

    public Address address(int pod) {
        return new Address(cluster.pod(pod).host(), cluster.pod(pod).redisPort());
    }

    /** The first answer of each pod's server to this command; pods that do not answer are absent. */
    SortedMap<Integer, String> ask(String... words) {
        SortedMap<Address, List<Command>> batches = new TreeMap<>();
        cluster.pods().forEach(pod -> batches.put(address(pod.number()), List.of(new Command(List.of(words)))));
        SortedMap<Integer, String> answers = new TreeMap<>();
        SortedMap<Address, List<Reply>> replies = servers.send(batches, READ_TIMEOUT);
        cluster.pods().forEach(pod -> {
            if (replies.get(address(pod.number())).getFirst() instanceof Reply.Answer answer) {
                answers.put(pod.number(), answer.text());
            }
        });
        return answers;
    }

    /** The answer of one pod's server. */
    public String askOne(int pod, String... words) {
        return servers.send(new TreeMap<>(Map.of(address(pod), List.of(new Command(List.of(words))))), READ_TIMEOUT).get(address(pod)).getFirst().answer();
    }

    Tables tables() {
        SortedMap<Integer, ClusterTable> tables = new TreeMap<>();
        ask("CLUSTER", "NODES").forEach((pod, text) -> tables.put(pod, NodesText.parse(text)));
        return new Tables(tables);
    }

    /** What each pod's node says it is: id, role, master, slots, epoch. */
    public SortedMap<Integer, String> roles() {
        return tables().roles();
    }

    /** One line {@code name:value} of a server's INFO. */
    String info(int pod, String section, String name) {
        return ask("INFO", section).get(pod).lines().filter(line -> line.startsWith(name + ":")).findFirst().orElseThrow()
            .substring(name.length() + 1);
    }

    /** The pods of masters, in the order of their numbers. */
    public List<Integer> masterPods() {
        return tables().byPod().entrySet().stream().filter(e -> e.getValue().myself().isMaster()).map(Map.Entry::getKey).toList();
    }

    /** The pod of the master's first replica. */
    public int replicaPodOf(int masterPod) {
        Tables tables = tables();
        return tables.byPod().entrySet().stream()
            .filter(e -> e.getValue().myself().master().filter(tables.byPod().get(masterPod).myself().id()::equals).isPresent())
            .findFirst().orElseThrow().getKey();
    }

    public int leaderPod() {
        return await().atMost(PATIENCE).until(this::leader, Optional::isPresent).orElseThrow();
    }

    private Optional<Integer> leader() {
        return cluster.leadersStatus().map(s -> s.getAsJsonObject("self").get("pod").getAsString())
            .flatMap(cluster::pod).map(LocalPod::number);
    }

    /** A master's pod, not the leader's. */
    public int masterPod() {
        int leader = leaderPod();
        return masterPods().stream().filter(pod -> pod != leader).findFirst().orElseThrow();
    }

    /** The pods that terminate, as the leader sees it. */
    List<String> leaving() {
        List<String> leaving = new ArrayList<>();
        for (JsonElement element : cluster.leadersStatus().orElseThrow().getAsJsonObject("group").getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            if (member.get("leaving").getAsBoolean()) {
                leaving.add(member.get("name").getAsString());
            }
        }
        return leaving;
    }

    /** What all coordinators that answer have sent to Redis since they started, commands that change something. */
    public SortedMap<String, Long> sent() {
        SortedMap<String, Long> sum = new TreeMap<>();
        for (LocalPod pod : cluster.pods()) {
            pod.http("/status").ifPresent(text -> {
                JsonObject counters = JsonParser.parseString(text).getAsJsonObject().getAsJsonObject("self").getAsJsonObject("counters");
                for (Map.Entry<String, JsonElement> counter : counters.entrySet()) {
                    if (counter.getKey().startsWith("command ")) {
                        sum.merge(pod.name() + " " + counter.getKey(), counter.getValue().getAsLong(), Long::sum);
                    }
                }
            });
        }
        return sum;
    }

    // --- what it should become

    /** The leader says so and every server's own table says so. @return seconds that it took from {@code since} */
    public double awaitWhole(long since) {
        await("whole").atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).ignoreExceptions().untilAsserted(this::assertWhole);
        return (System.nanoTime() - since) / 1e9;
    }

    private void assertWhole() {
        assertThat(pending()).isEmpty();
        assertThat(tables().problem(nodes(), Math.max(3, nodes() / (1 + replicas)))).isEmpty();
    }

    /** Whole for so long without a break: a fault may take some time to be noticed. @return seconds from {@code since} until it was whole */
    public double awaitWholeFor(Duration time, long since) {
        AtomicLong last = new AtomicLong();
        await("whole for " + time).atMost(PATIENCE.plus(time)).during(time).pollInterval(Duration.ofMillis(100)).until(() -> {
            try {
                assertWhole();
                return true;
            } catch (AssertionError | RuntimeException e) {
                last.set(System.nanoTime());
                return false;
            }
        });
        return last.get() == 0 ? 0 : Math.max(0, (last.get() - since) / 1e9);
    }

    private Optional<String> pending() {
        Optional<JsonObject> status = cluster.leadersStatus();
        if (status.isEmpty()) {
            return Optional.of("nobody leads");
        }
        JsonObject group = status.get().getAsJsonObject("group");
        if (group.getAsJsonArray("members").size() != nodes()) {
            return Optional.of("members: " + group.getAsJsonArray("members").size() + "; " + views());
        }
        return group.has("pending") ? Optional.of(group.get("pending").getAsString()) : Optional.empty();
    }

    /** The view that each pod's own coordinator is in. */
    private String views() {
        SortedMap<String, String> views = new TreeMap<>();
        for (LocalPod pod : cluster.pods()) {
            views.put(pod.name(), pod.http("/status").map(text -> JsonParser.parseString(text).getAsJsonObject().getAsJsonObject("self"))
                .map(self -> self.has("view") ? self.get("view").getAsString() : "in no view").orElse("no answer"));
        }
        return "views: " + views;
    }

    /** Nothing that changes anything is sent, roles, slots and epochs stay as they are, and every pod is ready. */
    void staysQuiet() {
        staysQuiet(QUIET);
    }

    /** The same for so long. */
    public void staysQuiet(Duration time) {
        SortedMap<String, Long> before = sent();
        SortedMap<Integer, String> roles = tables().roles();
        await("quiet").during(time).atMost(time.multipliedBy(2).plus(QUIET)).pollInterval(Duration.ofMillis(250)).untilAsserted(() -> {
            assertThat(sent()).isEqualTo(before);
            assertThat(tables().roles()).isEqualTo(roles);
        });
        await("ready").atMost(PATIENCE).untilAsserted(() -> cluster.pods().forEach(pod ->
            assertThat(pod.http("/readyz").orElse("no answer")).as(pod.name()).startsWith("ok")));
    }

    /** @return seconds until this pod's node is a master, from {@code since} */
    public double awaitPromoted(int pod, long since) {
        await("promoted").atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10)).ignoreExceptions()
            .until(() -> tables().byPod().get(pod).myself().isMaster());
        return (System.nanoTime() - since) / 1e9;
    }

    /** Waits until the leader has seen that something is missing, so that what is whole afterwards is whole again. */
    void awaitGone(long since) {
        await("noticed").atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20)).until(() -> pending().isPresent());
        measured(String.format("noticed after %.3f s", (System.nanoTime() - since) / 1e9));
    }

    // --- a client

    /** As an application sets it up; connects at the first call. */
    synchronized RedisAdvancedClusterCommands<String, String> redis() {
        if (connection == null) {
            List<RedisURI> seeds = cluster.pods().stream()
                .map(pod -> RedisURI.builder().withHost(pod.host()).withPort(pod.redisPort()).withTimeout(Duration.ofSeconds(2)).build()).toList();
            client = RedisClusterClient.create(seeds);
            client.setOptions(ClusterClientOptions.builder().topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                .adaptiveRefreshTriggersTimeout(Duration.ofMillis(200))
                .enablePeriodicRefresh(Duration.ofSeconds(5)).build()).build());
            connection = client.connect();
        }
        return connection.sync();
    }

    /** Writes keys over all slots, and waits until each replica has them. @return what was written */
    Map<String, String> writeKeys(String prefix, int count) {
        Map<String, String> written = new HashMap<>();
        for (int i = 0; i < count; i++) {
            String key = prefix + ":" + i;
            insist(() -> redis().set(key, key + "!"));
            written.put(key, key + "!");
        }
        for (int master : masterPods()) {
            await("replicated").atMost(PATIENCE).ignoreException(RedisException.class).until(() ->
                connection.getConnection(cluster.pod(master).host(), cluster.pod(master).redisPort()).sync().waitForReplication(1, 1000) >= 1);
        }
        return written;
    }

    void allReadable(Map<String, String> written) {
        Map<String, String> lost = new TreeMap<>();
        written.forEach((key, value) -> {
            String read = String.valueOf(insist(() -> redis().get(key)));
            if (!read.equals(value)) {
                lost.put(key, read);
            }
        });
        assertThat(lost).as("keys that are lost, of " + written.size()).isEmpty();
    }

    /** The client needs a moment to find the nodes where they are now: it tries again, as an application does. */
    private static String insist(Supplier<String> command) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return command.get();
            } catch (RedisException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    // --- its end

    /** Logs of all processes, all tables, all statuses, and what the coordinators' threads do. */
    public void keepEvidence(String test) {
        Path dir = FAILURES.resolve(test).toAbsolutePath();
        try {
            if (Files.exists(dir)) {
                Trees.delete(dir);
            }
            Files.createDirectories(dir);
            try (Stream<Path> logs = Files.list(cluster.logs())) {
                for (Path log : logs.toList()) {
                    Files.copy(log, dir.resolve(log.getFileName()));
                }
            }
            for (Map.Entry<Integer, String> nodes : ask("CLUSTER", "NODES").entrySet()) {
                Files.writeString(dir.resolve("cluster-nodes-" + cluster.pod(nodes.getKey()).name() + ".txt"), nodes.getValue());
            }
            for (LocalPod pod : cluster.pods()) {
                Files.writeString(dir.resolve("status-" + pod.name() + ".json"), pod.http("/status").orElse("no answer"));
                keepThreads(pod, dir.resolve("threads-" + pod.name() + ".txt"));
            }
            synchronized (this) {
                Files.write(dir.resolve("happened.txt"), happened);
            }
            System.out.println("    evidence of the failure: " + dir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One that is stopped, or has ended, says nothing. */
    private static void keepThreads(LocalPod pod, Path file) throws IOException {
        Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            Long.toString(pod.pid(LocalPod.Process.COORDINATOR)), "Thread.print").redirectErrorStream(true).redirectOutput(file.toFile()).start();
        try {
            if (!jcmd.waitFor(JCMD_SECONDS, TimeUnit.SECONDS)) {
                jcmd.destroyForcibly();
            }
        } catch (InterruptedException e) {
            jcmd.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (client != null) {
            connection.close();
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
        servers.close();
        cluster.close();
    }
}
