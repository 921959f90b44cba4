package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.sim.SimRedis.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The {@code CLUSTER} commands of a server, and the {@code CLIENT} ones that the product sends: {@code clusterCommand}, with Redis' own refusals. */
final class ClusterCommands {

    static final String OK = "OK";
    /** So many words it has. */
    private static final int TAKEOVER_FROM_REPLICA = 4;

    private ClusterCommands() {
    }

    static String execute(SimRedis redis, List<String> words) {
        if (redis.phase == Phase.LOADING) {
            return "LOADING Redis is loading the dataset in memory";
        }
        redis.readFromItself();
        if (words.get(0).equals("EVAL_RO")) {
            return refusal(redis, words).orElseGet(() -> execute(redis, unconditional(words)));
        }
        List<String> arguments = words.subList(2, words.size());
        if (words.equals(Command.mayBeElected(true).words()) || words.equals(Command.mayBeElected(false).words())) {
            redis.mayBeElected(words.getLast().equals("no"));
            return OK;
        }
        if (words.equals(Command.mayMigrate(true).words()) || words.equals(Command.mayMigrate(false).words())) {
            redis.mayMigrate = words.getLast().equals("yes");
            return OK;
        }
        if (words.get(0).equals("SPUBLISH")) {
            redis.publish();
            return "0";
        }
        if (words.get(0).equals("CLIENT")) {
            return client(redis, words.get(1), arguments);
        }
        return switch (words.get(1)) {
            case "MEET" -> {
                redis.startHandshake(new Address(arguments.get(0), Integer.parseInt(arguments.get(1))), true);
                yield OK;
            }
            case "ADDSLOTSRANGE" -> addSlots(redis, arguments);
            case "DELSLOTSRANGE" -> delSlots(redis, arguments);
            case "FLUSHSLOTS" -> flushSlots(redis);
            case "SETSLOT" -> setSlot(redis, arguments);
            case "BUMPEPOCH" -> {
                long before = redis.myself.configEpoch;
                redis.bumpEpoch();
                yield (redis.myself.configEpoch == before ? "STILL " : "BUMPED ") + redis.myself.configEpoch;
            }
            case "SET-CONFIG-EPOCH" -> setConfigEpoch(redis, Long.parseLong(arguments.getFirst()));
            case "REPLICATE" -> replicate(redis, new NodeId(arguments.getFirst()));
            case "FORGET" -> forget(redis, new NodeId(arguments.getFirst()));
            case "FAILOVER" -> failover(redis, arguments);
            case "MIGRATESLOTS" -> redis.migrations.migrateSlots(words);
            case "MIGRATION" -> redis.migrations.migration(words);
            case "CANCELSLOTMIGRATIONS" -> redis.migrations.cancel();
            case "RESET" -> reset(redis, arguments.contains("HARD"));
            default -> throw new IllegalArgumentException("the simulation does not know " + words);
        };
    }

    /**
     * What is said where the condition of a script does not hold: {@link io.regroup.plan.Command#failoverWhileItFollows} and {@link
     * io.regroup.plan.Command#takeoverFromReplica}, the only ones that the product sends.
     */
    static Optional<String> refusal(SimRedis redis, List<String> words) {
        if (!words.get(0).equals("EVAL_RO")) {
            return Optional.empty();
        }
        Command limited = new Command(words);
        if (limited.limit().isPresent()) {
            return limited.limit().filter(until -> redis.wallClock.getAsLong() > until).map(late -> "ERR it comes too late")
                .or(() -> refusal(redis, limited.unlimited().words())).or(() -> ofValkey(redis, limited));
        }
        boolean fromReplica = words.size() == TAKEOVER_FROM_REPLICA;
        Reply replicas = KeyCommands.execute(redis, Command.of("CLUSTER", "REPLICAS", words.get(fromReplica ? 3 : 4)));
        if (fromReplica) {
            return replicas instanceof Reply.Refusal ? Optional.empty() : Optional.of("ERR the one that it follows is a master by now");
        }
        return switch (replicas) {
            case Reply.Answer answer when answer.items().stream().anyMatch(line -> line.startsWith(words.get(3))) -> Optional.empty();
            case Reply.Refusal refusal -> Optional.of(refusal.error());
            default -> Optional.of("ERR it follows another master by now");
        };
    }

