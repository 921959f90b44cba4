package io.regroup.sim;

import io.regroup.lead.Effect;
import io.regroup.lead.Leader;
import io.regroup.lead.Leaps;
import io.regroup.member.FollowAgain;
import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Report.MasterProbe;
import io.regroup.model.Seat;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import io.regroup.move.MoveSettings;
import io.regroup.move.Transfer;
import io.regroup.plan.Action;
import io.regroup.plan.Command;
import io.regroup.plan.Decision.Wait;
import io.regroup.redis.Copied;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A coordinator process: it reports, and runs the product's {@link Leader}, whose effects it brings about. */
final class SimMember {

    private static final long REPORT_MS = 1000;
    private static final long NO_ROUND = -1;
    private static final long FOLLOWER_WAKE_MS = 250;
    private static final long TRY_TIMEOUT_MS = 250;
    private static final long MOST_OFFSET_MS = 1_000_000_000;

    final World world;
    final Pod pod;
    final String name;
    private long round = NO_ROUND;
    /** What each heard report shows, and when that was so. */
    final SortedMap<String, Heard> heard = new TreeMap<>();
    /** When a port was tried last that did not answer. */
    final SortedMap<Address, Long> triedSilent = new TreeMap<>();
    /** When one answered last, or refused. */
    final SortedMap<Address, Long> answered = new TreeMap<>();
    private Optional<Asked> told = Optional.empty();
    private View view;
    private Leader leader;
    private Convoy convoy;
    private boolean alive = true;
    private boolean paused;
    private boolean suspended;
    /** What its monotonic clock shows beyond the world's: that begins anywhere, and stands still while a machine is suspended. */
    private long clockOffset;
    private final Leaps leaps;
    private final Copied copied = new Copied();
    private SimRedis lookedAt;
    private long life;
    private final FollowAgain followAgain = new FollowAgain();
    private final List<Runnable> backlog = new ArrayList<>();
    private long nextWake = Long.MAX_VALUE;
    long pausedUntil;
    long lastDone;
    /** How long its reports take at most, beyond the usual. */
    long slowness;
    private long sendsAt;

    /** @param at when it came: from then on it ages, for slow members may need as long to send it */
    record Heard(Report report, long readAt, long at) {
    }

    SimMember(World world, Pod pod, long life) {
        this.world = world;
        this.pod = pod;
        this.name = pod.name;
        this.clockOffset = world.chance.between(-MOST_OFFSET_MS, MOST_OFFSET_MS);
        this.leaps = new Leaps(clock(), pod.wallClock());
    }

