package io.regroup.coordinator;

import com.google.gson.JsonObject;
import io.regroup.admin.Note;
import io.regroup.lead.Chronicle;
import io.regroup.lead.Departures;
import io.regroup.lead.Effect;
import io.regroup.lead.Leader;
import io.regroup.lead.Leaps;
import io.regroup.lead.Unheard;
import io.regroup.lead.Witness;
import io.regroup.message.Message;
import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.End;
import io.regroup.model.Observation;
import io.regroup.model.Primary;
import io.regroup.model.Report;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import io.regroup.move.UnderWay;
import io.regroup.plan.Decision;
import io.regroup.plan.Outlook;
import io.regroup.redis.Port;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Runs {@link Leader} on the one thread that owns its state, and does what it wants done on others. Callbacks only put
 * an errand into the queue.
 */
public final class LeaderLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LeaderLoop.class);
    private static final long NOTE_MS = 1000;
    /** Roles that still change are not worth a call each. */
    private static final long PRICE_MS = 5000;
    private static final long PASSING_MS = 1000;
    private static final int PROBE_MS = 250;

    private final LinkedBlockingQueue<Runnable> errands = new LinkedBlockingQueue<>();
    private final ExecutorService hands = Executors.newSingleThreadExecutor(daemon("hands"));
    /** Probes block for {@link #PROBE_MS} at most each; threads go when there is nothing to try. */
    private final ExecutorService probes = probes();
    private final ExecutorService proofs = new ThreadPoolExecutor(0, 1, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemon("proof"));
    private final Thread thread = Thread.ofPlatform().name("leader").unstarted(this::loop);
    private final Hands carrier;
    private final Moves moves;
    private final Witness witness;
    private final Consumer<Message> toAll;
    private final Consumer<String> renewView;
    private final int replicas;
    private volatile boolean closed;
    private volatile long tickedAt = System.nanoTime();

    private volatile View view;
    private final Leader leader;
    private final Leaps leaps = new Leaps(now(), System.currentTimeMillis());
    private boolean leads;
    private Optional<Asked> asked = Optional.empty();
    private Outlook told;
    private Chronicle chronicle = new Chronicle();
    private Departures departures = new Departures();
    private Unheard unheard = new Unheard();
    private final SortedSet<String> toldWaits = new TreeSet<>();
    private SortedMap<String, Integer> priced = new TreeMap<>();
    private long pricedAt = now() - PRICE_MS;
    private long notedAt;
    private long pendingSince = now();
    private Optional<Decision> acted = Optional.empty();
    private long actedAt;

    /**
     * @param toAll     sends a message to every member, this one too
     * @param renewView lets the group make its view anew with the same members, and is told why
     * @param replicas  {@code REDIS_CLUSTER_REPLICA}
     * @param policy    what is done where no copy is left
     */
    public LeaderLoop(View view, Hands carrier, Moves moves, Witness witness, Consumer<Message> toAll, Consumer<String> renewView, int replicas,
        ShardLoss policy) {
        this.view = view;
        this.carrier = carrier;
        this.moves = moves;
        this.witness = witness;
        this.toAll = toAll;
        this.renewView = renewView;
        this.replicas = replicas;
        this.leader = new Leader(view, new SecureRandom().nextLong(Leader.LIVES), now(), policy);
    }

    public void start() {
        thread.start();
    }

    public void onView(View next) {
        // Decided in a view that is no more: whoever leads now looks again, and goes on with what is half moved (S8).
        moves.stop();
        errands.add(() -> {
            view = next;
            leader.onView(next, now());
        });
    }

    public void onReport(Report report) {
        errands.add(() -> leader.onReport(report, now()));
    }

    /** A leader told what is asked for: remembered for when this member leads and nobody else tells. */
    public void onAsked(int nodes, boolean first) {
        errands.add(() -> {
            asked = Optional.of(new Asked(nodes, replicas, first));
            leader.onAsked(asked.get());
        });
    }

    public long idleMs() {
        return (System.nanoTime() - tickedAt) / 1_000_000;
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().daemon().name(name).factory();
    }

    private static ExecutorService probes() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(8, 8, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemon("probe"));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private void loop() {
        while (!closed) {
            try {
                Runnable errand = errands.poll(leader.sleepMs(), TimeUnit.MILLISECONDS);
                while (errand != null) {
                    errand.run();
                    errand = errands.poll();
                }
                tickedAt = System.nanoTime();
                turn();
                if (leaps.seen(now(), System.currentTimeMillis())) {
                    leader.onPause(now());
                }
                for (Effect effect : leader.run(now())) {
                    perform(effect);
                }
                publish();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (closed) {
                    // Its hands are gone already: no bug, and nothing for the log.
                    return;
                }
                // A bug: nothing is carried out from a state that is not understood; liveness fails and the container starts anew.
                log.error("the leader's loop failed: it stops acting, and this coordinator will be restarted", e);
                closed = true;
            }
        }
    }

    /** Takes up or lays down the lead. */
    private void turn() {
        if (view.isLed() == leads) {
            return;
        }
        leads = view.isLed();
        told = null;
        chronicle = new Chronicle();
        departures = new Departures();
        unheard = new Unheard();
        priced = new TreeMap<>();
        toldWaits.clear();
        if (leads) {
            log.info("this member leads view {}", view);
            pendingSince = now();
            if (asked.isEmpty()) {
                asked = witness.assumed().stream().mapToObj(nodes -> new Asked(nodes, replicas, false)).findFirst();
            }
            asked.ifPresent(leader::onAsked);
            // Not on this thread: the Kubernetes client is loaded now, and a master may have died with the last leader.
            proofs.execute(() -> witness.open(this::onAsked));
        } else {
            log.info("{} leads view {}", view.members().getFirst(), view);
            proofs.execute(witness::close);
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.Ask ask -> toAll.accept(new Message.Asked(ask.round(), ask.members()));
            case Effect.CarryOut todo -> carryOut(todo);
            case Effect.StopMoves todo -> moves.stop();
            case Effect.Try todo -> todo.addresses().forEach(address -> probes.execute(() -> {
                var found = Port.probe(address, PROBE_MS);
                errands.add(() -> leader.onProbe(address, found, todo.since(), now()));
            }));
            // Either may take long for nothing: a port whose host is gone, an API server that is away.
            case Effect.Prove todo -> todo.members().forEach((member, seat) -> {
                probes.execute(() -> Port.bothRefuse(member, seat, PROBE_MS).ifPresent(words -> errands.add(() -> leader.onBothRefuse(member, words, now()))));
                Optional<String> tenant = leader.tenantOf(seat.group());
                proofs.execute(() -> witness.proofOfEnd(member, seat, tenant).ifPresent(end -> ended(member, end)));
            });
            case Effect.ListPods todo -> {
                SortedMap<Address, String> here = leader.tenants();
                proofs.execute(() -> witness.pods(here).ifPresent(created -> errands.add(() -> leader.onPods(created, now()))));
            }
            case Effect.Remember todo -> {
                Primary primary = todo.primary();
                log.info("primary view {} is {}", primary.number(), primary.seats().keySet());
                toAll.accept(new Message.Remembered(primary, todo.members()));
            }
        }
    }

    private void ended(String member, End end) {
        log.debug("{} has ended{}: {}", member, end.forGood() ? " for good" : "", end.words());
        errands.add(() -> leader.onEnded(member, end, now()));
    }

    private void carryOut(Effect.CarryOut todo) {
        Decision decision = todo.decision();
        String where = "round " + todo.round() % 1_000_000 + " view " + todo.view().id();
        log.info("{} {}: {}", where, decision.step(), decision.reason());
        acted = Optional.of(decision);
        chronicle.decided(decision, now());
        actedAt = System.currentTimeMillis();
        View decidedIn = todo.view();
        hands.execute(() -> {
            // S8: a view that changed since is another group; look again before anything is sent.
            if (view != decidedIn) {
                errands.add(() -> leader.onDropped(decision, now()));
                return;
            }
            try {
                moves.begin(decision.actions(), () -> errands.add(() -> leader.onMoved(now())));
                carrier.carryOut(decision, where, todo.until());
            } finally {
                errands.add(() -> leader.onDone(now()));
            }
        });
    }

    /** Tells all members and the log what is new. */
    private void publish() {
        if (!leads) {
            return;
        }
        Outlook outlook = leader.outlook();
        tellWaits(outlook);
        price(outlook);
        Optional<UnderWay> underWay = moves.underWay(outlook.toMove());
        if (told != outlook) {
            Observation observation = leader.observation(now());
            chronicle.look(observation, outlook).forEach(entry -> {
                log.debug("event {}: {}", entry.reason(), entry.sentence());
                proofs.execute(() -> witness.tell(entry));
            });
            tellDepartures(observation, underWay.flatMap(UnderWay::left));
        }
        boolean news = told == null || !told.pending().equals(outlook.pending()) || !told.decision().reason().equals(outlook.decision().reason());
        if (news) {
            tellLog(outlook);
        }
        told = outlook;
        if (news || now() - notedAt >= NOTE_MS) {
            notedAt = now();
            Observation observation = leader.observation(now());
            JsonObject note = Note.of(observation, outlook, underWay, departures.now(now()), acted, actedAt);
            toAll.accept(new Message.Noted(note));
            SortedSet<String> silent = unheard.look(observation);
            if (!silent.isEmpty()) {
                renewView.accept("these are in it and do not answer: " + String.join(", ", silent));
            }
        }
    }

    private void tellDepartures(Observation observation, Optional<Long> needed) {
        departures.look(observation, needed).forEach(entry -> {
            log.atLevel(entry.warning() ? Level.WARN : Level.INFO).log(entry.sentence());
            proofs.execute(() -> witness.tell(entry));
        });
        departures.unasked(now()).forEach((member, pod) -> proofs.execute(() -> witness.graceMs(pod)
            .ifPresent(left -> errands.add(() -> departures.onGrace(member, left, now())))));
    }

    /** Told when it changes, and anew by each leader: what the last one told is not known. */
    private void price(Outlook outlook) {
        if (outlook.costs().isEmpty() || outlook.costs().equals(priced) || now() - pricedAt < PRICE_MS) {
            return;
        }
        pricedAt = now();
        SortedMap<String, Integer> news = new TreeMap<>(outlook.costs());
        news.entrySet().removeIf(cost -> cost.getValue().equals(priced.get(cost.getKey())));
        SortedMap<String, Integer> all = outlook.costs();
        proofs.execute(() -> {
            if (witness.price(news)) {
                errands.add(() -> priced = all);
            }
        });
    }

    private void tellLog(Outlook outlook) {
        boolean wasWhole = told != null && told.pending().isEmpty();
        if (outlook.pending().isEmpty() && !wasWhole) {
            log.info("the cluster is whole, after {} ms", now() - pendingSince);
        } else if (outlook.pending().isPresent() && (wasWhole || told == null)) {
            pendingSince = now();
            log.info("the cluster is not whole: {}", outlook.pending().get());
        }
    }

    /** What passes within a moment is no news. */
    private void tellWaits(Outlook outlook) {
        SortedSet<String> keys = new TreeSet<>();
        outlook.decision().waits().forEach(wait -> {
            keys.add(wait.key());
            if (leader.observation(now()).waitedMs(wait.key()) >= PASSING_MS && toldWaits.add(wait.key())) {
                log.info("waiting: {}", wait.reason());
            }
        });
        toldWaits.retainAll(keys);
    }

    @Override
    public void close() {
        closed = true;
        moves.close();
        thread.interrupt();
        hands.shutdownNow();
        probes.shutdownNow();
        proofs.shutdownNow();
        witness.close();
    }
}