    /** {@code CMD_MAY_REPLICATE}: it tells its replicas first. */
    private static Optional<String> ofValkey(SimRedis redis, Command limited) {
        return redis.able == MoveBy.MIGRATESLOTS && limited.verb().equals("SETSLOT")
            ? Optional.of("ERR Write commands are not allowed from read-only scripts. script: on @user_script:4.") : Optional.empty();
    }

    /** What a server is told to do, whatever that depends on. */
    static List<String> unconditional(List<String> sent) {
        List<String> words = new Command(sent).unlimited().words();
        return words.get(0).equals("EVAL_RO") ? List.of("CLUSTER", "FAILOVER", words.size() == TAKEOVER_FROM_REPLICA ? "TAKEOVER" : words.get(5)) : words;
    }

    /** {@code clientCommand}: a longer pause is not made shorter ({@code pauseActions}). */
    private static String client(SimRedis redis, String verb, List<String> arguments) {
        redis.writesPausedUntil = switch (verb) {
            case "PAUSE" -> Math.max(redis.writesPausedUntil, redis.world.now() + Long.parseLong(arguments.getFirst()));
            case "UNPAUSE" -> 0;
            default -> throw new IllegalArgumentException("the simulation does not know CLIENT " + verb);
        };
        return OK;
    }

    private static List<SlotSet> ranges(List<String> words) {
        List<SlotSet> ranges = new ArrayList<>();
        for (int i = 0; i < words.size(); i += 2) {
            ranges.add(SlotSet.range(Integer.parseInt(words.get(i)), Integer.parseInt(words.get(i + 1))));
        }
        return ranges;
    }

    private static String addSlots(SimRedis redis, List<String> words) {
        List<SlotSet> ranges = ranges(words);
        for (SlotSet range : ranges) {
            Optional<Integer> busy = range.stream().boxed().filter(slot -> redis.slots.owner(slot) != null).findFirst();
            if (busy.isPresent()) {
                return "ERR Slot " + busy.get() + " is already busy";
            }
        }
        SlotSet slots = ranges.stream().reduce(SlotSet.NONE, SlotSet::plus);
        if (slots.size() < ranges.stream().mapToInt(SlotSet::size).sum()) {
            return "ERR Slot specified multiple times";
        }
        redis.slots.importing.keySet().removeIf(slots::contains);
        slots.ranges().forEach(range -> redis.slots.bind(range, redis.myself));
        redis.updateState();
        return OK;
    }

    private static String delSlots(SimRedis redis, List<String> words) {
        SlotSet slots = ranges(words).stream().reduce(SlotSet.NONE, SlotSet::plus);
        Optional<Integer> free = slots.stream().boxed().filter(slot -> redis.slots.owner(slot) == null).findFirst();
        if (free.isPresent()) {
            return "ERR Slot " + free.get() + " is already unassigned";
        }
        slots.stream().forEach(redis.slots::unbind);
        redis.updateState();
        return OK;
    }

    private static String flushSlots(SimRedis redis) {
        if (redis.data().size() > 0) {
            return "ERR DB must be empty to perform CLUSTER FLUSHSLOTS.";
        }
        redis.slots.unbindAll(redis.myself);
        redis.updateState();
        return OK;
    }

