package io.regroup.move;

import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One migration as a server lists it, under way or over: {@code CLUSTER GETSLOTMIGRATIONS} (Valkey), {@code CLUSTER MIGRATION STATUS}
 * (Redis). Source and target each list it, in states of their own.
 *
 * @param importing whether the server that lists it takes the slots
 * @param source    absent in what a replica lists, as is {@code target}
 * @param error     why it failed, the last time; may be empty
 * @param retries   how often it was begun again after a failure: Redis' target does that by itself, for ever
 */
public record ServerJob(MoveBy by, String id, boolean importing, SlotSet slots, Optional<NodeId> source, Optional<NodeId> target, String state,
                        String error, int retries) {

    /** The question to which {@link #list} reads the answer. */
    public static Command question(MoveBy by) {
        return switch (by) {
            case MIGRATESLOTS -> Command.of("CLUSTER", "GETSLOTMIGRATIONS");
            case MIGRATION -> Command.of("CLUSTER", "MIGRATION", "STATUS", "ALL");
            case MIGRATE -> throw new IllegalArgumentException("a server that cannot migrate by itself has no list");
        };
    }

    /**
     * @param words names and values by turns, one job after the other
     * @throws IllegalArgumentException when it is something else
     */
    public static List<ServerJob> list(MoveBy by, List<String> words) {
        List<ServerJob> jobs = new ArrayList<>();
        Map<String, String> fields = new TreeMap<>();
        for (int i = 0; i + 1 < words.size(); i += 2) {
            boolean begins = words.get(i).equals("name") || words.get(i).equals("id");
            if (begins && !fields.isEmpty()) {
                jobs.add(job(by, fields));
                fields.clear();
            }
            fields.put(words.get(i), words.get(i + 1));
        }
        if (!fields.isEmpty()) {
            jobs.add(job(by, fields));
        }
        return List.copyOf(jobs);
    }

    private static ServerJob job(MoveBy by, Map<String, String> fields) {
        return new ServerJob(by, text(fields, "name", "id"), text(fields, "operation").equalsIgnoreCase("import"),
            SlotSet.parse(text(fields, "slot_ranges", "slots")), node(fields, "source_node", "source"), node(fields, "target_node", "dest"),
            text(fields, "state"), fields.getOrDefault("message", fields.getOrDefault("last_error", "")),
            Integer.parseInt(fields.getOrDefault("retries", "0")));
    }

    /** Valkey's name of it, then Redis'. */
    private static String text(Map<String, String> fields, String... names) {
        for (String name : names) {
            if (fields.containsKey(name)) {
                return fields.get(name);
            }
        }
        throw new IllegalArgumentException("a migration without " + String.join(" or ", names) + ": " + fields);
    }

    private static Optional<NodeId> node(Map<String, String> fields, String valkey, String redis) {
        return Optional.ofNullable(fields.getOrDefault(valkey, fields.get(redis))).map(NodeId::new);
    }

    /** Whether slots can still come to the target by it. That it failed is the end for Redis' source; its target begins again. */
    public boolean isRunning() {
        return switch (state) {
            case "success", "completed", "cancelled", "canceled" -> false;
            case "failed" -> importing && by == MoveBy.MIGRATION;
            default -> true;
        };
    }

    public boolean hasSucceeded() {
        return state.equals("success") || state.equals("completed");
    }

    boolean isBetween(NodeId from, NodeId to) {
        return source.filter(from::equals).isPresent() && target.filter(to::equals).isPresent();
    }
}
