package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.local.Evidence;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import io.regroup.local.RealCluster;
import io.regroup.model.Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * One cluster of six pods, each in a network of its own, goes through all stories of a class. Each begins whole and with a writing
 * client for each shard, and ends whole, with every acknowledged write read back, and then silence: no command that changes anything
 * ({@code -Dquiet=60}, seconds). What was measured is a {@link Row} of the table. Classes run beside each other, see {@link Turn}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FaultStory {

    static final int PODS = 6;
    /** Longer than it takes to notice a pod that has fallen silent. */
    static final Duration STEADY = Duration.ofSeconds(5);
    static final Duration QUIET = Duration.ofSeconds(Long.getLong("quiet", 10));
    /** How long what is only slow is slow; {@code -Dlong=600}, seconds. */
    static final Duration LONG = Duration.ofSeconds(Long.getLong("long", 60));
    /** A write that was acknowledged so long before a process was killed may not have reached a replica. */
    static final long ON_ITS_WAY_MS = 200;
    /** A master that hears no majority takes writes for a node timeout (2 s) and until its next look. */
    static final Duration ALONE = Duration.ofSeconds(4);
    // How long a shard's writers wait at most. That is no measure of speed: beyond it something was done by nobody, or too late.
    /** Nothing was in their way; where the machine is busy they may wait a moment: half of cluster-node-timeout. */
    static final Duration NO_GAP = Duration.ofSeconds(1);
    /** Somebody is promoted before Redis does it, which asks nobody: its election takes the node timeout twice. */
    static final Duration PROMOTION = Duration.ofSeconds(4);
    /** Redis' own election may have to decide, and the first one may fail. */
    static final Duration ELECTION = Duration.ofMillis(7500);
    /** Servers and coordinators start, and find each other; or what is left of a shard is waited for, 10 s. */
    static final Duration START = Duration.ofSeconds(30);
    /** What happens in a fault happens in its first seconds; what lasts longer lasts beside others' stories. */
    private static final Duration STRIKING = Duration.ofSeconds(20);
    /** In seconds: more than it takes to become whole. What the processes logged is kept then, though the story may be green. */
    private static final double SLOW = 60;
    private static final Path ROWS = Row.file(System.getProperty("faults.command", "by-hand"));

    /** What the rules allow to lose: writes that were acknowledged in this time, in ms from when the fault began. */
    record MayLose(long fromMs, long toMs) {

        private boolean covers(long ms) {
            return fromMs <= ms && ms <= toMs;
        }
    }

    static final List<MayLose> NOTHING = List.of();
    /** What had not reached a replica. */
    static final List<MayLose> ON_ITS_WAY = duringTheFirst(Duration.ofMillis(ON_ITS_WAY_MS));
    static final List<MayLose> EVERYTHING = List.of(new MayLose(Long.MIN_VALUE, Long.MAX_VALUE));

    /** And what a master took that could not know yet that it had been replaced: for so long at most. */
    static List<MayLose> duringTheFirst(Duration time) {
        return List.of(between(0, time.toMillis()));
    }

    /** The same for one that was struck then, and could not know until then. */
    static MayLose between(long struckMs, long untilMs) {
        return new MayLose(struckMs - ON_ITS_WAY_MS, untilMs);
    }

    static long since(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000;
    }

    RealCluster cluster;
    private VirtualNetwork network;
    private final Turn turn = new Turn();
    private final Map<String, Integer> runs = new HashMap<>();
    private boolean healed;
    private Spent spent;
    /** Its class and method, and what it was drawn from. */
    private String story;
    private String title;
    private int run;
    /** No other run of any story has it. */
    String name;
    private Optional<Row.Figures> figures = Optional.empty();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

    @RegisterExtension
    final Evidence evidence = new Evidence(() -> cluster, this::ofWhichRun);

    @RegisterExtension
    final TestWatcher row = new TestWatcher() {
        @Override
        public void testSuccessful(ExtensionContext context) {
            write(Optional.empty());
        }

        @Override
        public void testFailed(ExtensionContext context, Throwable cause) {
            write(Optional.of(cause.toString()));
        }

        private void write(Optional<String> failure) {
            new Row(story, title, run, figures, failure).write(ROWS);
        }
    };

    String ofWhichRun() {
        return Times.TIMES > 1 ? "-run-" + run : "";
    }

    @BeforeEach
    void aWholeCluster(TestInfo test) throws IOException {
        spent = new Spent();
        begin(test);
        if (cluster != null && !healed) {
            // What a failed story left would make the next one fail too.
            end();
        }
        boolean form = cluster == null;
        if (form || strikesAlone()) {
            turn.takeAlone();
            spent.on("waiting for its turn");
        }
        if (form) {
            network = new VirtualNetwork(places());
            cluster = found(network);
            cluster.local().startAll();
            cluster.awaitWhole(System.nanoTime());
            spent.on("forming");
        }
        if (!strikesAlone()) {
            turn.takeInCompany();
            spent.on("waiting for its turn");
        }
        healed = false;
        cluster.awaitWhole(System.nanoTime());
        spent.on("looking");
    }

    private void begin(TestInfo test) {
        Method method = test.getTestMethod().orElseThrow();
        Optional<String> told = Optional.ofNullable(method.getAnnotation(Story.class))
            .map(annotation -> annotation.value().replace("{long}", LONG.toSeconds() + " s"));
        story = getClass().getSimpleName() + "." + method.getName() + (told.isPresent() ? "" : " " + test.getDisplayName());
        titled(told.orElse(test.getDisplayName()));
        run = runs.merge(story, 1, Integer::sum);
        figures = Optional.empty();
        name = story + ofWhichRun();
        System.out.println(name);
    }

    /** What the table calls it. */
    void titled(String words) {
        title = words;
    }

    @AfterEach
    void othersMayStrike() {
        turn.close();
    }

    /** Whether its stories make processes start, or need all of the machine: those that do not strike beside each other. */
    boolean strikesAlone() {
        return true;
    }

    /** How many places the network has. */
    int places() {
        return PODS;
    }

    /** The cluster of these stories, whose pods are not started yet. */
    RealCluster found(VirtualNetwork network) throws IOException {
        return new RealCluster(PODS, 1, network);
    }

    /** The cluster has ended; what a class of stories has beside it ends too. */
    void ended() {
    }

    @AfterAll
    void end() {
        if (cluster != null) {
            cluster.close();
            ended();
            network.close();
            cluster = null;
        }
    }

    /** What happens to the cluster; it is over when this returns. */
    interface Fault {
        void strike() throws InterruptedException;
    }

    /**
     * @param allowed is looked at when the fault is over
     * @param gap     how long a shard's writers may wait at most
     */
    Outcome suffer(List<MayLose> allowed, Duration gap, Fault fault) throws InterruptedException {
        Outcome outcome;
        try (WritingClients clients = new WritingClients(cluster, name.hashCode() + "-")) {
            spent.on("first writes");
            long struck = System.nanoTime();
            fault.strike();
            spent.on("the fault");
            long over = System.nanoTime();
            double whole = cluster.awaitWholeFor(STEADY, over);
            spent.on("whole and steady");
            if (whole > SLOW) {
                cluster.keepEvidence(name + "-slow");
            }
            clients.stop();
            turn.close();
            outcome = clients.outcome();
            spent.on("reading back");
            tell(outcome, whole);
            lostNoMoreThan(allowed, outcome, struck);
            assertThat(outcome.longestGapMs()).as("longest write gap, in ms").isLessThan(gap.toMillis());
        }
        cluster.staysQuiet(QUIET);
        spent.on("silence");
        cluster.measured(name + ": spent: " + spent);
        healed = true;
        return outcome;
    }

    /** @param struck when the fault began, as {@link System#nanoTime} */
    static void lostNoMoreThan(List<MayLose> allowed, Outcome outcome, long struck) {
        assertThat(outcome.lost().stream().map(lost -> (lost.at() - struck) / 1_000_000))
            .as("when writes that are lost and should not be were acknowledged, in ms from when the fault began; allowed: " + allowed)
            .allMatch(ms -> allowed.stream().anyMatch(window -> window.covers(ms)));
    }

    /** Nothing fails: nobody is promoted, no role, no slot and no epoch changes, and no write is lost or waits. */
    Outcome nothingHappens(Fault fault) throws InterruptedException {
        Deeds before = Deeds.of(cluster);
        Outcome outcome = suffer(NOTHING, NO_GAP, fault);
        Deeds after = Deeds.of(cluster);
        cluster.measured(after.commandsSince(before) + " commands that change something, " + after.viewsSince(before) + " new views of the group");
        assertThat(after.failoversSince(before)).as("promotions").isZero();
        assertThat(after.roles()).isEqualTo(before.roles());
        return outcome;
    }

    private void tell(Outcome outcome, double whole) {
        figures = Optional.of(new Row.Figures(outcome.longestGapMs(), whole, outcome.lost().size(), outcome.acknowledged().size()));
        cluster.measured(String.format(Locale.ROOT, "%s: longest write gap %.0f ms, whole %.1f s after the fault, %d of %d acknowledged writes lost",
            name, outcome.longestGapMs(), whole, outcome.lost().size(), outcome.acknowledged().size()));
    }

    // ---- who

    int master() {
        return cluster.masterPod();
    }

    int replica(int master) {
        return cluster.replicaPodOf(master);
    }

    int leader() {
        return cluster.leaderPod();
    }

    Set<Integer> all() {
        return cluster.local().pods().stream().map(LocalPod::number).collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<Integer> others(Set<Integer> pods) {
        Set<Integer> others = all();
        others.removeAll(pods);
        return others;
    }

    // ---- what

    /** What goes between pods. */
    enum Plane { ALL, BUS, GROUP }

    /** Neither side hears the other, on this plane; the clients hear both. */
    void cutOff(Set<Integer> pods, Plane plane, Duration time) throws InterruptedException {
        Set<Integer> ports = ports(plane);
        List<Runnable> mend = new ArrayList<>();
        mend.add(network.cut(pods, others(pods), ports));
        mend.add(network.cut(others(pods), pods, ports));
        pass(time);
        mend.forEach(Runnable::run);
    }

    /** Nobody hears these pods; they hear all. */
    void cutOneWay(Set<Integer> pods, Duration time) throws InterruptedException {
        Runnable mend = network.cut(pods, others(pods), Set.of());
        pass(time);
        mend.run();
    }

    /** Nothing goes to these pods or comes from them any more, the clients' and the test's own neither. @return mends it */
    Runnable cutOffFromAll(Set<Integer> pods) {
        Set<Integer> others = others(pods);
        others.add(VirtualNetwork.HERE);
        List<Runnable> mend = List.of(network.cut(pods, others, Set.of()), network.cut(others, pods, Set.of()));
        return () -> mend.forEach(Runnable::run);
    }

    /** No pod reaches this port of the test's own place any more: packets vanish. @return mends it */
    Runnable cutOffFromHere(int port) {
        List<Runnable> mend = List.of(network.cut(all(), Set.of(VirtualNetwork.HERE), Set.of(port)),
            network.cut(Set.of(VirtualNetwork.HERE), all(), Set.of(port)));
        return () -> mend.forEach(Runnable::run);
    }

    private Set<Integer> ports(Plane plane) {
        Set<Integer> ports = new HashSet<>();
        for (LocalPod pod : cluster.local().pods()) {
            switch (plane) {
                case ALL -> { }
                case BUS -> ports.add(pod.busPort());
                case GROUP -> ports.addAll(List.of(pod.groupPort(), pod.failureDetectionPort()));
            }
        }
        return ports;
    }

    void slow(Duration delay, double loss, Duration time) throws InterruptedException {
        network.disturb(delay, loss);
        pass(time);
        network.disturb(Duration.ZERO, 0);
    }

    /**
     * All processes of all pods together get no more than this share of one core, and every server would take a whole one. Nobody else strikes
     * meanwhile: where others take what is left, the share is not what the pods get.
     *
     * @return in how many of the periods they had to wait, 0 to 1
     */
    double throttle(double share, Duration time) throws InterruptedException {
        List<Address> servers = cluster.local().pods().stream().map(pod -> cluster.address(pod.number())).toList();
        try (Throttle throttle = new Throttle(share)) {
            throttle.put(cluster.pids());
            Load load = new Load(servers);
            try {
                await(time);
            } finally {
                load.close();
            }
            return throttle.throttled();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP, and SIGCONT after that time. Those that another fault has ended are neither stopped nor thawed. */
    void freeze(Duration time, int pod, Process... processes) throws InterruptedException {
        List<ProcessHandle> living = Arrays.stream(processes).map(cluster.pod(pod)::pid).flatMap(pid -> ProcessHandle.of(pid).stream()).toList();
        living.forEach(process -> Shell.run("kill -STOP " + process.pid()));
        pass(time);
        living.stream().filter(ProcessHandle::isAlive).forEach(process -> Shell.run("kill -CONT " + process.pid()));
    }

    /** The fault lasts so long. */
    void pass(Duration time) throws InterruptedException {
        if (time.compareTo(STRIKING) <= 0) {
            await(time);
        } else {
            await(STRIKING);
            turn.close();
            await(time.minus(STRIKING));
        }
    }

    private void await(Duration time) throws InterruptedException {
        try {
            clock.schedule(() -> { }, time.toMillis(), TimeUnit.MILLISECONDS).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
