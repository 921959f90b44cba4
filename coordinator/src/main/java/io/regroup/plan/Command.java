package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One Redis command with its words. Slots are sent as ranges (Redis 7.0): thousands of single ones do not fit into what a server
 * reads at once (16 KB), so that it would look at itself between FLUSHSLOTS and ADDSLOTS, find itself a minority without slots, and stay
 * in fail for a node timeout ({@code clusterUpdateState}).
 */
public record Command(List<String> words) {

    /** ARGV: the replica, its master, and how: {@code TAKEOVER} or {@code FORCE}. */
    private static final String WHILE_IT_FOLLOWS = """
        for _, line in ipairs(redis.call("CLUSTER", "REPLICAS", ARGV[2])) do
            if string.sub(line, 1, 40) == ARGV[1] then return redis.call("CLUSTER", "FAILOVER", ARGV[3]) end
        end
        return redis.error_reply("ERR it follows another master by now")""";

    /** ARGV: whom this node follows. CLUSTER REPLICAS is refused for a node that is no master. */
    private static final String WHILE_IT_IS_A_REPLICA = """
        if redis.pcall("CLUSTER", "REPLICAS", ARGV[1]).err then return redis.call("CLUSTER", "FAILOVER", "TAKEOVER") end
        return redis.error_reply("ERR the one that it follows is a master by now")""";

    public Command {
        words = List.copyOf(words);
    }

    public static Command of(String... words) {
        return new Command(Arrays.asList(words));
    }

    static Command meet(Address peer) {
        return of("CLUSTER", "MEET", peer.host(), Integer.toString(peer.port()));
    }

    static Command addSlots(SlotSet slots) {
        return slots("ADDSLOTSRANGE", slots);
    }

    static Command delSlots(SlotSet slots) {
        return slots("DELSLOTSRANGE", slots);
    }

    static Command bumpEpoch() {
        return of("CLUSTER", "BUMPEPOCH");
    }

    static Command flushSlots() {
        return of("CLUSTER", "FLUSHSLOTS");
    }

    /** Clients that write are kept waiting for so long, or until {@link #unpause}; all other commands go on. */
    static Command pauseWrites(long ms) {
        return of("CLIENT", "PAUSE", Long.toString(ms), "WRITE");
    }

    static Command unpause() {
        return of("CLIENT", "UNPAUSE");
    }

    /** Whether Redis itself may elect this replica for its master: what is sent by FAILOVER does not ask that ({@code clusterHandleSlaveFailover}). */
    public static Command mayBeElected(boolean may) {
        return of("CONFIG", "SET", "cluster-replica-no-failover", may ? "no" : "yes");
    }

    static Command setConfigEpoch(long epoch) {
        return of("CLUSTER", "SET-CONFIG-EPOCH", Long.toString(epoch));
    }

    public static Command setSlot(int slot, String state, NodeId node) {
        return of("CLUSTER", "SETSLOT", Integer.toString(slot), state, node.value());
    }

    /** Closes a slot that was left open for migration. */
    public static Command stable(int slot) {
        return of("CLUSTER", "SETSLOT", Integer.toString(slot), "STABLE");
    }

    static Command replicate(NodeId master) {
        return of("CLUSTER", "REPLICATE", master.value());
    }

    static Command forget(NodeId node) {
        return of("CLUSTER", "FORGET", node.value());
    }

    static Command failover() {
        return of("CLUSTER", "FAILOVER");
    }

    /**
     * CLUSTER FAILOVER, if this node follows that master when the command arrives, else an error. Between a question and a command that is sent for
     * its answer Redis' own election can come, and a command that waits in a cut network arrives seconds later. {@code EVAL_RO}: a replica runs it, also
     * while writes are paused.
     */
    public static Command failoverWhileItFollows(NodeId replica, NodeId master, String how) {
        return of("EVAL_RO", WHILE_IT_FOLLOWS, "0", replica.value(), master.value(), how);
    }

    /** CLUSTER FAILOVER TAKEOVER, if the one that this node follows is a replica itself when the command arrives, else an error. */
    public static Command takeoverFromReplica(NodeId followed) {
        return of("EVAL_RO", WHILE_IT_IS_A_REPLICA, "0", followed.value());
    }

    /** What it is called in counters: its first two words. */
    public String name() {
        return isConditional() ? "CLUSTER FAILOVER" : words.get(0) + " " + words.get(1);
    }

    /** The last of these. */
    public String verb() {
        return name().substring(name().indexOf(' ') + 1);
    }

    private boolean isConditional() {
        return words.get(0).equals("EVAL_RO");
    }

    /** On the source: Valkey. */
    public static Command migrateSlots(SlotSet slots, NodeId target) {
        List<String> words = new ArrayList<>(slots("MIGRATESLOTS", slots).words());
        words.add(2, "SLOTSRANGE");
        words.addAll(List.of("NODE", target.value()));
        return new Command(words);
    }

    /** On the target: Redis. */
    public static Command importSlots(SlotSet slots) {
        List<String> words = new ArrayList<>(slots("MIGRATION", slots).words());
        words.add(2, "IMPORT");
        return new Command(words);
    }

    private static Command slots(String verb, SlotSet slots) {
        List<String> words = new ArrayList<>(List.of("CLUSTER", verb));
        slots.ranges().forEach(range -> {
            words.add(Integer.toString(range.first()));
            words.add(Integer.toString(range.last()));
        });
        return new Command(words);
    }

    /** As an operator would type it; long lists of slots are shortened. */
    @Override
    public String toString() {
        if (isConditional()) {
            return words.get(1).equals(WHILE_IT_FOLLOWS) ? "CLUSTER FAILOVER " + words.get(5) + " (while it follows " + words.get(4) + ")"
                : "CLUSTER FAILOVER TAKEOVER (while " + words.get(3) + " is a replica)";
        }
        return words.size() <= 8 ? String.join(" ", words)
            : String.join(" ", words.subList(0, 3)) + " ... (" + (words.size() - 2) + ")";
    }
}
