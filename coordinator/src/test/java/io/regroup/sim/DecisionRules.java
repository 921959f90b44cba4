package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Outlook;
import io.regroup.plan.Planner;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** S4, S5 and S8: who decides, from what, and whether a bootstrap may be. */
final class DecisionRules {

    private static final boolean WITH_REPORTS = Boolean.getBoolean("reports");
    /** So long ago a report may have come when a decision rests on it: the product's limit, and the time of the decision. */
    static final long MOST_AGE_MS = 2500 + 100;

    private final World world;
    /** When each pod was looked at, in the reports that a leader has decided from last. */
    private final Map<SimMember, SortedMap<String, Long>> seenAt = new HashMap<>();

    DecisionRules(World world) {
        this.world = world;
    }

    void onDecision(SimMember leader, CarryOut what) {
        world.trace(() -> leader + " decides " + what.decision().step() + ": " + what.decision().reason());
        if (WITH_REPORTS) {
            leader.heard.values().forEach(heard -> world.trace(() -> "    heard " + heard.report()));
        }
        boolean onlyPrimary = what.decision().actions().stream().anyMatch(this::needsPrimary);
        if (onlyPrimary) {
            checkPrimary(leader, what);
        }
        checkAge(leader, what);
        if (what.decision().actions().stream().anyMatch(Action.Bootstrap.class::isInstance)) {
            checkBootstrap(leader, what);
        }
        what.decision().actions().stream().filter(Action.Forget.class::isInstance)
            .forEach(action -> world.rules.checkDead(leader, ((Action.Forget) action).node(), world.now()));
    }

    /** A server with its own data is safe anywhere, who leaves may leave, and who was deposed may hear of it. */
    private boolean needsPrimary(Action action) {
        return switch (action) {
            case Action.Meet meet -> !meet.meetings().entrySet().stream()
                .allMatch(e -> e.getValue().stream().allMatch(to -> isDeposed(e.getKey(), to)));
            case Action.Permit permit -> permit.blank();
            case Action.Release release -> false;
            case Action.Prepare prepare -> false;
            default -> true;
        };
    }

    private boolean isDeposed(Address from, Address to) {
        SimRedis server = world.serverAt(from);
        SimRedis other = world.serverAt(to);
        return server != null && other != null && server.myself.isMaster() && other.myself.isMaster()
            && other.myself.configEpoch > server.myself.configEpoch && !other.myself.slots().and(server.myself.slots()).isEmpty();
    }

    private void checkPrimary(SimMember leader, CarryOut what) {
        for (SimMember other : world.members()) {
            if (other == leader || !other.leads() || !Collections.disjoint(other.view().orElseThrow().members(), what.view().members())) {
                continue;
            }
            Outlook theirs = look(other);
            if (theirs.isPrimary()) {
                throw world.broken("S4", "two primary views at once: " + what.view() + ", for " + look(leader).quorum() + ", and " + other.view().orElseThrow()
                    + ", for " + theirs.quorum());
            }
        }
    }

    private static Outlook look(SimMember member) {
        return Planner.look(member.leader().orElseThrow().observation(member.clock()));
    }

    private void checkAge(SimMember leader, CarryOut what) {
        SortedMap<String, Long> seen = new TreeMap<>();
        seenAt.put(leader, seen);
        for (SimMember.Heard heard : leader.heard.values()) {
            boolean used = isUsed(leader, what, heard.report());
            if (used) {
                seen.put(heard.report().member(), heard.readAt());
            }
            if (used && heard.readAt() < leader.lastDone) {
                throw world.broken("S8", leader + " used a report of " + heard.report().member() + " from before its last action");
            }
            if (used && leader.pausedUntil > leader.lastDone && heard.readAt() < leader.pausedUntil && world.now() >= leader.pausedUntil
                && world.now() - heard.at() > MOST_AGE_MS) {
                throw world.broken("S8", leader + " used a report of " + heard.report().member() + " from before its pause");
            }
        }
    }

    boolean isUsed(SimMember leader, CarryOut what, Report report) {
        return what.view().members().contains(report.member())
            && leader.leader().orElseThrow().observation(leader.clock()).fresh(report.member()).filter(report::equals).isPresent();
    }

    private void checkBootstrap(SimMember leader, CarryOut what) {
        int founders = what.decision().actions().stream().mapToInt(a -> a instanceof Action.Bootstrap b ? b.founders().size() : 0).sum();
        if (founders < world.kube.asked.nodes()) {
            throw world.broken("S5", "a bootstrap of " + founders + " nodes, " + world.kube.asked.nodes() + " are asked for");
        }
        for (SimRedis server : world.servers()) {
            if (!isBlank(server) && world.canReach(leader.pod.ip, server.address)) {
                throw world.broken("S5", "a bootstrap although " + server + " has a slot, a key or a peer");
            }
        }
        for (Pod pod : world.pods()) {
            if (pod.redis().isEmpty() && pod.volume().table().filter(DecisionRules::isOfACluster).isPresent()) {
                throw world.broken("S5", "a bootstrap although " + pod.name + " keeps a cluster on its volume");
            }
        }
        if (!world.ledger.alive().isEmpty()) {
            throw world.broken("S5", "a bootstrap although what clients have written is still somewhere");
        }
    }

    static boolean isOfACluster(ClusterTable table) {
        return !table.others().isEmpty() || !SlotSet.of(0).containsAll(table.myself().slots());
    }

    static boolean isBlank(SimRedis server) {
        return server.data().size() == 0 && SlotSet.of(0).containsAll(server.myself.slots()) && server.myself.isMaster()
            && server.table.values().stream().allMatch(e -> e == server.myself || e.inHandshake());
    }

    /** Whether this leader had it when it decided last: reports come in while what was decided is on its way. */
    boolean wasHeard(SimMember leader, SimMember.Heard heard) {
        return heard.readAt() <= seenAt.get(leader).getOrDefault(heard.report().member(), Long.MIN_VALUE);
    }

    /** When the pod was looked at, in the reports that this leader has decided from last. */
    long seenAt(SimMember leader, String pod) {
        return seenAt.get(leader).getOrDefault(pod, Long.MAX_VALUE);
    }
}
