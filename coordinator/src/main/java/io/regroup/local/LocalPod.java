package io.regroup.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A place on this machine where a pod runs: redis-server behind its gate, and its coordinator, as two processes. A pod that
 * dies is replaced as a Deployment replaces it, by one with another name and an empty volume. Its address is the one before, unless
 * {@link Places} has given it another meanwhile: a reused address is the hardest case.
 */
public final class LocalPod {

    /** How long a pod may take to leave; as {@code terminationGracePeriodSeconds}. */
    private static final long GRACE_SECONDS = 60;

    /** A pod's two containers. */
    public enum Process {
        REDIS, COORDINATOR
    }

    private final LocalCluster cluster;
    private final int number;
    private int generation;
    private String name;
    private Path volume;
    private Container redis;
    private Container coordinator;
    private boolean leaving;
    private boolean learns;

    LocalPod(LocalCluster cluster, int number) {
        this.cluster = cluster;
        this.number = number;
    }

    /** Counted from one. */
    public int number() {
        return number;
    }

    /** Of the pod that runs here now; every replacement has another. */
    public synchronized String name() {
        return name;
    }

    /** The address that all its ports are at. */
    public String host() {
        return cluster.places().host(number);
    }

    private int ports() {
        return cluster.places().ports(number);
    }

    public int redisPort() {
        return cluster.ports().redis(ports());
    }

    public int busPort() {
        return cluster.ports().bus(ports());
    }

    public int groupPort() {
        return cluster.ports().group(ports());
    }

    public int failureDetectionPort() {
        return cluster.ports().failureDetection(ports());
    }

    public int httpPort() {
        return cluster.ports().http(ports());
    }

    public synchronized Path volume() {
        return volume;
    }

    /** The process id of one of its processes. */
    public synchronized long pid(Process which) {
        return container(which).pid();
    }

    /** What its coordinator tells under this path; absent when it does not answer. */
    public Optional<String> http(String path) {
        return Fetch.text(URI.create("http://" + host() + ":" + httpPort() + path));
    }

    /** Starts a pod here, with a name of its own and an empty volume. */
    public synchronized void start() {
        if (cluster.isClosed()) {
            return;
        }
        name = cluster.places().deployment() + "-" + number + suffix(generation++);
        leaving = false;
        try {
            volume = Files.createDirectory(cluster.folder().resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        redis = container("redis", List.of("bash", cluster.checkout().gateScript().toString()));
        learns = number == 1 && generation == 1 && cluster.mustLearn();
        coordinator = container("coordinator", cluster.coordinatorCommand(learns));
        redis.start();
        coordinator.start();
    }

    /** a, b ... z, ba, bb ... */
    private static String suffix(int generation) {
        return (generation < 26 ? "" : suffix(generation / 26)) + (char) ('a' + generation % 26);
    }

    private Container container(String what, List<String> command) {
        List<String> there = new ArrayList<>(cluster.places().enter(number));
        there.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(there);
        builder.environment().putAll(cluster.environment());
        builder.environment().put("GROUP_HOSTS", cluster.groupHosts());
        builder.environment().putAll(cluster.places().environment());
        builder.environment().put("POD_NAME", name);
        builder.environment().put("POD_IP", host());
        builder.environment().put("NODE_NAME", cluster.places().machine(number));
        builder.environment().put("DATA_DIR", volume.toString());
        builder.environment().put("REDIS_CLUSTER_PORT", Integer.toString(redisPort()));
        builder.environment().put("GROUP_PORT", Integer.toString(groupPort()));
        builder.environment().put("HTTP_PORT", Integer.toString(httpPort()));
        builder.redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(cluster.logs().resolve(name + "-" + what + ".log").toFile()));
        return new Container(what + " of " + name, builder, cluster.timer(), cluster::tell);
    }

    private Container container(Process which) {
        return which == Process.REDIS ? redis : coordinator;
    }

    /** SIGKILL for one process; it is started again in the same pod. */
    public synchronized void kill(Process which) {
        container(which).kill();
    }

    /** SIGKILL for both processes at once, in place: the pod stays, and so does its volume. */
    public synchronized void killBoth() {
        redis.kill();
        coordinator.kill();
    }

    /** SIGKILL for the pod; another takes its place as soon as its processes have ended. */
    public synchronized CompletableFuture<Void> kill() {
        Path old = volume;
        leaving = true;
        return CompletableFuture.allOf(redis.end(), coordinator.end()).thenRun(() -> replace(old));
    }

    /**
     * What the kubelet does with a deleted pod: both preStop hooks, then SIGTERM, then SIGKILL once the grace period is
     * over; another takes its place.
     *
     * @return completes when the replacement has been started
     */
    public synchronized CompletableFuture<Void> delete() {
        if (leaving) {
            return CompletableFuture.completedFuture(null);
        }
        leaving = true;
        Path old = volume;
        return CompletableFuture.allOf(leave(redis), leave(coordinator)).thenRun(() -> replace(old));
    }

    /** The same, and nothing takes its place. */
    synchronized CompletableFuture<Void> leave() {
        leaving = true;
        Path old = volume;
        return CompletableFuture.allOf(leave(redis), leave(coordinator)).thenRun(() -> Trees.delete(old));
    }

    synchronized boolean isLeaving() {
        return leaving;
    }

    private CompletableFuture<?> leave(Container container) {
        ProcessBuilder hook = new ProcessBuilder("bash", cluster.checkout().leaveScript().toString());
        hook.environment().put("DATA_DIR", volume.toString());
        hook.redirectErrorStream(true);
        hook.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        hook.redirectOutput(ProcessBuilder.Redirect.appendTo(cluster.logs().resolve(name + "-leave.log").toFile()));
        java.lang.Process running;
        try {
            running = cluster.helper(hook);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return running.onExit().orTimeout(GRACE_SECONDS, TimeUnit.SECONDS)
            .handle((done, late) -> {
                if (late != null) {
                    cluster.tell(name() + " was not released within its grace period of " + GRACE_SECONDS + " s");
                    running.destroyForcibly();
                }
                return late == null;
            })
            .thenCompose(released -> released ? container.terminate().orTimeout(GRACE_SECONDS, TimeUnit.SECONDS) : container.end())
            .exceptionallyCompose(late -> container.end());
    }

    private synchronized void replace(Path old) {
        if (cluster.isClosed()) {
            return;
        }
        Trees.delete(old);
        start();
        cluster.tell("another pod takes its place: " + name);
    }

    synchronized CompletableFuture<Void> end() {
        leaving = true;
        if (redis == null) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.allOf(redis.end(), learns ? coordinator.terminate() : coordinator.end());
    }

    synchronized void endAtOnce() {
        if (redis != null) {
            redis.end();
            coordinator.end();
        }
    }
}
