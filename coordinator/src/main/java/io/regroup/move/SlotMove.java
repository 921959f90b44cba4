package io.regroup.move;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * Slots are moved key by key, as every server can ({@link MoveBy#MIGRATE}).
 *
 * <p>Chunk by chunk: IMPORTING on the target, then MIGRATING on the source, MIGRATE until the source has no key of the chunk, then SETSLOT
 * NODE: on the target first, which takes a new epoch and tells all ({@code clusterBumpConfigEpochWithoutConsensus},
 * {@code clusterBroadcastPong}), then on the source and the others. Every step may be repeated, and may have been done before by another
 * leader who was cut off: whatever stands open is carried on.
 *
 * <p>While a slot stands open it has two halves. What the source still has is the truth: a key that both have is one whose MIGRATE was
 * not answered, and goes again (REPLACE). A key that the source does not have is the target's (ASK), new ones too.
 *
 * <p>A node must not be in two moves at once: were the source given a new epoch, as the target of another move, before it hears that
 * a slot is not its own any more, its claim would win, and the target delete the keys ({@code clusterUpdateSlotsConfigWith},
 * {@code delKeysInSlot}).
 */
public final class SlotMove implements Transfer {

    private enum Phase { COUNT, IMPORT, FREEZE, CLOSE, LIST, WEIGH, CARRY, PROBE, CONFIRM, HAND_OVER, TELL, OVER }

    /** {@code clusterCommand}, SETSLOT IMPORTING: what an earlier leader did is done. */
    private static final String OWNER_ALREADY = "ERR I'm already the owner of hash slot";
    /** {@code clusterCommand}, SETSLOT MIGRATING. */
    private static final String NOT_THE_OWNER = "ERR I'm not the owner of hash slot";
    /** {@code clusterCommand}, SETSLOT: it has become a replica, and hears of the slots from its master. */
    private static final String NO_MASTER = "ERR Please use SETSLOT only with masters";
    /** {@code getNodeByQuery}: the slot stands open, and the key is not here. */
    private static final String NOT_HERE = "ASK ";
    /** A target that hangs blocks the source so long, for each MIGRATE that it has been sent ({@code migrateCommand}). */
    private static final long MIGRATE_MS = 125;
    /** At least so many bytes a ms are dumped, sent and loaded. */
    private static final long BYTES_PER_MS = 5_000;
    /** What a server takes for a step at most that moves no key; one of many words, on a busy machine. */
    private static final long STEP_MS = 5000;
    private static final int WAIT_MS = 100;
    private static final int PAUSE_MS = 100;
    /** So often one and the same thing is tried without anything having come of it. */
    private static final int TRIES = 5;
    private static final int WAIT_TRIES = 30;

    private final Move move;
    private final int copies;
    private final MoveSettings settings;
    private final Pace pace = new Pace();
    private final Cargo cargo;
    private final Deque<Integer> waiting = new ArrayDeque<>();
    /** The open slots, and those among them that the target owns already. */
    private final List<Integer> chunk = new ArrayList<>();
    private final List<Integer> owned = new ArrayList<>();
    /** Slots that the source says are not its own. */
    private final List<Integer> lost = new ArrayList<>();
    /** The open slots that have keys, and how many. */
    private final SortedMap<Integer, Integer> full = new TreeMap<>();
    private final List<Integer> listedSlots = new ArrayList<>();
    private final List<String> listedKeys = new ArrayList<>();
    private List<Cargo.Batch> window = List.of();
    private long sentAt;
    private long patience;
    private int fruitless;
    private int unconfirmed;
    private String lastError = "";
    private volatile Phase phase = Phase.COUNT;
    private volatile boolean stopped;
    private volatile String problem = "";
    private volatile Progress progress;

    /** @param copies how many replicas of the target must have the keys of one window before the next is sent: 0 or 1 */
    public SlotMove(Move move, int copies, MoveSettings settings) {
        this.move = move;
        this.copies = copies;
        this.settings = settings;
        cargo = new Cargo(settings);
        move.slots().stream().forEach(waiting::add);
        progress = new Progress(0, waiting.size(), 0, 0);
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
    public SortedMap<Address, List<Command>> next(long now) {
        // What the target was given is told to the others even so: else they would send their clients round by the source.
        if (stopped && phase != Phase.TELL && phase != Phase.CLOSE) {
            phase = Phase.OVER;
        }
        sentAt = now;
        patience = STEP_MS;
        return switch (phase) {
            case COUNT -> source(each(waiting.stream().limit(settings.chunkSlots()).toList(), this::count));
            case IMPORT -> target(each(chunk, this::importing));
            case FREEZE -> source(pairs(chunk, this::migrating, this::count));
            case CLOSE -> target(each(lost, Command::stable));
            case LIST -> source(full.entrySet().stream().map(e -> list(e.getKey(), e.getValue())).toList());
            case WEIGH -> source(listedKeys.stream().map(key -> Command.of("MEMORY", "USAGE", key)).toList());
            case CARRY -> {
                window = cargo.window(pace);
                patience = STEP_MS + window.stream().mapToLong(this::timeout).sum();
                yield source(window.stream().map(this::migrate).toList());
            }
            // When it has answered, some time passes on the server: so many replicas there are not.
            case PROBE -> target(List.of(Command.of("PING"), Command.of("WAIT", "1000", Integer.toString(PAUSE_MS << fruitless))));
            // WAIT waits for what this connection has done last (woff, set by processCommand): PING makes that all that was restored.
            case CONFIRM -> target(List.of(Command.of("PING"), Command.of("WAIT", Integer.toString(copies), Integer.toString(WAIT_MS))));
            case HAND_OVER -> target(pairs(chunk, this::lastState, this::owner));
            case TELL -> tellAll();
            case OVER -> new TreeMap<>();
        };
    }

    @Override
    public long patienceMs() {
        return patience;
    }

    @Override
    public void on(SortedMap<Address, List<Reply>> replies, long now) {
        Optional<String> silence = silence(replies);
        if (silence.isPresent()) {
            fail(silence.get());
            return;
        }
        switch (phase) {
            case COUNT -> counted(replies.get(move.sourceAt()));
            case IMPORT -> imported(replies.get(move.targetAt()));
            case FREEZE -> frozen(replies.get(move.sourceAt()));
            case CLOSE -> phase = Phase.OVER;
            case LIST -> listed(replies.get(move.sourceAt()));
            case WEIGH -> weighed(replies.get(move.sourceAt()));
            case CARRY -> carried(replies.get(move.sourceAt()), now - sentAt);
            case PROBE -> phase = Phase.FREEZE;
            case CONFIRM -> confirmed(replies.get(move.targetAt()).getLast());
            case HAND_OVER -> handedOver(replies.get(move.targetAt()));
            case TELL -> told(replies.get(move.sourceAt()));
            case OVER -> throw new IllegalStateException("nothing was asked");
        }
    }

    private static Optional<String> silence(SortedMap<Address, List<Reply>> replies) {
        for (Map.Entry<Address, List<Reply>> entry : replies.entrySet()) {
            for (Reply reply : entry.getValue()) {
                if (reply instanceof Reply.Silence silence) {
                    return Optional.of(entry.getKey() + " did not answer: " + silence.problem());
                }
            }
        }
        return Optional.empty();
    }

    private void fail(String sentence) {
        problem = sentence;
        phase = Phase.OVER;
    }

    private void refused(Address by, String what, Reply reply) {
        fail(by + " refused " + what + ": " + ((Reply.Refusal) reply).error());
    }

    private void counted(List<Reply> replies) {
        chunk.clear();
        owned.clear();
        long keys = 0;
        for (Reply reply : replies) {
            if (!(reply instanceof Reply.Answer answer)) {
                refused(move.sourceAt(), "COUNTKEYSINSLOT", reply);
                return;
            }
            keys += Long.parseLong(answer.text());
            if (!chunk.isEmpty() && keys > settings.chunkKeys()) {
                break;
            }
            chunk.add(waiting.remove());
        }
        phase = Phase.IMPORT;
    }

    private void imported(List<Reply> replies) {
        for (int i = 0; i < replies.size(); i++) {
            if (says(replies.get(i), OWNER_ALREADY)) {
                owned.add(chunk.get(i));
            } else if (!(replies.get(i) instanceof Reply.Answer)) {
                refused(move.targetAt(), "IMPORTING of slot " + chunk.get(i), replies.get(i));
                return;
            }
        }
        chunk.removeAll(owned);
        phase = chunk.isEmpty() ? Phase.TELL : Phase.FREEZE;
    }

    /** From here on no new key comes to the source: a slot that has none now stays empty ({@code getNodeByQuery}). */
    private void frozen(List<Reply> replies) {
        full.clear();
        lost.clear();
        for (int i = 0; i < chunk.size(); i++) {
            int slot = chunk.get(i);
            Reply migrating = replies.get(2 * i);
            Reply count = replies.get(2 * i + 1);
            if (says(migrating, NOT_THE_OWNER)) {
                lost.add(slot);
            } else if (!(migrating instanceof Reply.Answer)) {
                refused(move.sourceAt(), "MIGRATING of slot " + slot, migrating);
                return;
            } else if (!(count instanceof Reply.Answer answer)) {
                refused(move.sourceAt(), "COUNTKEYSINSLOT", count);
                return;
            } else if (!answer.text().equals("0")) {
                full.put(slot, Integer.parseInt(answer.text()));
            }
        }
        if (!lost.isEmpty()) {
            problem = move.sourceAt() + " does not own the slots any more that it was to give: " + SlotSet.of(lost.stream().mapToInt(s -> s));
            phase = Phase.CLOSE;
        } else if (full.isEmpty()) {
            fruitless = 0;
            phase = Phase.HAND_OVER;
        } else if (fruitless++ == TRIES) {
            fail(move.sourceAt() + " keeps keys of the slots " + SlotSet.of(full.keySet().stream().mapToInt(s -> s)) + ": " + lastError);
        } else {
            phase = Phase.LIST;
        }
    }

    private void listed(List<Reply> replies) {
        listedSlots.clear();
        listedKeys.clear();
        int i = 0;
        for (int slot : full.keySet()) {
            if (!(replies.get(i++) instanceof Reply.Answer answer)) {
                refused(move.sourceAt(), "GETKEYSINSLOT", replies.get(i - 1));
                return;
            }
            for (String key : answer.items()) {
                listedSlots.add(slot);
                listedKeys.add(key);
            }
        }
        phase = listedKeys.isEmpty() ? Phase.FREEZE : Phase.WEIGH;
    }

    private void weighed(List<Reply> replies) {
        cargo.clear();
        for (int i = 0; i < replies.size(); i++) {
            // A key that has gone has no weight; of which nothing is known, goes alone.
            long bytes = switch (replies.get(i)) {
                case Reply.Answer answer -> answer.text().isEmpty() ? -1 : Long.parseLong(answer.text());
                case Reply.Refusal refusal -> refusal.error().startsWith(NOT_HERE) ? -1 : settings.batchBytes();
                case Reply.Silence silence -> throw new IllegalStateException(silence.problem());
            };
            if (bytes >= 0) {
                cargo.add(listedSlots.get(i), listedKeys.get(i), bytes);
            }
        }
        phase = cargo.isEmpty() ? Phase.FREEZE : Phase.CARRY;
    }

    private void carried(List<Reply> replies, long ms) {
        double cost = 0;
        boolean failed = false;
        for (int i = 0; i < replies.size(); i++) {
            Cargo.Batch batch = window.get(i);
            cost += Pace.cost(batch.keys().size(), batch.bytes());
            if (replies.get(i) instanceof Reply.Refusal refusal) {
                failed = true;
                lastError = refusal.error();
            } else {
                // NOKEY among them: they have expired, or a client has deleted them.
                progress = progress.carried(batch.keys().size(), batch.bytes());
                fruitless = 0;
            }
        }
        pace.took(cost, ms);
        if (failed) {
            // Part of a batch may have gone. The source's own timeout may have been it: so first see whether the target lives.
            pace.slower();
            cargo.clear();
            phase = Phase.PROBE;
        } else {
            phase = copies > 0 ? Phase.CONFIRM : onward();
        }
    }

    private void confirmed(Reply reply) {
        if (!(reply instanceof Reply.Answer answer)) {
            refused(move.targetAt(), "WAIT", reply);
        } else if (Integer.parseInt(answer.text()) >= copies) {
            unconfirmed = 0;
            phase = onward();
        } else {
            pace.slower();
            if (++unconfirmed == WAIT_TRIES) {
                fail("no replica of " + move.targetAt() + " has had for " + WAIT_TRIES * WAIT_MS + " ms what was moved there");
            }
        }
    }

    private Phase onward() {
        return cargo.isEmpty() ? Phase.FREEZE : Phase.CARRY;
    }

    private void handedOver(List<Reply> replies) {
        for (int i = 0; i < chunk.size(); i++) {
            Reply owner = replies.get(2 * i + 1);
            if (!(owner instanceof Reply.Answer)) {
                refused(move.targetAt(), "to own slot " + chunk.get(i), owner);
                return;
            }
        }
        phase = Phase.TELL;
    }

    private SortedMap<Address, List<Command>> tellAll() {
        List<Integer> slots = new ArrayList<>(owned);
        slots.addAll(chunk);
        List<Command> words = each(slots, this::owner);
        SortedMap<Address, List<Command>> all = new TreeMap<>(Map.of(move.sourceAt(), words));
        move.others().forEach(other -> all.put(other, words));
        return all;
    }

    /** What one of the others refuses, because it knows the target not yet or is no master any more, it hears from the target. */
    private void told(List<Reply> replies) {
        for (Reply reply : replies) {
            if (!(reply instanceof Reply.Answer) && !says(reply, NO_MASTER)) {
                refused(move.sourceAt(), "to give slots away", reply);
                return;
            }
        }
        progress = progress.slots(replies.size());
        phase = waiting.isEmpty() ? Phase.OVER : Phase.COUNT;
    }

    private static boolean says(Reply reply, String words) {
        return reply instanceof Reply.Refusal refusal && refusal.error().startsWith(words);
    }

    private SortedMap<Address, List<Command>> source(List<Command> commands) {
        return new TreeMap<>(Map.of(move.sourceAt(), commands));
    }

    private SortedMap<Address, List<Command>> target(List<Command> commands) {
        return new TreeMap<>(Map.of(move.targetAt(), commands));
    }

    private static List<Command> each(List<Integer> slots, IntFunction<Command> command) {
        return slots.stream().map(command::apply).toList();
    }

    private static List<Command> pairs(List<Integer> slots, IntFunction<Command> first, IntFunction<Command> second) {
        List<Command> commands = new ArrayList<>();
        slots.forEach(slot -> {
            commands.add(first.apply(slot));
            commands.add(second.apply(slot));
        });
        return commands;
    }

    private Command count(int slot) {
        return Command.of("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot));
    }

    private Command importing(int slot) {
        return Command.setSlot(slot, "IMPORTING", move.source());
    }

    private Command migrating(int slot) {
        return Command.setSlot(slot, "MIGRATING", move.target());
    }

    private Command owner(int slot) {
        return Command.setSlot(slot, "NODE", move.target());
    }

    /**
     * What a slot is on the target just before it becomes the target's own. SETSLOT NODE of an importing slot takes a new epoch, without
     * which the next word from the source would undo it, and tells all nodes at once. For each slot of the chunk that is too much: a node
     * compares all slots for each such word, 512 of them in one go ({@code clusterReadHandler}). So the first slot takes the epoch, the
     * last one tells all, and those between are just taken.
     */
    private Command lastState(int slot) {
        return slot == chunk.getFirst() || slot == chunk.getLast() ? importing(slot) : Command.stable(slot);
    }

    private Command list(int slot, int keys) {
        return Command.of("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(Math.min(keys, settings.chunkKeys())));
    }

    private long timeout(Cargo.Batch batch) {
        return (MIGRATE_MS + batch.bytes() / BYTES_PER_MS) << Math.max(0, fruitless - 1);
    }

    private Command migrate(Cargo.Batch batch) {
        List<String> words = new ArrayList<>(List.of("MIGRATE", move.targetAt().host(), Integer.toString(move.targetAt().port()), "", "0",
            Long.toString(timeout(batch)), "REPLACE", "KEYS"));
        words.addAll(batch.keys());
        return new Command(words);
    }
}
