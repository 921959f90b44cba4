package io.regroup.member;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.RedisState;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.plan.Command;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.Port;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pod's own part: reads its Redis, tells the leader, tends the gate. One thread; everything that others want of it
 * arrives as an errand in its queue. Reports go out at once on a change, when asked, and otherwise once a second.
 */
public final class Member implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Member.class);
    private static final long REPORT_MS = 1000;
    /** How often a server that is to come up is tried, and the files of the gate are looked at meanwhile. */
    private static final long TICK_MS = 50;
    /**
     * How often a pod that serves looks whether it is to leave, and whether its server has turned: a replica whose master dies is promoted by the leader only
     * where its member has seen it linked to that master.
     */
    private static final long CALM_TICK_MS = 100;
    private static final int PROBE_MS = 200;
    /** How long what was found there stands, in ms. */
    private static final long PROBE_GOOD_MS = 500;
    /** A look that takes longer is worth a word: the leader decides without this member meanwhile. */
    private static final long SLOW_MS = 2000;

    private final Pod pod;
    private final Address redis;
    private final Address group;
    private final Gate gate;
    private final Volume volume;
    private final OwnRedis own;
    private final Consumer<Report> out;
    private final long reportMs;
    private final FollowAgain followAgain = new FollowAgain();
    private final LinkedBlockingQueue<Runnable> errands = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile Report last;
    private volatile Readiness readiness = new Readiness(false, "not looked yet");
    private volatile long tickedAt = System.nanoTime();
    private volatile boolean closed;
    private volatile boolean joined;

    private long round = -1;
    private Optional<Primary> primary = Optional.empty();
    private boolean due = true;
    private long reportedAt;
    private Optional<String> answered = Optional.empty();
    private Optional<String> requestSeen = Optional.empty();
    private long requestAt;
    private Optional<String> runningSeen = Optional.empty();
    private long runningAt;
    private Optional<Report.MasterProbe> masterProbe = Optional.empty();
    private boolean probing;
    private long probedAt;

    /** @param out takes each report; it must not block */
    public Member(Pod pod, Address redis, Address group, Gate gate, Volume volume, OwnRedis own, Consumer<Report> out) {
        this(pod, redis, group, gate, volume, own, out, REPORT_MS);
    }

    /** @param reportMs how often it reports without a reason, in ms */
    Member(Pod pod, Address redis, Address group, Gate gate, Volume volume, OwnRedis own, Consumer<Report> out, long reportMs) {
        this.pod = pod;
        this.redis = redis;
        this.group = group;
        this.gate = gate;
        this.volume = volume;
        this.own = own;
        this.out = out;
        this.reportMs = reportMs;
        this.last = new Report(pod, round, redis, group, new RedisState.Starting(), Optional.empty(), false, Optional.empty(), primary);
        this.thread = Thread.ofPlatform().name("member").unstarted(this::loop);
    }

    public void start() {
        thread.start();
    }

    /** The leader wants to know now. */
    public void ask(long asked) {
        errands.add(() -> {
            round = asked;
            due = true;
        });
    }

    /** Another leader counts rounds of its own. */
    public void forgetRound() {
        errands.add(() -> {
            round = -1;
            due = true;
        });
    }

    /** From now on a leader says when this pod may end. */
    public void joined() {
        joined = true;
        wake();
    }

    public void wake() {
        errands.add(() -> due = true);
    }

    public void remember(Primary next) {
        errands.add(() -> {
            if (primary.isEmpty() || primary.get().number() <= next.number()) {
                primary = Optional.of(next);
                due = true;
            }
        });
    }

    /** @param former whose addresses its table is to lose before */
    public void permit(String request, boolean blank, SortedSet<NodeId> former) {
        errands.add(() -> {
            if (gate.request().filter(request::equals).isPresent()) {
                log.info("the start gate opens for {}", blank ? "a blank Redis" : "Redis with its data");
                gate.permit(request, blank, former);
                due = true;
            }
        });
    }

    /** @param withSlots also if its Redis owns slots by now: nobody is left to take them */
    public void release(boolean withSlots) {
        errands.add(() -> {
            if (!gate.isLeaving() || gate.isReleased()) {
                return;
            }
            if (!withSlots && ownsSlots(look(System.nanoTime() / 1_000_000))) {
                log.info("this pod does not end yet: the leader says that its Redis owns no slot, and its Redis says that it does");
                due = true;
                return;
            }
            log.info("this pod may end");
            gate.release();
        });
    }

    /** If its Redis copies another, and is a master by its table: its container is started again, on the same data. */
    public void restart() {
        errands.add(() -> {
            if (look(System.nanoTime() / 1_000_000).state() instanceof Answering answering && answering.copiesAsMaster().isPresent()) {
                log.info("Redis is started again: it copies {} and is a master by its table", answering.copiesAsMaster().get());
                own.shutDown(answering.table().myself().slots());
            }
            due = true;
        });
    }

    /** By the leader: see {@link FollowAgain}. */
    public void epochIs(NodeId master, long epoch) {
        errands.add(() -> {
            followAgain.epochIs(master, epoch);
            due = true;
        });
    }

    /** Why this pod waits, for its own containers' logs. */
    public void explain(String reason) {
        errands.add(() -> gate.explain(reason));
    }

    public Report last() {
        return last;
    }

    public Readiness readiness() {
        return readiness;
    }

    /** How long the loop has not come round, in ms: a hung member is not alive. */
    public long idleMs() {
        return (System.nanoTime() - tickedAt) / 1_000_000;
    }

    private void loop() {
        while (!closed) {
            try {
                Runnable errand = errands.poll(last.state() instanceof Answering ? CALM_TICK_MS : TICK_MS, TimeUnit.MILLISECONDS);
                while (errand != null) {
                    errand.run();
                    errand = errands.poll();
                }
                tick();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                log.error("the member's loop failed and goes on", e);
                due = true;
            }
        }
    }

    private void tick() {
        long now = System.nanoTime() / 1_000_000;
        tickedAt = System.nanoTime();
        boolean serves = last.state() instanceof Answering;
        if (!due && serves && now - reportedAt < reportMs && gate.isLeaving() == last.leaving() && !own.hasTurned()) {
            return;
        }
        Report report = look(now);
        long took = System.nanoTime() / 1_000_000 - now;
        if (took > SLOW_MS) {
            log.warn("looking at Redis took {} ms", took);
        }
        if (report.leaving() && !joined && !ownsSlots(report) && !gate.isReleased()) {
            log.info("this pod may end: it has joined no group and owns no slot");
            gate.release();
        }
        boolean news = due || isNews(report, last);
        due = false;
        last = report;
        readiness = Readiness.of(report.state(), readiness.ready());
        if (news || now - reportedAt >= reportMs) {
            reportedAt = now;
            out.accept(report);
        }
    }

    private static boolean ownsSlots(Report report) {
        return report.state() instanceof Answering a && !a.table().others().isEmpty() && !a.table().myself().slots().isEmpty();
    }

    private Report look(long now) {
        RedisState state = state(own.read(), now);
        if (state instanceof Answering answering) {
            ElectionRule.toBeSaid(answering).ifPresent(own::letBeElected);
            List<Command> words = followAgain.toBeSaid(answering, own.life());
            if (!words.isEmpty() && own.say(words)) {
                followAgain.said(words);
                if (answering.copiesAsMaster().isPresent()) {
                    log.info("Redis copies {} and is a master by its table: it has done {}, to follow that one again", answering.copiesAsMaster().get(), words);
                    wake();
                }
            }
        }
        Optional<ClusterTable> stored = Optional.empty();
        if (!(state instanceof Answering)) {
            try {
                stored = volume.stored();
            } catch (IllegalArgumentException e) {
                state = new RedisState.Unparsed(e.getMessage());
            }
        }
        return new Report(pod, round, redis, group, state, stored, gate.isLeaving(), masterProbe(state, now), primary);
    }

    private RedisState state(OwnRedis.Reading reading, long now) {
        Optional<String> request = gate.request();
        if (!request.equals(requestSeen)) {
            requestSeen = request;
            requestAt = now;
        }
        Optional<String> running = gate.running();
        if (!running.equals(runningSeen)) {
            runningSeen = running;
            runningAt = now;
        }
        if (reading instanceof OwnRedis.Reading.Answered || reading instanceof OwnRedis.Reading.Loading) {
            answered = running;
        }
        Optional<Long> writtenMs = reading instanceof OwnRedis.Reading.Refused ? volume.writtenAt().map(at -> System.currentTimeMillis() - at) : Optional.empty();
        return StateRule.of(reading, request, now - requestAt, writtenMs, gate.permitted(), running, now - runningAt, answered);
    }

    /**
     * What was last found at the master's port while its link is down. Tried beside this loop: a host that is gone lets a connect
     * hang, and the leader waits for this member's report to choose the master's heir.
     */
    private Optional<Report.MasterProbe> masterProbe(RedisState state, long now) {
        if (!(state instanceof Answering a) || a.facts().linkUp()) {
            masterProbe = Optional.empty();
            return masterProbe;
        }
        Optional<ClusterNode> master = a.table().myself().master().flatMap(id -> a.table().line(id)).filter(line -> line.address().isPresent());
        masterProbe = masterProbe.filter(p -> now - probedAt < PROBE_GOOD_MS
            && master.filter(line -> line.id().equals(p.master()) && line.address().get().equals(p.address())).isPresent());
        if (master.isPresent() && masterProbe.isEmpty() && !probing) {
            probing = true;
            NodeId id = master.get().id();
            Address address = master.get().address().get();
            Thread.ofPlatform().daemon().name("master probe").start(() -> {
                Report.MasterProbe found = new Report.MasterProbe(id, address, Port.probe(address, PROBE_MS));
                errands.add(() -> {
                    probing = false;
                    masterProbe = Optional.of(found);
                    probedAt = System.nanoTime() / 1_000_000;
                    due = true;
                });
            });
        }
        return masterProbe;
    }

    /** What the leader should hear at once: another kind of state, role, table, or a pod that begins to end. */
    private static boolean isNews(Report next, Report before) {
        if (next.leaving() != before.leaving() || !next.stored().equals(before.stored())) {
            return true;
        }
        if (next.state() instanceof Answering a && before.state() instanceof Answering b) {
            return !a.table().equals(b.table()) || a.facts().linkUp() != b.facts().linkUp()
                || a.facts().stateOk() != b.facts().stateOk();
        }
        if (next.state() instanceof RedisState.AtGate a && before.state() instanceof RedisState.AtGate b) {
            return !a.request().equals(b.request());
        }
        return !(next.state() instanceof RedisState.Ended && before.state() instanceof RedisState.Ended) && !next.state().equals(before.state());
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        own.close();
    }
}
