package io.regroup.move;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Slots are moved by the servers themselves: the source sends a snapshot and all writes since, holds its writers for a moment, and the
 * target takes the slots, with a new epoch that it tells all. No client is ever sent by ASK, and the slots have one owner all the time.
 *
 * <p>Chunk by chunk, each a migration of its own: what has arrived stays, and Valkey's source deletes the keys of a chunk in one go. One that
 * is under way already, because whoever began it was cut off, is watched to its end; a second one is never begun beside it.
 *
 * <p>A stop leaves a migration that is under way to the servers: the next leader finds it in their lists.
 */
public final class AtomicMove implements Transfer {

    private enum Phase { LOOK, COUNT, BEGIN, WATCH, CANCEL, CONFIRM, OVER }

    /** Valkey's source deletes so many small keys in about 50 ms, with an append-only file and a replica, and serves nobody meanwhile. */
    private static final int KEYS_OF_VALKEY = 25_000;
    /** Redis' does that beside its work: only what is lost when a migration breaks off counts. */
    private static final int KEYS_OF_REDIS = 100_000;
    private static final int SLOTS_AT_ONCE = 1024;
    private static final long POLL_MS = 20;
    /** A target that loads a key of some 100 MB answers nobody for so long. */
    private static final long STEP_MS = 10_000;
    private static final int WAIT_MS = 100;
    private static final int WAIT_TRIES = 30;
    private static final int TRIES = 3;
    /** So often a migration that was begun may be in nobody's list: its target has been told of it in the meantime. */
    private static final int UNSEEN_TRIES = 50;
    private static final String DATASET = "used_memory_dataset:";

    private final Move move;
    private final MoveBy by;
    private final int copies;
    private final int keysAtOnce;
    private SlotSet waiting;
    private SlotSet chunk = SlotSet.NONE;
    /** The migration that is watched; empty: it has no id yet, and is one that is not {@link #known}. */
    private Optional<String> job = Optional.empty();
    private final SortedSet<String> known = new TreeSet<>();
    /** Bytes of the target's data before the chunk came. */
    private long dataset;
    private boolean arrived;
    private int failures;
    private int unseen;
    private int unconfirmed;
    private volatile Phase phase = Phase.LOOK;
    private volatile boolean stopped;
    private volatile String problem = "";
    private volatile Progress progress;

    /**
     * @param copies     how many replicas of the target must have the keys of one chunk before the next is begun: 0 or 1
     * @param keysAtOnce at most so many keys in one migration, but one slot at least
     */
    public AtomicMove(Move move, MoveBy by, int copies, int keysAtOnce) {
        if (by == MoveBy.MIGRATE) {
            throw new IllegalArgumentException("servers do not move slots by themselves with MIGRATE");
        }
        this.move = move;
        this.by = by;
        this.copies = copies;
        this.keysAtOnce = keysAtOnce;
        waiting = move.slots();
        progress = new Progress(0, waiting.size(), 0, 0);
    }

    static int keysAtOnce(MoveBy by) {
        return by == MoveBy.MIGRATESLOTS ? KEYS_OF_VALKEY : KEYS_OF_REDIS;
    }

    @Override
    public Move move() {
        return move;
    }

    @Override
    public void stop() {
        stopped = true;
    }

    @Override
    public boolean isOver() {
        return phase == Phase.OVER;
    }

    @Override
    public Optional<String> problem() {
        return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
    }

    @Override
    public Progress progress() {
        return progress;
    }

    @Override
    public long patienceMs() {
        return STEP_MS;
    }

    @Override
    public long pauseMs() {
        return phase == Phase.WATCH ? POLL_MS : 0;
    }

