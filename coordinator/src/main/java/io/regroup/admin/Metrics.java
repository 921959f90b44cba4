package io.regroup.admin;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Map;

/** {@code /metrics} in Prometheus' text format. */
public final class Metrics {

    private Metrics() {
    }

    public static String text(boolean leads, boolean ready, JsonObject note, Map<String, Long> counters) {
        StringBuilder text = new StringBuilder();
        gauge(text, "regroup_leader", "1 where this coordinator leads", leads ? 1 : 0);
        gauge(text, "regroup_ready", "1 while this pod is ready", ready ? 1 : 0);
        if (note.has("members")) {
            gauge(text, "regroup_whole", "1 while the cluster is whole", note.get("whole").getAsBoolean() ? 1 : 0);
            gauge(text, "regroup_primary", "1 while the view may act", note.get("primary").getAsBoolean() ? 1 : 0);
            gauge(text, "regroup_members", "members of the view", note.getAsJsonArray("members").size());
            gauge(text, "regroup_slots_to_move", "hash slots that are to go to another master", note.get("slotsToMove").getAsLong());
            if (note.has("moving")) {
                JsonObject moving = note.getAsJsonObject("moving");
                gauge(text, "regroup_moving_slots", "hash slots that have moved of those that move now", moving.get("slots").getAsLong());
                gauge(text, "regroup_moving_keys", "keys that have moved with them", moving.get("keys").getAsLong());
                gauge(text, "regroup_moving_bytes", "bytes of memory that these had", moving.get("bytes").getAsLong());
                gauge(text, "regroup_moving_milliseconds", "since when they move", moving.get("ms").getAsLong());
            }
            gauge(text, "regroup_slots_served", "hash slots owned by masters that answer", slots(note));
        }
        text.append("# HELP regroup_done_total what this coordinator has done\n# TYPE regroup_done_total counter\n");
        counters.forEach((name, count) ->
            text.append("regroup_done_total{what=\"").append(name).append("\"} ").append(count).append('\n'));
        return text.toString();
    }

    private static long slots(JsonObject note) {
        long slots = 0;
        for (JsonElement member : note.getAsJsonArray("members")) {
            JsonElement count = member.getAsJsonObject().get("slotCount");
            slots += count == null ? 0 : count.getAsLong();
        }
        return slots;
    }

    private static void gauge(StringBuilder text, String name, String help, long value) {
        text.append("# HELP ").append(name).append(' ').append(help).append("\n# TYPE ").append(name).append(" gauge\n")
            .append(name).append(' ').append(value).append('\n');
    }
}
