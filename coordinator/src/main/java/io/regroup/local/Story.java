package io.regroup.local;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Tells what happens as it happens, in the leader's own words: its actions with their reasons, who leads, who became a
 * master, and when the cluster is whole. Everything but the fate of processes is read from {@code /status}.
 */
final class Story {

    private static final long EAGER_MS = 50;
    private static final long PATIENT_MS = 200;

    private final LocalCluster cluster;
    private final PrintStream out;
    private final Runnable onFormed;
    private final long startedAt = System.nanoTime();
    private long brokenAt = startedAt;
    private boolean whole;
    private boolean formed;
    private String leader = "";
    private long lastAction;
    private long toldMovesAt = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);
    private final SortedMap<String, String> roles = new TreeMap<>();

    /** @param onFormed runs once, when the cluster is whole for the first time */
    Story(LocalCluster cluster, PrintStream out, Runnable onFormed) {
        this.cluster = cluster;
        this.out = out;
        this.onFormed = onFormed;
    }

    /** One line, with the seconds since the start. */
    void tell(String sentence) {
        out.printf(Locale.ROOT, "%7.1f s  %s%n", seconds(startedAt), sentence);
    }

    /** Something was done to the cluster just now: until it is whole again, time counts from here. */
    synchronized void disturbed() {
        brokenAt = System.nanoTime();
    }

    void start() {
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("story").factory());
        clock.execute(() -> lookAgain(clock));
    }

    /** The leader is asked over HTTP, as a user asks: there is nothing that would tell. */
    private void lookAgain(ScheduledExecutorService clock) {
        try {
            cluster.leadersStatus().ifPresent(status -> look(status.getAsJsonObject("group")));
        } catch (RuntimeException e) {
            tell("this story has a bug: " + e);
        }
        clock.schedule(() -> lookAgain(clock), whole ? PATIENT_MS : EAGER_MS, TimeUnit.MILLISECONDS);
    }

    private synchronized void look(JsonObject group) {
        leads(group);
        acts(group);
        moves(group);
        roles(group);
        boolean now = group.get("whole").getAsBoolean();
        if (now && !whole) {
            if (formed) {
                tell(String.format(Locale.ROOT, "whole again after %.1f s", seconds(brokenAt)));
            } else {
                formed = true;
                tell(String.format(Locale.ROOT, "formed in %.1f s: %s", seconds(startedAt), shape()));
                onFormed.run();
            }
        } else if (!now && whole) {
            // Not known to be our doing: then it counts from when the leader saw it.
            brokenAt = Math.max(brokenAt, System.nanoTime() - 1_000_000 * 2 * PATIENT_MS);
            tell("not whole: " + group.get("pending").getAsString());
        }
        whole = now;
    }

    /** Once a second, how far slots are on their way. */
    private void moves(JsonObject group) {
        if (group.has("moving") && System.nanoTime() - toldMovesAt > TimeUnit.SECONDS.toNanos(1)) {
            toldMovesAt = System.nanoTime();
            tell(group.get("slotsToMove").getAsInt() + " slots are to move; moved " + group.getAsJsonObject("moving").get("words").getAsString());
        }
    }

    private void leads(JsonObject group) {
        String now = group.get("leader").getAsString();
        if (!now.equals(leader)) {
            leader = now;
            tell(now + " leads the group");
        }
    }

    private void acts(JsonObject group) {
        if (!group.has("lastAction")) {
            return;
        }
        JsonObject action = group.getAsJsonObject("lastAction");
        long at = action.get("at").getAsLong();
        if (at > lastAction) {
            lastAction = at;
            String step = action.get("step").getAsString();
            if (!step.equals("tell")) {
                tell(step + ": " + action.get("reason").getAsString());
            }
        }
    }

    private void roles(JsonObject group) {
        for (JsonElement element : group.getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            String name = member.get("name").getAsString();
            Optional<String> role = role(member);
            role.ifPresent(now -> {
                String before = roles.put(name, now);
                if (formed && now.equals("master") && "replica".equals(before)) {
                    tell(name + " is promoted: master of " + member.get("slotCount").getAsInt() + " slots");
                }
            });
        }
        roles.keySet().removeIf(name -> cluster.pod(name).isEmpty());
    }

    /** A master without slots is nothing yet. */
    private static Optional<String> role(JsonObject member) {
        if (!member.has("role")) {
            return Optional.empty();
        }
        String role = member.get("role").getAsString();
        return role.equals("master") && member.get("slotCount").getAsInt() == 0 ? Optional.empty() : Optional.of(role);
    }

    private String shape() {
        long masters = roles.values().stream().filter("master"::equals).count();
        return masters + " masters, " + (roles.size() - masters) + " replicas";
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}
