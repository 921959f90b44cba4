package io.regroup.move;

import io.regroup.model.Address;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Two servers that move slots by themselves, as valkey 9.1.2 or redis 8.6.3 say it: a little further with each look at the target's list. */
final class AbleNodes {

    static final NodeId SOURCE = new NodeId("a".repeat(40));
    static final NodeId TARGET = new NodeId("b".repeat(40));
    private static final int KEYS_A_SLOT = 4;
    private static final int BYTES_A_KEY = 100;
    private static final int LOOKS = 3;

    final Address sourceAt = new Address("10.0.0.1", 6379);
    final Address targetAt = new Address("10.0.0.2", 6379);
    final List<String> log = new ArrayList<>();
    /** What is the target's. */
    SlotSet owned = SlotSet.NONE;
    int began;
    int ended;
    /** So many migrations, or attempts, fail. */
    int failures;
    int copies = 1;
    String refusal = "";
    /** Another one is under way, of other slots to another node. */
    boolean foreign;
    private final MoveBy by;
    private final int slots;
    private final List<List<String>> over = new ArrayList<>();
    private SlotSet running = SlotSet.NONE;
    private int looks;
    private int retries;
    private String error = "";

    AbleNodes(MoveBy by, int slots) {
        this.by = by;
        this.slots = slots;
    }

    SortedMap<Address, List<Reply>> answer(SortedMap<Address, List<Command>> step) {
        SortedMap<Address, List<Reply>> replies = new TreeMap<>();
        step.forEach((at, commands) -> replies.put(at, commands.stream().map(command -> answer(at.equals(sourceAt), command.words())).toList()));
        return replies;
    }

    private Reply answer(boolean source, List<String> words) {
        log.add((source ? "source " : "target ") + String.join(" ", words).replace(TARGET.value(), "TARGET"));
        return switch (words.get(0)) {
            case "PING" -> new Reply.Answer("PONG");
            case "WAIT" -> new Reply.Answer(Integer.toString(copies));
            case "INFO" -> new Reply.Answer("used_memory:5\r\nused_memory_dataset:" + KEYS_A_SLOT * BYTES_A_KEY * owned.size() + "\r\nmem:1");
            default -> cluster(source, words);
        };
    }

    private Reply cluster(boolean source, List<String> words) {
        if (words.get(1).equals("COUNTKEYSINSLOT")) {
            return new Reply.Answer(owned.contains(Integer.parseInt(words.get(2))) == source ? "0" : Integer.toString(KEYS_A_SLOT));
        }
        if (words.get(1).equals("GETSLOTMIGRATIONS") || words.get(2).equals("STATUS")) {
            if (!source) {
                advance();
            }
            return new Reply.Answer("", list(source));
        }
        if (words.get(2).equals("CANCEL")) {
            end("canceled");
            return new Reply.Answer("1");
        }
        if (!refusal.isEmpty()) {
            return new Reply.Refusal(refusal);
        }
        if (!running.isEmpty() || source != (by == MoveBy.MIGRATESLOTS)) {
            throw new AssertionError("it is not to be told so: " + words);
        }
        int last = words.indexOf("NODE") < 0 ? words.size() : words.indexOf("NODE");
        for (int i = 3; i < last; i += 2) {
            running = running.plus(SlotSet.range(Integer.parseInt(words.get(i)), Integer.parseInt(words.get(i + 1))));
        }
        if (running.last() >= slots || !running.and(owned).isEmpty()) {
            throw new AssertionError("these are not the source's: " + running);
        }
        began++;
        looks = 0;
        retries = 0;
        return new Reply.Answer(by == MoveBy.MIGRATESLOTS ? "OK" : "id" + began);
    }

    private void advance() {
        if (running.isEmpty() || ++looks < LOOKS) {
            return;
        }
        if (failures > 0) {
            failures--;
            error = "OOM";
            looks = 0;
            if (by == MoveBy.MIGRATESLOTS) {
                end("failed");
            } else {
                retries++;
            }
        } else {
            owned = owned.plus(running);
            end(by == MoveBy.MIGRATESLOTS ? "success" : "completed");
        }
    }

    private void end(String state) {
        over.add(job("id" + began, running, state));
        running = SlotSet.NONE;
        ended++;
        error = "";
    }

    private List<String> list(boolean source) {
        List<String> words = new ArrayList<>();
        if (!running.isEmpty()) {
            words.addAll(with(job("id" + began, running, retries > 0 && looks == 0 ? "failed" : "under-way"), source));
        }
        if (foreign) {
            words.addAll(with(job("foreign", SlotSet.range(100, 101), "under-way"), source));
        }
        over.forEach(job -> words.addAll(with(job, source)));
        return words;
    }

    private List<String> job(String id, SlotSet which, String state) {
        String to = id.equals("foreign") ? "c".repeat(40) : TARGET.value();
        return by == MoveBy.MIGRATESLOTS
            ? List.of("name", id, "operation", "", "slot_ranges", which.toString(), "target_node", to, "source_node", SOURCE.value(), "state", state, "message", error)
            : List.of("id", id, "slots", which.toString(), "source", SOURCE.value(), "dest", to, "operation", "", "state", state, "last_error", error,
                "retries", Integer.toString(retries));
    }

    private List<String> with(List<String> job, boolean source) {
        List<String> words = new ArrayList<>(job);
        words.set(words.indexOf("operation") + 1, source ? by == MoveBy.MIGRATESLOTS ? "EXPORT" : "migrate" : "import");
        return words;
    }
}
