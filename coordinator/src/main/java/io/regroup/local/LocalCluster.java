package io.regroup.local;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A whole cluster on one machine: for each pod the image's own gate script with a real redis-server, and a coordinator,
 * all on loopback. The coordinators find each other by a list of addresses; nothing else differs from Kubernetes.
 *
 * <p>Everything is in one temporary directory, and {@link #close} ends every process and removes it.
 */
public final class LocalCluster implements AutoCloseable {

    private static final long END_SECONDS = 20;

    private final Checkout checkout;
    private final Places places;
    private final Ports ports;
    private final Path folder;
    private final RedisServer server;
    private final Classes classes;
    private final Map<String, String> environment;
    private final Consumer<String> news;
    private final List<LocalPod> pods = new CopyOnWriteArrayList<>();
    private final Set<Process> helpers = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name("kubelet").factory());
    /** On Ctrl-C, on SIGTERM, and when whoever made this forgot to close it. */
    private final Thread atExit = Thread.ofPlatform().name("end of the local cluster").unstarted(this::close);
    private volatile boolean closed;

    /**
     * On loopback. Nothing is started yet, see {@link #startAll} and {@link LocalPod#start}.
     *
     * @param nodes     pods in all
     * @param replicas  per master
     * @param firstPort of pod 1's Redis; the others are counted up from it ({@link Ports})
     * @param news      is told what the machine does to the pods, on any thread
     * @throws IOException one line says what is missing, or which port is taken
     */
    public LocalCluster(int nodes, int replicas, int firstPort, Consumer<String> news) throws IOException {
        this(nodes, replicas, firstPort, Places.LOOPBACK, news);
    }

    /** The same in other places. */
    public LocalCluster(int nodes, int replicas, int firstPort, Places places, Consumer<String> news) throws IOException {
        this.places = places;
        checkout = Checkout.find();
        ports = new Ports(firstPort);
        Optional<String> taken = ports.taken(places, nodes);
        if (taken.isPresent()) {
            throw new IOException(taken.get());
        }
        this.news = news;
        folder = Files.createTempDirectory("regroup-local-");
        try {
            Files.createDirectory(logs());
            server = RedisServer.find(folder);
            classes = Classes.of(checkout.dir().resolve("coordinator/target"));
        } catch (IOException | RuntimeException e) {
            Trees.delete(folder);
            throw e;
        }
        environment = Map.of(
            "DISCOVERY", "static",
            "REDIS_CLUSTER_COUNT", Integer.toString(nodes),
            "REDIS_CLUSTER_COUNT_FILE", count().toString(),
            "REDIS_CLUSTER_REPLICA", Integer.toString(replicas),
            "REGROUP_HOME", checkout.dir().toString(),
            "REDIS_SERVER", server.file().toString(),
            "REDIS_CONF_DIR", folder.resolve("redis.d").toString(),
            "CLASSPATH", classes.classPath(),
            "MALLOC_ARENA_MAX", "1");
        for (int i = 1; i <= nodes; i++) {
            pods.add(new LocalPod(this, i));
        }
        write(nodes);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    private Path count() {
        return folder.resolve("count");
    }

    private void write(int nodes) throws IOException {
        Path next = folder.resolve("count.next");
        Files.writeString(next, nodes + "\n");
        Files.move(next, count(), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * As {@code kubectl scale}: new pods are started, or those with the highest numbers are deleted.
     *
     * @throws IOException one line says which port is taken; then nothing has changed
     */
    public void scale(int nodes) throws IOException {
        List<LocalPod> staying = pods.stream().filter(pod -> !pod.isLeaving()).toList();
        scale(nodes, staying.subList(Math.min(nodes, staying.size()), staying.size()));
    }

    /** The same; these pods are deleted. */
    public synchronized void scale(int nodes, List<LocalPod> leaving) throws IOException {
        int more = nodes - (int) pods.stream().filter(pod -> !pod.isLeaving() && !leaving.contains(pod)).count();
        List<LocalPod> coming = new ArrayList<>();
        for (int number = 1; coming.size() < more; number++) {
            int next = number;
            if (pods.stream().noneMatch(pod -> pod.number() == next)) {
                Optional<String> taken = ports.taken(places, next, next);
                if (taken.isPresent()) {
                    throw new IOException(taken.get());
                }
                coming.add(new LocalPod(this, next));
            }
        }
        write(nodes);
        pods.addAll(coming);
        pods.sort(Comparator.comparingInt(LocalPod::number));
        coming.forEach(LocalPod::start);
        leaving.forEach(pod -> pod.leave().thenRun(() -> pods.remove(pod)));
    }

    /** Those that there are when a pod starts; who came before it is found by it. */
    String groupHosts() {
        return pods.stream().map(pod -> pod.host() + "[" + pod.groupPort() + "]").collect(Collectors.joining(","));
    }

    public void startAll() {
        pods.forEach(LocalPod::start);
    }

    public List<LocalPod> pods() {
        return List.copyOf(pods);
    }

    /** @param number counted from one */
    public LocalPod pod(int number) {
        return pods.stream().filter(pod -> pod.number() == number).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no pod " + number));
    }

    /** The pod of this name, unless it has been replaced. */
    public Optional<LocalPod> pod(String name) {
        return pods.stream().filter(p -> name.equals(p.name())).findFirst();
    }

    public RedisServer server() {
        return server;
    }

    /** What the leader sees and decides, as the leader itself tells it; absent while nobody leads. */
    public Optional<JsonObject> leadersStatus() {
        for (LocalPod pod : pods) {
            Optional<JsonObject> status = pod.http("/status").map(text -> JsonParser.parseString(text).getAsJsonObject());
            if (status.filter(s -> s.getAsJsonObject("self").get("leads").getAsBoolean()
                && s.getAsJsonObject("group").has("leader")).isPresent()) {
                return status;
            }
        }
        return Optional.empty();
    }

    /** The files that the processes wrote to: {@code <pod>-redis.log} and {@code <pod>-coordinator.log}. */
    public Path logs() {
        return folder.resolve("logs");
    }

    /** Ends every process, waits for that, and removes the directory. May be called more than once. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        timer.shutdownNow();
        helpers.forEach(Process::destroyForcibly);
        try {
            CompletableFuture.allOf(pods.stream().map(LocalPod::end).toArray(CompletableFuture[]::new)).get(END_SECONDS, TimeUnit.SECONDS);
            classes.keep(learned());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            tell("not all processes ended in time: " + e);
            pods.forEach(LocalPod::endAtOnce);
        }
        Trees.delete(folder);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // It is the shutdown that closes this.
            return;
        }
    }

    boolean isClosed() {
        return closed;
    }

    Checkout checkout() {
        return checkout;
    }

    Places places() {
        return places;
    }

    Ports ports() {
        return ports;
    }

    Path folder() {
        return folder;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** @param learns whether this one leaves the archive of classes that all use the next time */
    List<String> coordinatorCommand(boolean learns) {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@" + checkout.jvmFlags()));
        command.addAll(learns ? Classes.learn(learned()) : classes.use());
        command.addAll(List.of("io.regroup.Regroup", "coordinator"));
        return command;
    }

    /** Nobody has left an archive yet. */
    boolean mustLearn() {
        return !classes.made();
    }

    private Path learned() {
        return folder.resolve("learned");
    }

    /** Starts a process that is ended with the cluster if it has not ended by itself. */
    Process helper(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        helpers.add(process);
        process.onExit().thenRun(() -> helpers.remove(process));
        return process;
    }

    void tell(String sentence) {
        news.accept(sentence);
    }
}