    /** {@code System.nanoTime()}, in ms. */
    long clock() {
        return world.now() + clockOffset;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isPaused() {
        return paused;
    }

    Optional<View> view() {
        return Optional.ofNullable(view);
    }

    Optional<Leader> leader() {
        return Optional.ofNullable(leader);
    }

    boolean leads() {
        return alive && view != null && view.isLed();
    }

    // ---- life

    void start() {
        world.group.join(this);
        reportRegularly();
    }

    void end() {
        alive = false;
        world.group.lose(this, false);
    }

    /** Whether its machine stands still, and nobody can set the clock there. */
    boolean isSuspended() {
        return suspended;
    }

    /** @param clockStops whether its monotonic clock stands still meanwhile */
    void pause(long ms, boolean clockStops) {
        paused = true;
        suspended = clockStops;
        pausedUntil = world.now() + ms;
        world.after(ms, () -> {
            paused = false;
            suspended = false;
            clockOffset -= clockStops ? ms : 0;
            List<Runnable> due = List.copyOf(backlog);
            backlog.clear();
            due.forEach(Runnable::run);
            drive();
        });
    }

    /** Lets a thing happen in this process: now, after its pause, or never. */
    void happen(Runnable what) {
        if (alive && paused) {
            backlog.add(() -> happen(what));
        } else if (alive) {
            what.run();
        }
    }

    private void later(long ms, Runnable what) {
        world.after(ms, () -> happen(what));
    }

    void onView(View next) {
        happen(() -> {
            if (leader == null) {
                leader = new Leader(next, world.chance.between(0, Leader.LIVES - 1), clock(), ShardLoss.PRESET);
                world.kube.countFromEnvironment().ifPresent(this::tell);
            } else {
                if (convoy != null) {
                    convoy.stop();
                }
                leader.onView(next, clock());
            }
            if (view == null || !view.members().getFirst().equals(next.members().getFirst())) {
                round = NO_ROUND;
                view = next;
                report();
            }
            view = next;
            drive();
            shareWhatIsAsked();
        });
    }

    private void tell(Asked asked) {
        told = Optional.of(asked);
        leader.onAsked(world.tamper.asked(this, asked));
        shareWhatIsAsked();
    }

    /** The leader's notes tell all members what is asked for, for when they lead. */
    private void shareWhatIsAsked() {
        if (view != null && view.isLed()) {
            told.ifPresent(asked -> view.members().stream().filter(m -> !m.equals(name))
                .forEach(m -> world.group.send(this, m, r -> r.obey(name, () -> r.tell(asked)))));
        }
    }

    /** Words of others than this view's leader are not listened to. */
    private void obey(String from, Runnable what) {
        happen(() -> {
            if (view != null && view.members().getFirst().equals(from)) {
                what.run();
            }
        });
    }

    // ---- reports

    private void reportRegularly() {
        later(REPORT_MS, () -> {
            report();
            reportRegularly();
        });
    }

    void onOwnChange() {
        happen(this::report);
    }

    private void onAsk(String from, long asked) {
        obey(from, () -> {
            round = asked;
            report();
        });
    }

    private void report() {
        if (view == null) {
            return;
        }
        long soon = world.chance.between(0, 3);
        later(pod.redis().filter(SimRedis::isFrozen).isPresent() ? SimRedis.SILENT_MS : soon, () -> {
            Report report = read();
            long readAt = world.now();
            // One loop reads and sends: no report overtakes the one before.
            sendsAt = Math.max(sendsAt, world.now() + (slowness == 0 ? 0 : world.chance.between(0, slowness)));
            later(sendsAt - world.now(), () -> (report.leaving() ? view.members() : view.members().subList(0, 1))
                .forEach(member -> world.group.send(this, member, receiver -> receiver.hear(report, readAt))));
        });
    }

    private void hear(Report report, long readAt) {
        happen(() -> {
            if (leader == null) {
                return;
            }
            Report changed = world.tamper.hear(this, report);
            heard.put(report.member(), new Heard(changed, readAt, world.now()));
            leader.onReport(changed, clock());
            drive();
        });
    }

    private Report read() {
        RedisState state = looked();
        boolean answers = state instanceof RedisState.Answering;
        if (state instanceof RedisState.Answering answering) {
            SimRedis own = pod.redis().orElseThrow();
            world.tamper.toBeSaid(answering).ifPresent(own::mayBeElected);
            List<Command> words = world.tamper.toBeSaid(followAgain, answering, life);
            if (!words.isEmpty() && words.stream().map(command -> ClusterCommands.execute(own, command.words())).noneMatch(reply -> reply.startsWith("ERR"))) {
                world.trace(() -> own + " has done " + words);
                followAgain.said(words);
                if (answering.copiesAsMaster().isPresent()) {
                    later(0, this::report);
                }
            }
        }
        Optional<ClusterTable> stored = answers ? Optional.empty() : pod.stored();
        return new Report(pod.model(), round, pod.address(), pod.groupAddress(), state, stored, pod.leaving, masterProbe(), pod.memory);
    }

    private RedisState looked() {
        if (!(pod.state() instanceof RedisState.Answering state)) {
            return pod.state();
        }
        SimRedis own = pod.redis().orElseThrow();
        if (own != lookedAt) {
            copied.forget();
            life++;
        }
        lookedAt = own;
        if (state.table().myself().isMaster() && state.facts().linkUp()) {
            state.facts().masterAt().flatMap(state.table()::onlyAt).ifPresent(line -> own.replication.copyOf = Optional.of(line.id()));
        }
        Optional<Address> master = copied.read(state.table(), state.facts().masterAt(), state.facts().keys(), own.replication.copyOf);
        if (copied.isItsOwn(state.table(), state.facts().keys())) {
            own.replication.copyOf = Optional.of(own.id());
        }
        return new RedisState.Answering(state.table(), state.facts().lookingAt(master, own.replication.copyOf));
    }

    private Optional<MasterProbe> masterProbe() {
        return pod.redis().filter(r -> r.isServing() && r.myself.isReplica() && !r.replication.isUp())
            .map(r -> r.myself.slaveof).filter(m -> m != null && m.hasAddress())
            .map(m -> new MasterProbe(m.id, m.address, probe(m.address)));
    }

    private Probe probe(Address address) {
        if (!world.hasHost(address.host()) || !world.canReach(pod.ip, address)) {
            return Probe.SILENT;
        }
        SimRedis server = world.serverAt(address);
        return server != null && server.listens() ? Probe.ANSWERS : Probe.REFUSES;
    }

    // ---- leading

    private void drive() {
        if (!alive || paused || leader == null) {
            return;
        }
        if (view.isLed() && world.kube.up && !told.equals(Optional.of(world.kube.asked))) {
            tell(world.kube.asked);
        }
        if (world.tamper.leapt(leaps.seen(clock(), pod.wallClock()))) {
            leader.onPause(clock());
        }
        world.tamper.beforeLook(this);
        List<Effect> effects = leader.run(clock());
        if (view.isLed()) {
            world.traceChange(name, () -> name + " waits: " + leader.outlook().decision().waits().stream().map(Wait::reason).collect(Collectors.joining("; ")));
        }
        effects.forEach(this::perform);
        long sleep = view.isLed() ? leader.sleepMs() : FOLLOWER_WAKE_MS;
        if (nextWake > world.now() + sleep) {
            nextWake = world.now() + sleep;
            long mine = nextWake;
            later(sleep, () -> {
                if (nextWake == mine || nextWake <= world.now()) {
                    nextWake = Long.MAX_VALUE;
                    drive();
                }
            });
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.Ask ask -> (ask.members().isEmpty() ? view.members() : ask.members()).forEach(m -> world.group.send(this, m, r -> r.onAsk(name, ask.round())));
            case Effect.CarryOut carryOut -> carryOut(world.tamper.change(this, carryOut));
            case Effect.StopMoves stop -> convoy.stop();
            case Effect.Try attempt -> attempt.addresses().forEach(address -> attempt(address, attempt.since()));
            case Effect.Prove prove -> prove.members().forEach((member, seat) -> later(world.chance.between(5, 60),
                () -> {
                    if (bothRefuse(seat)) {
                        leader.onBothRefuse(member, "both ports of " + member + " refuse connections", clock());
                    }
                    world.kube.proofOfEnd(member, seat).ifPresent(end -> leader.onEnded(member, world.tamper.proof(end), clock()));
                    drive();
                }));
            case Effect.ListPods list -> later(world.chance.between(5, 60), () -> {
                world.kube.living().ifPresent(created -> leader.onPods(created, clock()));
                drive();
            });
            case Effect.Remember remember -> (remember.members().isEmpty() ? view.members() : remember.members()).forEach(m ->
                world.group.send(this, m, r -> r.remember(name, remember.primary())));
        }
    }

    private void carryOut(Effect.CarryOut what) {
        List<Transfer> moves = what.decision().actions().stream().filter(Action.MoveSlots.class::isInstance).map(Action.MoveSlots.class::cast)
            .map(move -> Transfer.of(move, MoveSettings.DEFAULT)).toList();
        if (!moves.isEmpty()) {
            convoy = new Convoy(this, what.view(), moves);
            convoy.go();
        }
        new Errand(this, what).go();
    }

    /** What moved moves no more. */
    void moved() {
        happen(() -> {
            leader.onMoved(clock());
            drive();
        });
    }

    private void remember(String from, Primary primary) {
        obey(from, () -> {
            if (pod.memory.isEmpty() || pod.memory.get().number() <= primary.number()) {
                pod.memory = Optional.of(primary);
                report();
            }
        });
    }

    private void attempt(Address address, long since) {
        Probe probe = probe(address);
        long triedAt = world.now();
        later(probe == Probe.SILENT ? TRY_TIMEOUT_MS : world.chance.between(1, 4), () -> {
            (probe == Probe.SILENT ? triedSilent : answered).put(address, probe == Probe.SILENT ? triedAt : world.now());
            leader.onProbe(address, probe, since, clock());
            drive();
        });
    }

    private boolean bothRefuse(Seat seat) {
        boolean groupRefuses = world.hasHost(seat.group().host()) && world.net.reach(Network.Plane.GROUP, pod.ip, seat.group().host())
            && world.members().stream().noneMatch(m -> m.pod.ip.equals(seat.group().host()));
        return probe(seat.redis()) == Probe.REFUSES && groupRefuses;
    }

    /** Still the leader, in the same view: asked before each thing is sent. */
    boolean mayGoOn(View decidedIn) {
        return alive && !paused && view.equals(decidedIn);
    }

    void done() {
        happen(() -> {
            lastDone = world.now();
            leader.onDone(clock());
            drive();
        });
    }

    void permit(String from, String request, boolean blank, Set<NodeId> former) {
        obey(from, () -> pod.permit(request, blank, former));
    }

    void release(String from, boolean withSlots) {
        obey(from, () -> {
            if (!withSlots && pod.redis().filter(server -> server.isServing() && server.myself.hasSlots()).isPresent()) {
                report();
            } else {
                pod.release();
            }
        });
    }

    void epochIs(String from, NodeId master, long epoch) {
        obey(from, () -> {
            followAgain.epochIs(master, epoch);
            report();
        });
    }

    void restart(String from) {
        obey(from, () -> {
            if (looked() instanceof RedisState.Answering answering && answering.copiesAsMaster().isPresent()) {
                SimRedis own = pod.redis().orElseThrow();
                own.slots.unbindAll(own.myself);
                pod.crashRedis(true);
            }
        });
    }

    @Override
    public String toString() {
        return name;
    }
}