    @Override
    public SortedMap<Address, List<Command>> next(long now) {
        if (stopped) {
            phase = Phase.OVER;
        }
        return switch (phase) {
            case LOOK, WATCH -> new TreeMap<>(Map.of(move.sourceAt(), List.of(ServerJob.question(by)),
                move.targetAt(), List.of(ServerJob.question(by), Command.of("INFO", "memory"))));
            case COUNT -> new TreeMap<>(Map.of(move.sourceAt(), counts(waiting.stream().limit(SLOTS_AT_ONCE))));
            case BEGIN -> new TreeMap<>(by == MoveBy.MIGRATESLOTS ? Map.of(move.sourceAt(), List.of(Command.migrateSlots(chunk, move.target())))
                : Map.of(move.targetAt(), List.of(Command.importSlots(chunk))));
            case CANCEL -> new TreeMap<>(Map.of(move.targetAt(), List.of(Command.of("CLUSTER", "MIGRATION", "CANCEL", "ID", job.orElseThrow()))));
            case CONFIRM -> new TreeMap<>(Map.of(move.targetAt(), confirmation()));
            case OVER -> new TreeMap<>();
        };
    }

    @Override
    public void on(SortedMap<Address, List<Reply>> replies, long now) {
        for (Map.Entry<Address, List<Reply>> entry : replies.entrySet()) {
            for (Reply reply : entry.getValue()) {
                if (reply instanceof Reply.Silence silence) {
                    fail(entry.getKey() + " did not answer: " + silence.problem());
                    return;
                }
            }
        }
        switch (phase) {
            case LOOK -> looked(jobs(replies.get(move.sourceAt())), jobs(replies.get(move.targetAt())), replies.get(move.targetAt()));
            case COUNT -> counted(replies.get(move.sourceAt()));
            case BEGIN -> begun(replies.firstKey(), replies.get(replies.firstKey()).getFirst());
            case WATCH -> watched(jobs(replies.get(move.sourceAt())), jobs(replies.get(move.targetAt())));
            case CANCEL -> phase = Phase.OVER;
            case CONFIRM -> confirmed(replies.get(move.targetAt()));
            case OVER -> throw new IllegalStateException("nothing was asked");
        }
    }

    private void fail(String sentence) {
        problem = sentence;
        phase = Phase.OVER;
    }

    /** Who does not know the question has none. */
    private List<ServerJob> jobs(List<Reply> replies) {
        return replies.getFirst() instanceof Reply.Answer answer ? ServerJob.list(by, answer.items()) : List.of();
    }

    private void looked(List<ServerJob> source, List<ServerJob> target, List<Reply> atTarget) {
        dataset = dataset(atTarget.getLast());
        List<ServerJob> all = new ArrayList<>(target);
        all.addAll(source);
        all.stream().filter(each -> !each.isRunning()).forEach(each -> known.add(each.id()));
        Optional<ServerJob> running = all.stream().filter(ServerJob::isRunning).findFirst();
        if (running.isEmpty()) {
            phase = Phase.COUNT;
        } else if (isOurs(running.get())) {
            job = Optional.of(running.get().id());
            chunk = running.get().slots();
            phase = Phase.WATCH;
        } else {
            fail("one of them moves the slots " + running.get().slots() + " already, which is not this move");
        }
    }

    /** From whom it takes them, Redis' target decides anew each time. */
    private boolean isOurs(ServerJob running) {
        return !move.slots().and(running.slots()).isEmpty() && running.target().filter(move.target()::equals).isPresent();
    }

    private void counted(List<Reply> replies) {
        SlotSet.Builder some = new SlotSet.Builder();
        int[] slots = waiting.stream().limit(replies.size()).toArray();
        long keys = 0;
        for (int i = 0; i < slots.length; i++) {
            if (!(replies.get(i) instanceof Reply.Answer answer)) {
                fail(move.sourceAt() + " refused COUNTKEYSINSLOT: " + replies.get(i));
                return;
            }
            keys += Long.parseLong(answer.text());
            if (i > 0 && keys > keysAtOnce) {
                break;
            }
            some.add(SlotSet.of(slots[i]));
        }
        chunk = some.built();
        phase = Phase.BEGIN;
    }

    private void begun(Address at, Reply reply) {
        if (!(reply instanceof Reply.Answer answer)) {
            fail(at + " refused to move the slots " + chunk + ": " + ((Reply.Refusal) reply).error());
            return;
        }
        job = by == MoveBy.MIGRATION ? Optional.of(answer.text()) : Optional.empty();
        unseen = 0;
        phase = Phase.WATCH;
    }

