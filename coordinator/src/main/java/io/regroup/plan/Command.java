package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.KeySlot;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

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

    private static final String SPUBLISH = "SPUBLISH";

    /** The last of ARGV: until when, in ms since the epoch by the server's clock. */
    private static final String IN_TIME = """
        local now = redis.call("TIME")
        if now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[#ARGV]) then return redis.error_reply("ERR it comes too late") end
        """;

    /** ARGV before that: the command. */
    private static final String THEN = """
        return redis.pcall(unpack(ARGV, 1, #ARGV - 1))""";

    /** Lua unpacks no more than 8000 ({@code LUAI_MAXCSTACK}). */
    private static final int MOST_UNPACKED = 7000;

    /** Those of CLUSTER that a server carries out for a script that does not write ({@code EVAL_RO}), whichever server it is. */
    private static final Set<String> IN_SCRIPTS = Set.of("MEET", "FORGET", "REPLICATE", "ADDSLOTSRANGE", "DELSLOTSRANGE", "FLUSHSLOTS", "BUMPEPOCH",
        "SET-CONFIG-EPOCH", "FAILOVER");

    /** With which a server refuses a script what it carries out for it only where that may write. */
    private static final String NOT_IN_SCRIPTS = "not allowed from read-only script";

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

    public static Command delSlots(SlotSet slots) {
        return slots("DELSLOTSRANGE", slots);
    }

    public static Command bumpEpoch() {
        return of("CLUSTER", "BUMPEPOCH");
    }

    /**
     * What a server sends on the bus at once, to its replicas alone, and nobody sees who does not subscribe to it: with the packet goes its epoch, which they
     * would hear of with its next ping, up to a second later. Valkey 9 tells them by itself.
     *
     * @param slots that it serves: those of other channels it refuses
     */
    public static Command tellReplicas(SlotSet slots) {
        return of(SPUBLISH, IntStream.iterate(0, i -> i + 1).mapToObj(i -> "regroup:" + i).filter(channel -> slots.contains(KeySlot.of(channel)))
            .findFirst().orElseThrow(), "");
    }

    static Command flushSlots() {
        return of("CLUSTER", "FLUSHSLOTS");
    }

    /** Clients that write are kept waiting for so long, or until {@link #unpause}; all other commands go on. */
    public static Command pauseWrites(long ms) {
        return of("CLIENT", "PAUSE", Long.toString(ms), "WRITE");
    }

    public static Command unpause() {
        return of("CLIENT", "UNPAUSE");
    }

    /** Whether Redis itself may elect this replica for its master: what is sent by FAILOVER does not ask that ({@code clusterHandleSlaveFailover}). */
    public static Command mayBeElected(boolean may) {
        return of("CONFIG", "SET", "cluster-replica-no-failover", may ? "no" : "yes");
    }

    /**
     * Whether this server follows whoever takes the last slot of its master, or of its own, also where that one has others besides
     * ({@code clusterUpdateSlotsConfigWith}).
     */
    public static Command mayMigrate(boolean may) {
        return of("CONFIG", "SET", "cluster-allow-replica-migration", may ? "yes" : "no");
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

    /**
     * The same, which the server refuses from then on: a server that stands still finds in its socket what was sent to it seconds ago, and a cut network
     * lets it through when it ends, whether anybody waits for the answer or not. What no script may do (CLUSTER RESET, CLIENT) stays as it is, and so does
     * what only opens or closes slots, as Valkey has no SETSLOT in such scripts ({@link #needsNoScript}) and it must not come any later than what is before it.
     *
     * @param clockMs in ms since the epoch, by the server's clock
     */
    public Command until(long clockMs) {
        List<String> limited = new ArrayList<>();
        if (isConditional()) {
            limited.addAll(words);
            limited.set(1, IN_TIME + words.get(1));
        } else if (words.get(0).equals("CLUSTER") && (IN_SCRIPTS.contains(words.get(1)) || takesSlot()) && words.size() < MOST_UNPACKED) {
            limited.addAll(List.of("EVAL_RO", IN_TIME + THEN, "0"));
            limited.addAll(words);
        } else {
            return this;
        }
        limited.add(Long.toString(clockMs));
        return new Command(limited);
    }

    /** Whether it is refused only because a script sends it: Valkey tells its replicas of SETSLOT first, and waits for them. */
    public boolean needsNoScript(Reply reply) {
        return limit().isPresent() && reply instanceof Reply.Refusal refusal && refusal.error().contains(NOT_IN_SCRIPTS);
    }

    /** Until when it may be carried out, in ms since the epoch by the server's clock. */
    public Optional<Long> limit() {
        return words.get(0).equals("EVAL_RO") && words.get(1).startsWith(IN_TIME) ? Optional.of(Long.parseLong(words.getLast())) : Optional.empty();
    }

    /** The same without a limit. */
    public Command unlimited() {
        if (limit().isEmpty()) {
            return this;
        }
        if (words.get(1).equals(IN_TIME + THEN)) {
            return new Command(words.subList(3, words.size() - 1));
        }
        List<String> conditional = new ArrayList<>(words.subList(0, words.size() - 1));
        conditional.set(1, words.get(1).substring(IN_TIME.length()));
        return new Command(conditional);
    }

    /** What it is called in counters: its first two words; of the channel nobody asks. */
    public String name() {
        return words.get(0).equals(SPUBLISH) ? SPUBLISH : limit().isPresent() ? unlimited().name() : isConditional() ? "CLUSTER FAILOVER" : words.get(0) + " " + words.get(1);
    }

    /** The last of these. */
    public String verb() {
        return name().substring(name().indexOf(' ') + 1);
    }

    private boolean takesSlot() {
        return words.get(1).equals("SETSLOT") && words.get(3).equals("NODE");
    }

    private boolean isConditional() {
        return words.get(0).equals("EVAL_RO") && !words.get(1).startsWith(IN_TIME);
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
        if (limit().isPresent()) {
            return unlimited() + " (until " + limit().get() + ")";
        }
        if (isConditional()) {
            return words.get(1).equals(WHILE_IT_FOLLOWS) ? "CLUSTER FAILOVER " + words.get(5) + " (while it follows " + words.get(4) + ")"
                : "CLUSTER FAILOVER TAKEOVER (while " + words.get(3) + " is a replica)";
        }
        return words.size() <= 8 ? String.join(" ", words)
            : String.join(" ", words.subList(0, 3)) + " ... (" + (words.size() - 2) + ")";
    }
}
