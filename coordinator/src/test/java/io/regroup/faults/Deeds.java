package io.regroup.faults;

import io.regroup.local.RealCluster;
import java.util.SortedMap;

/**
 * What has been done to a cluster so far; where nothing has failed nothing more may be done.
 *
 * @param roles what each pod's node says it is, with its epoch
 * @param sent  commands that change something, of all coordinators
 * @param view  the number of the group's view: each one that joins, leaves or is excluded makes another
 */
public record Deeds(SortedMap<Integer, String> roles, SortedMap<String, Long> sent, long view) {

    public static Deeds of(RealCluster cluster) {
        String view = cluster.local().leadersStatus().orElseThrow().getAsJsonObject("group").get("view").getAsString();
        return new Deeds(cluster.roles(), cluster.sent(), Long.parseLong(view.substring(view.indexOf('|') + 1)));
    }

    public long failoversSince(Deeds before) {
        return count("FAILOVER") - before.count("FAILOVER");
    }

    public long commandsSince(Deeds before) {
        return count("") - before.count("");
    }

    /** Nodes whose role, slots or epoch are others now: whoever was promoted has another epoch, also when it is a replica again. */
    public long changedSince(Deeds before) {
        return roles.entrySet().stream().filter(e -> !e.getValue().equals(before.roles.get(e.getKey()))).count();
    }

    public long viewsSince(Deeds before) {
        return view - before.view;
    }

    private long count(String command) {
        return sent.entrySet().stream().filter(e -> e.getKey().contains(command)).mapToLong(e -> e.getValue()).sum();
    }
}
