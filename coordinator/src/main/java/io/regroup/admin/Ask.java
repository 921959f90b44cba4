package io.regroup.admin;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code regroup view|status|nodes|why}: asks the coordinator of this pod over loopback and prints its answer. */
public final class Ask {

    private static final int TIMEOUT_MS = 3000;

    private Ask() {
    }

    /** @return the exit code: 0; 1 when the coordinator does not answer, or nobody leads yet; 2 for wrong words */
    public static int run(List<String> words, Map<String, String> env, PrintStream out, PrintStream err) {
        boolean json = words.size() == 3 && words.get(1).equals("-o") && words.get(2).equals("json");
        if (words.size() != 1 && !json) {
            err.println("regroup " + words.getFirst() + " takes only '-o json', not " + words.subList(1, words.size()));
            return 2;
        }
        String port = env.getOrDefault("HTTP_PORT", "8080");
        JsonObject status;
        try {
            status = get("http://127.0.0.1:" + port + "/status");
        } catch (IOException e) {
            err.println("regroup: the coordinator does not answer on port " + port + ": " + e.getMessage());
            return 1;
        }
        JsonObject group = status.getAsJsonObject("group");
        if (json) {
            JsonObject answer = words.getFirst().equals("status") ? status : group;
            out.println(new GsonBuilder().setPrettyPrinting().create().toJson(answer));
            return 0;
        }
        if (!group.has("leader")) {
            out.println("no leader has been heard of yet: this coordinator " + text(status.getAsJsonObject("self"), "phase"));
            return 1;
        }
        switch (words.getFirst()) {
            case "view" -> view(status, out);
            case "nodes" -> nodes(group, out);
            case "why" -> why(group, out);
            default -> status(status, out);
        }
        return 0;
    }

    private static JsonObject get(String url) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MS);
        connection.setReadTimeout(TIMEOUT_MS);
        try (InputStream in = connection.getInputStream()) {
            return JsonParser.parseString(new String(in.readAllBytes(), StandardCharsets.UTF_8)).getAsJsonObject();
        } finally {
            connection.disconnect();
        }
    }

    private static void view(JsonObject status, PrintStream out) {
        JsonObject group = status.getAsJsonObject("group");
        out.println("view " + text(group, "view") + (flag(group, "primary") ? ", primary: " : ", NOT primary: ") + text(group, "quorum"));
        Table table = new Table("POD", "IP", "KUBERNETES-NODE", "NODE", "ROLE", "REDIS");
        for (JsonElement element : group.getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            boolean leads = text(member, "name").equals(text(group, "leader"));
            table.row(text(member, "name") + (leads ? " *" : ""), text(member, "ip"), text(member, "kubernetesNode"),
                brief(text(member, "nodeId")), role(member), text(member, "redis") + (flag(member, "leaving") ? ", leaving" : ""));
        }
        table.print(out);
        out.println("* leads" + age(status));
    }

    private static void nodes(JsonObject group, PrintStream out) {
        Table table = new Table("NODE", "ADDRESS", "ROLE", "MASTER", "EPOCH", "SLOTS", "KEYS", "OFFSET", "LINK", "STATE", "POD");
        for (JsonElement element : group.getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            String link = text(member, "role").equals("replica") ? flag(member, "linkUp") ? "up" : "down" : "";
            String state = member.has("clusterStateOk") ? flag(member, "clusterStateOk") ? "ok" : "fail" : text(member, "redis");
            table.row(brief(text(member, "nodeId")), text(member, "address"), text(member, "role"), brief(text(member, "master")),
                text(member, "configEpoch"), text(member, "slots"), text(member, "keys"), text(member, "offset"), link, state,
                text(member, "name"));
        }
        table.print(out);
    }

    private static void status(JsonObject status, PrintStream out) {
        JsonObject group = status.getAsJsonObject("group");
        JsonObject self = status.getAsJsonObject("self");
        out.println("cluster:  " + (flag(group, "whole") ? "whole" : "NOT whole: " + text(group, "pending")));
        out.println("asked:    " + (group.has("nodesAsked") ? text(group, "nodesAsked") + " nodes, " + text(group, "replicasAsked")
            + (text(group, "replicasAsked").equals("1") ? " replica per master" : " replicas per master") : "nobody has told yet"));
        if (group.has("remark")) {
            out.println("note:     " + text(group, "remark"));
        }
        out.println("leader:   " + text(group, "leader") + ", view " + text(group, "view") + age(status));
        out.println("quorum:   " + (flag(group, "primary") ? "yes: " : "NO: ") + text(group, "quorum"));
        out.println("this pod: " + text(self, "pod") + (flag(self, "ready") ? ", ready: " : ", NOT ready: ") + text(self, "readyReason"));
        why(group, out);
    }

    private static void why(JsonObject group, PrintStream out) {
        if (group.has("lastAction")) {
            JsonObject last = group.getAsJsonObject("lastAction");
            out.println("last act: " + Instant.ofEpochMilli(last.get("at").getAsLong()) + " " + text(last, "step") + ": " + text(last, "reason"));
        }
        if (group.has("moving")) {
            out.println("moving:   " + text(group, "slotsToMove") + " slots to go; moved " + text(group.getAsJsonObject("moving"), "words"));
        }
        for (JsonElement element : group.getAsJsonArray("departures")) {
            JsonObject departure = element.getAsJsonObject();
            out.println("leaving:  " + text(departure, "pod") + " " + text(departure, "words"));
        }
        JsonObject decision = group.getAsJsonObject("decision");
        out.println("now:      " + (text(decision, "step").equals("none") ? "" : text(decision, "step") + ": ") + text(decision, "reason"));
        JsonArray waits = group.getAsJsonArray("waits");
        for (JsonElement element : waits) {
            JsonObject wait = element.getAsJsonObject();
            out.println("waiting:  " + text(wait, "reason") + " (" + wait.get("forMs").getAsLong() / 1000 + " s)");
        }
    }

    private static String age(JsonObject status) {
        return flag(status, "groupStale") ? " (as told " + status.get("groupAgeMs").getAsLong() / 1000 + " s ago: nothing was heard since)" : "";
    }

    private static String role(JsonObject member) {
        String role = text(member, "role");
        if (role.equals("master")) {
            return member.get("slotCount").getAsInt() == 0 ? "master of no slots" : "master of " + text(member, "slotCount") + " slots";
        }
        return role.equals("replica") ? "replica of " + brief(text(member, "master")) + (isElectable(member) ? "" : ", not electable") : "";
    }

    /** A leader of an older version, as in a rollout, does not tell. */
    private static boolean isElectable(JsonObject member) {
        return !member.has("electable") || flag(member, "electable");
    }

    private static String brief(String id) {
        return id.length() > 8 ? id.substring(0, 8) : id;
    }

    private static String text(JsonObject json, String name) {
        JsonElement value = json.get(name);
        return value == null ? "" : value.getAsString();
    }

    private static boolean flag(JsonObject json, String name) {
        JsonElement value = json.get(name);
        return value != null && value.getAsBoolean();
    }

    /** Columns as wide as their widest word. */
    private static final class Table {

        private final List<String[]> rows = new ArrayList<>();

        Table(String... titles) {
            rows.add(titles);
        }

        void row(String... cells) {
            rows.add(cells);
        }

        void print(PrintStream out) {
            int[] widths = new int[rows.getFirst().length];
            rows.forEach(row -> {
                for (int i = 0; i < row.length; i++) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            });
            for (String[] row : rows) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < row.length; i++) {
                    line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 3));
                }
                out.println(line.toString().stripTrailing());
            }
        }
    }
}