    private static String setSlot(SimRedis redis, List<String> words) {
        if (redis.myself.isReplica()) {
            return "ERR Please use SETSLOT only with masters.";
        }
        if (!redis.migrations.refusal().isEmpty()) {
            return redis.migrations.refusal();
        }
        int slot = Integer.parseInt(words.get(0));
        if (words.get(1).equals("STABLE")) {
            redis.slots.importing.remove(slot);
            redis.slots.migrating.remove(slot);
            return OK;
        }
        Entry node = redis.table.get(new NodeId(words.get(2)));
        if (node == null || node.inHandshake()) {
            return (words.get(1).equals("NODE") ? "ERR Unknown node " : "ERR I don't know about node ") + words.get(2);
        }
        if (node.isReplica()) {
            return "ERR Target node is not a master";
        }
        if (words.get(1).equals("IMPORTING")) {
            if (redis.slots.owner(slot) == redis.myself) {
                return "ERR I'm already the owner of hash slot " + slot;
            }
            redis.slots.importing.put(slot, node);
            return OK;
        }
        if (words.get(1).equals("MIGRATING")) {
            if (redis.slots.owner(slot) != redis.myself) {
                return "ERR I'm not the owner of hash slot " + slot;
            }
            redis.slots.migrating.put(slot, node);
            return OK;
        }
        if (redis.slots.owner(slot) == redis.myself && node != redis.myself && redis.data().has(slot)) {
            return "ERR Can't assign hashslot " + slot + " to a different node while I still hold keys for this hash slot.";
        }
        redis.slots.migrating.remove(slot);
        redis.slots.unbind(slot);
        redis.slots.bind(slot, node);
        if (node == redis.myself && redis.slots.importing.remove(slot) != null) {
            redis.bumpEpoch();
            redis.broadcastSoon();
        }
        redis.updateState();
        return OK;
    }

    private static String setConfigEpoch(SimRedis redis, long epoch) {
        if (redis.table.size() > 1) {
            return "ERR The user can assign a config epoch only when the node does not know any other node.";
        }
        if (redis.myself.configEpoch != 0) {
            return "ERR Node config epoch is already non-zero";
        }
        redis.myself.configEpoch = epoch;
        redis.currentEpoch = Math.max(redis.currentEpoch, epoch);
        return OK;
    }

    private static String replicate(SimRedis redis, NodeId id) {
        Entry master = redis.table.get(id);
        if (master == null || master.inHandshake()) {
            return "ERR Unknown node " + id;
        }
        if (master == redis.myself) {
            return "ERR Can't replicate myself";
        }
        if (master.isReplica()) {
            return "ERR I can only replicate a master, not a replica.";
        }
        if (redis.myself.isMaster() && (redis.myself.hasSlots() || redis.data().size() > 0)) {
            return "ERR To set a master the node must be empty and without assigned slots.";
        }
        redis.follow(master);
        redis.updateState();
        return OK;
    }

    private static String forget(SimRedis redis, NodeId id) {
        Entry entry = redis.table.get(id);
        if (entry == null) {
            return "ERR Unknown node " + id;
        }
        if (entry == redis.myself) {
            return "ERR I tried hard but I can't forget myself...";
        }
        if (redis.myself.isReplica() && redis.myself.slaveof == entry) {
            return "ERR Can't forget my master!";
        }
        redis.ban(id);
        redis.remove(entry);
        redis.updateState();
        return OK;
    }

    private static String failover(SimRedis redis, List<String> words) {
        boolean takeover = words.contains("TAKEOVER");
        boolean force = takeover || words.contains("FORCE");
        Entry master = redis.myself.slaveof;
        if (redis.myself.isMaster()) {
            return "ERR You should send CLUSTER FAILOVER to a replica";
        }
        if (master == null) {
            return "ERR I'm a replica but my master is unknown to me";
        }
        if ((master.is(io.regroup.model.NodeFlag.FAIL) || master.link == null) && !force) {
            return "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE";
        }
        if (takeover) {
            redis.bumpEpoch();
            redis.replaceMaster("TAKEOVER");
        } else {
            redis.election.start(force);
        }
        return OK;
    }

    private static String reset(SimRedis redis, boolean hard) {
        if (redis.myself.isMaster() && redis.data().size() > 0) {
            return "ERR CLUSTER RESET can't be called with master nodes containing keys";
        }
        redis.reset(hard);
        return OK;
    }
}
