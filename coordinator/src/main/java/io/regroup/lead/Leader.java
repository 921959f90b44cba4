package io.regroup.lead;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.End;
import io.regroup.model.Heard;
import io.regroup.model.LastAnswer;
import io.regroup.model.Move;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Roster;
import io.regroup.model.Rounds;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import io.regroup.plan.Action;
import io.regroup.plan.Decision;
import io.regroup.plan.Outlook;
import io.regroup.plan.Planner;
import io.regroup.plan.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The leader's rounds: collect reports, decide, carry out one decision, look again. It owns the state and does nothing
 * itself: time is an argument, what is to be done comes back as {@link Effect}s. Called from one thread; the simulation
 * runs this very class.
 *
 * <p>Every decision is made from reports that are younger than the last action (each action opens a new round, which
 * members echo) and younger than {@link Observation#STALE_MS}. Evidence that a server has ended opens a round of its replicas: which
 * of them has most of its data is told by reports younger than its end, and the others need not be waited for. What is decided in calm,
 * from reports that may be a second old, is looked at once more in a new round before it is done. After a pause of this process nothing
 * heard before it counts (S8).
 */
public final class Leader {

    /** How long a round waits for members that have not reported, in ms; then it decides with what is known. */
    private static final long PATIENCE_MS = 150;
    /** A loop that has not run this long was paused: by a stopped process, a collector, a throttled CPU. */
    static final long PAUSE_MS = 1500;
    /** While something is not whole: how often all are asked anew, at first and after {@link #EAGER_MS}. */
    private static final long EAGER_ASK_MS = 60;
    private static final long PATIENT_ASK_MS = 1000;
    private static final long EAGER_MS = 10_000;
    /** How long what is decided takes at most until all servers have answered; whoever has not by then is looked at anew. */
    public static final long ORDER_MS = 1500;
    /** While replicas still read what a master that has ended has sent: how often they are asked. */
    private static final long READ_ASK_MS = 10;
    /** Without news: how often the passing of time alone is looked at. */
    private static final long LOOK_MS = 250;
    private static final long REMEMBER_MS = 300;
    /** A planned hand-over is settled among the servers within so long, and writers wait meanwhile: nobody is asked anything. */
    private static final long HANDOVER_MS = 60;
    /** Keeps the rounds of one life apart from those of another, also of another member that led before. */
    private static final long ROUNDS_A_LIFE = 1_000_000;
    /** So many lives are told apart. */
    public static final long LIVES = Long.MAX_VALUE / ROUNDS_A_LIFE;

    private final SortedMap<String, Heard> heard = new TreeMap<>();
    /** The one that was heard last: in a settled cluster all are equal, kept once and looked at once. */
    private Optional<Roster> roster = Optional.empty();
    private final Evidence evidence = new Evidence();
    private final Asking asking;
    private final SortedMap<String, Long> sent = new TreeMap<>();
    private final SortedMap<String, Long> since = new TreeMap<>();
    private final SortedMap<NodeId, LastAnswer> masters = new TreeMap<>();
    private List<Move> moving = List.of();
    private final ShardLoss policy;
    private View view;
    private Optional<Asked> asked = Optional.empty();
    private boolean busy;
    private boolean viewIsNew;
    /** Something has been heard that the last look does not know. */
    private boolean news = true;
    private long lookedAt;
    private boolean heardAll;
    private long lastRun;
    private long rememberedAt = Long.MIN_VALUE / 2;
    private long pendingSince;
    private long quietUntil = Long.MIN_VALUE;
    /** The round that was begun to look again before something is done. */
    private long lookedAgain = -1;
    private Outlook outlook = new Outlook(new Decision("none", List.of(), "not looked yet", List.of()),
        Optional.of("not looked yet"), false, "not looked yet", Optional.empty(), Optional.empty(), new TreeSet<>(), new TreeSet<>(),
        new TreeMap<>(), new TreeSet<>(), false, new TreeSet<>(), 0, new TreeMap<>(), Optional.empty(), Standing.NONE);

    /**
     * @param life a random number below {@link #LIVES}, so that no echo of another life passes for one of this. No clock tells lives
     *             apart: it may be set back, and members that start together read the same
     */
    public Leader(View view, long life, long now, ShardLoss policy) {
        this.policy = policy;
        this.view = view;
        this.asking = new Asking(Rounds.from(life * ROUNDS_A_LIFE));
        this.lastRun = now;
        this.pendingSince = now;
        newRound(now);
    }

    public void onView(View next, long now) {
        SortedSet<String> heirs = new TreeSet<>();
        boolean onlyLost = view.isLed() && next.isLed() && view.members().containsAll(next.members());
        for (String member : view.members()) {
            Heard last = heard.get(member);
            if (!next.members().contains(member) && last != null && last.report().leaving()) {
                evidence.onLeft(member);
            }
            if (onlyLost && !next.members().contains(member) && last != null) {
                heirs.addAll(replicasOf(last.report().redis()));
            }
        }
        news = true;
        heard.keySet().retainAll(next.members());
        asking.onMembers(next.members());
        if (!outlook.standing().named().isEmpty()) {
            masters.keySet().retainAll(outlook.standing().named());
        }
        view = next;
        evidence.onView(next.members());
        viewIsNew = true;
        heirs.retainAll(next.members());
        if (heirs.isEmpty()) {
            newRound(now);
        } else {
            newRound(heirs, now);
        }
    }

    public void onReport(Report heardNow, long now) {
        Report report = roster.map(heardNow::sharing).orElse(heardNow);
        if (report.state() instanceof RedisState.Answering a) {
            roster = Optional.of(a.table().roster());
            if (a.table().myself().isMaster()) {
                masters.put(a.table().myself().id(), new LastAnswer(now, a.facts().keys()));
            }
        }
        if (!report.leaving()) {
            evidence.onStays(report.member());
        }
        asking.onReport(report.member(), report.round(), now);
        Heard before = heard.put(report.member(), new Heard(report, now));
        boolean ends = before != null && before.report().state() instanceof RedisState.Answering
            && !(report.state() instanceof RedisState.Answering);
        news |= before == null || News.isNews(before.report(), report);
        if (ends) {
            onEnd(report.redis(), true, now);
        }
    }

    public void onAsked(Asked next) {
        asked = Optional.of(next);
        news = true;
    }

    /** @param since of the {@link Effect.Try} that this answers */
    public void onProbe(Address address, Probe probe, long since, long now) {
        Probe before = evidence.probes().get(address);
        if (!evidence.onProbe(address, probe, since)) {
            return;
        }
        news = true;
        if (probe == Probe.REFUSES) {
            onEnd(address, before == Probe.ANSWERS, now);
        }
    }

    /**
     * The server at this address has ended: which of its replicas has most of its data is told by reports younger than that. A round
     * that has only just begun is young enough, unless the server lived in it: evidence comes piece by piece, and each would put the
     * decision off.
     */
    private void onEnd(Address address, boolean livedInThisRound, long now) {
        SortedSet<String> heirs = replicasOf(address);
        if (heirs.isEmpty()) {
            if (livedInThisRound || asking.sinceAll(now) > PATIENCE_MS) {
                newRound(now);
            }
            return;
        }
        if (!livedInThisRound) {
            heirs.removeIf(member -> asking.since(member, now) <= PATIENCE_MS);
        }
        if (!heirs.isEmpty()) {
            newRound(heirs, now);
        }
    }

    /** The member of this view that is at this address in the group. */
    public Optional<String> tenantOf(Address group) {
        return Optional.ofNullable(tenants().get(group));
    }

    /** The members of this view that have been heard, by their addresses in the group. */
    public SortedMap<Address, String> tenants() {
        SortedMap<Address, String> tenants = new TreeMap<>();
        heard.values().stream().map(Heard::report).filter(report -> view.members().contains(report.member()))
            .forEach(report -> tenants.put(report.group(), report.member()));
        return tenants;
    }

    /** Members whose server follows the one at this address, as they said last. */
    private SortedSet<String> replicasOf(Address master) {
        SortedSet<String> members = new TreeSet<>();
        heard.forEach((member, last) -> {
            if (last.report().state() instanceof RedisState.Answering a && a.table().myself().master().flatMap(id -> a.table().line(id))
                .flatMap(ClusterNode::address).filter(master::equals).isPresent()) {
                members.add(member);
            }
        });
        return members;
    }

    /** The end of a member of the last primary view is proven (S2). */
    public void onEnded(String member, End end, long now) {
        if (view.members().contains(member)) {
            return;
        }
        boolean isFirst = !evidence.ended().containsKey(member);
        news |= evidence.onEnded(member, end, now);
        if (isFirst) {
            outlook.primary().map(p -> p.all().get(member)).ifPresent(seat ->
                onEnd(seat.redis(), evidence.probes().get(seat.redis()) == Probe.ANSWERS, now));
        }
    }

    /**
     * Both ports of a member of the last primary view refuse connections (S2): neither of its processes is there. That is proof where
     * its address cannot be another pod's by now, while it runs at another one itself.
     */
    public void onBothRefuse(String member, String words, long now) {
        if (outlook.primary().map(primary -> primary.all().get(member)).filter(seat -> !evidence.wasVacated(seat.redis())).isPresent()) {
            onEnded(member, new End(words, false), now);
        }
    }

    /** The pods that there are, by name, and when each was created; those that have ended for good left out. */
    public void onPods(SortedMap<String, Long> created, long now) {
        news |= evidence.onPods(created, now);
    }

    /** Time has passed in which this process did not run, more than {@code now} shows: see {@link Leaps}. */
    public void onPause(long now) {
        heard.clear();
        asking.onPause();
        evidence.onPause();
        newRound(now);
    }

    /** The last decision has been carried out, with whatever success: what came of it is seen in the next round. */
    public void onDone(long now) {
        busy = false;
        newRound(now);
    }

    /** What moved moves no more: it has arrived, or was stopped half-way. */
    public void onMoved(long now) {
        moving = List.of();
        newRound(now);
    }

    /** The last decision was not carried out: it was made in a view that is no more. */
    public void onDropped(Decision decision, long now) {
        decision.actions().forEach(action -> action.keys().forEach(sent::remove));
        if (decision.actions().stream().anyMatch(Action.MoveSlots.class::isInstance)) {
            moving = List.of();
        }
        onDone(now);
    }

    private void newRound(long now) {
        asking.all(now);
        news = true;
    }

    private void newRound(SortedSet<String> members, long now) {
        asking.only(members, now);
        news = true;
    }

    /** Looks at what is known, and says what is to be done now. */
    public List<Effect> run(long now) {
        List<Effect> effects = new ArrayList<>();
        boolean paused = now - lastRun > PAUSE_MS;
        lastRun = now;
        if (!view.isLed()) {
            return effects;
        }
        if (!paused && now < quietUntil) {
            return effects;
        }
        if (paused) {
            onPause(now);
        }
        effects.addAll(asking.take());
        if (viewIsNew) {
            viewIsNew = false;
            effects.addAll(evidence.seekEnds(outlook.primary(), view.members(), now));
        }
        evidence.expire(now);
        if (!news && now - lookedAt < LOOK_MS) {
            askAgain(effects, now);
            return effects;
        }
        if (busy || asking.sinceLast(now) < PATIENCE_MS && !allHeard(now)) {
            evidence.seekAgain(now).ifPresent(effects::add);
            return effects;
        }
        outlook = Planner.look(observation(now));
        news = false;
        lookedAt = now;
        heardAll = allHeard(now);
        if (outlook.pending().isEmpty()) {
            pendingSince = now;
        }
        remember(effects, now);
        effects.addAll(evidence.seek(outlook, now));
        Decision last = outlook.decision();
        keepWaits(last, now);
        if (!moving.isEmpty() && Planner.waitsForMoves(last)) {
            effects.add(new Effect.StopMoves());
        }
        if (last.acts() && asking.sinceLast(now) > PATIENCE_MS + asking.slowestMs(now) && lookedAgain != asking.rounds().last()) {
            // In calm a report may be a second old, and a master that is dead by now still be alive in it. Where answers take as long, others are no younger.
            newRound(now);
            lookedAgain = asking.rounds().last();
            effects.addAll(asking.take());
        } else if (last.acts()) {
            busy = true;
            if (last.actions().stream().anyMatch(a -> a instanceof Action.Promote promote && promote.how() == Action.Promotion.HANDOVER)) {
                quietUntil = now + HANDOVER_MS;
            }
            last.actions().forEach(action -> action.keys().forEach(key -> sent.put(key, now)));
            follow(last, effects);
            effects.add(new Effect.CarryOut(last, asking.rounds().last(), view, until(now)));
        } else {
            askAgain(effects, now);
        }
        return effects;
    }

    /**
     * What a server finds in its socket when it goes on after a pause, or a cut in the network lets through at last, is not what is wanted by then: so long it
     * is good. No report is older than the question that it answers.
     */
    private SortedMap<Address, Long> until(long now) {
        SortedMap<Address, Long> until = new TreeMap<>();
        heard.forEach((member, last) -> {
            if (last.isFresh(asking.rounds(), now) && last.report().state() instanceof RedisState.Answering a && a.facts().clockMs() > 0) {
                until.put(last.report().redis(), a.facts().clockMs() + asking.since(member, now) + ORDER_MS);
            }
        });
        return until;
    }

    /** Slots that begin to move go on beside all else, until a master is replaced: what is half moved then is looked at anew. */
    private void follow(Decision decision, List<Effect> effects) {
        List<Move> begun = decision.actions().stream().filter(Action.MoveSlots.class::isInstance).map(a -> ((Action.MoveSlots) a).move()).toList();
        if (!begun.isEmpty()) {
            moving = begun;
        } else if (!moving.isEmpty() && decision.actions().stream().anyMatch(Action.Promote.class::isInstance)) {
            effects.add(new Effect.StopMoves());
        }
    }

    private void askAgain(List<Effect> effects, long now) {
        // However often some are asked alone: one that did not hear when all were asked has to be asked again.
        boolean isTimeForAll = asking.isTimeForAll(now);
        boolean alone = !outlook.reading().isEmpty() && view.members().containsAll(outlook.reading()) && !isTimeForAll;
        if (!busy && alone && asking.sinceLast(now) >= READ_ASK_MS) {
            newRound(outlook.reading(), now);
            effects.addAll(asking.take());
            return;
        }
        if (!busy && outlook.pending().isPresent() && (isTimeForAll || heardAll && asking.sinceLast(now) >= askEvery(now))) {
            newRound(now);
            effects.addAll(asking.take());
        }
    }

    private long askEvery(long now) {
        return now - pendingSince < EAGER_MS ? EAGER_ASK_MS : PATIENT_ASK_MS;
    }

    /** When {@link #run} wants to be called again at the latest, if nothing happens before, in ms from now. */
    public long sleepMs() {
        if (!view.isLed()) {
            return PATIENT_ASK_MS;
        }
        if (outlook.pending().isEmpty()) {
            return PATIENT_ASK_MS / 2;
        }
        if (!outlook.reading().isEmpty()) {
            return READ_ASK_MS;
        }
        return askEvery(lastRun) == EAGER_ASK_MS ? EAGER_ASK_MS / 2 : PATIENT_ASK_MS / 4;
    }

    private boolean allHeard(long now) {
        for (String member : view.members()) {
            Heard last = heard.get(member);
            if (last == null || !last.isFresh(asking.rounds(), now)) {
                return false;
            }
        }
        return true;
    }

    private void remember(List<Effect> effects, long now) {
        if (now - rememberedAt < REMEMBER_MS) {
            return;
        }
        Optional<Effect> effect = outlook.remember().<Effect>map(primary -> new Effect.Remember(primary, new TreeSet<>()))
            .or(() -> outlook.primary().filter(p -> !outlook.newcomers().isEmpty()).map(p -> new Effect.Remember(p, outlook.newcomers())));
        effect.ifPresent(told -> {
            rememberedAt = now;
            effects.add(told);
        });
    }

    private void keepWaits(Decision decision, long now) {
        SortedSet<String> keys = new TreeSet<>();
        decision.waits().forEach(w -> keys.add(w.key()));
        since.keySet().retainAll(keys);
        keys.forEach(key -> since.putIfAbsent(key, now));
        sent.values().removeIf(at -> now - at > 60_000);
    }

    /** All that is known, as of now. */
    public Observation observation(long now) {
        return new Observation(now, asking.rounds(), view, heard, asked, evidence.probes(), evidence.ended(), evidence.pods(), evidence.created(), evidence.left(), sent, since,
            masters, moving, policy);
    }

    /** What the last look told. */
    public Outlook outlook() {
        return outlook;
    }
}