    private void watched(List<ServerJob> atSource, List<ServerJob> atTarget) {
        Optional<ServerJob> source = find(atSource);
        Optional<ServerJob> target = find(atTarget);
        target.or(() -> source).ifPresent(found -> job = Optional.of(found.id()));
        if (source.isEmpty() && target.isEmpty()) {
            if (++unseen == UNSEEN_TRIES) {
                fail("neither lists the migration of the slots " + chunk + " any more");
            }
        } else if (by == MoveBy.MIGRATION && target.filter(each -> each.isRunning() && each.retries() >= TRIES).isPresent()) {
            problem = failure(target.get());
            phase = Phase.CANCEL;
        } else if (source.filter(ServerJob::isRunning).isEmpty() && target.filter(ServerJob::isRunning).isEmpty()) {
            ended(Stream.of(target, source).flatMap(Optional::stream).toList());
        }
    }

    private Optional<ServerJob> find(List<ServerJob> jobs) {
        return jobs.stream().filter(each -> job.map(each.id()::equals).orElseGet(() -> !known.contains(each.id()) && each.slots().equals(chunk))).findFirst();
    }

    /** @param told what target and source say of it, whoever lists it */
    private void ended(List<ServerJob> told) {
        known.add(told.getFirst().id());
        job = Optional.empty();
        Optional<ServerJob> cancelled = told.stream().filter(each -> each.state().startsWith("cancel")).findFirst();
        if (told.getFirst().hasSucceeded()) {
            failures = 0;
            arrived = true;
            phase = Phase.CONFIRM;
        } else if (cancelled.isPresent()) {
            fail(failure(cancelled.get()));
        } else if (++failures == TRIES) {
            fail(failure(told.stream().filter(each -> !each.error().isEmpty()).findFirst().orElse(told.getFirst())));
        } else {
            phase = Phase.COUNT;
        }
    }

    private String failure(ServerJob last) {
        return "the migration of the slots " + chunk + " is " + last.state() + (last.error().isEmpty() ? "" : ": " + last.error());
    }

    private List<Command> confirmation() {
        // WAIT waits for what this connection has done last: PING makes that all that has come.
        List<Command> commands = new ArrayList<>(List.of(Command.of("PING"),
            Command.of("WAIT", Integer.toString(copies), Integer.toString(WAIT_MS)), Command.of("INFO", "memory")));
        commands.addAll(arrived ? counts(chunk.stream()) : List.of());
        return commands;
    }

    private void confirmed(List<Reply> replies) {
        if (arrived) {
            arrived = false;
            long now = dataset(replies.get(2));
            long keys = replies.stream().skip(3).filter(Reply.Answer.class::isInstance).mapToLong(count -> Long.parseLong(count.answer())).sum();
            SlotSet done = chunk.and(waiting);
            progress = progress.slots(done.size()).carried(keys, Math.max(0, now - dataset));
            dataset = now;
            waiting = waiting.minus(done);
        }
        if (!(replies.get(1) instanceof Reply.Answer answer)) {
            fail(move.targetAt() + " refused WAIT: " + ((Reply.Refusal) replies.get(1)).error());
        } else if (Integer.parseInt(answer.text()) >= copies) {
            unconfirmed = 0;
            phase = waiting.isEmpty() ? Phase.OVER : Phase.COUNT;
        } else if (++unconfirmed == WAIT_TRIES) {
            fail("no replica of " + move.targetAt() + " has had for " + WAIT_TRIES * WAIT_MS + " ms what was moved there");
        }
    }

    /** {@code used_memory_dataset}: what its keys and values take. 0: it does not say. */
    private static long dataset(Reply info) {
        if (!(info instanceof Reply.Answer answer) || !answer.text().contains(DATASET)) {
            return 0;
        }
        int from = answer.text().indexOf(DATASET) + DATASET.length();
        int to = from;
        while (to < answer.text().length() && Character.isDigit(answer.text().charAt(to))) {
            to++;
        }
        return Long.parseLong(answer.text().substring(from, to));
    }

    private static List<Command> counts(IntStream slots) {
        return slots.mapToObj(slot -> Command.of("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot))).toList();
    }
}
