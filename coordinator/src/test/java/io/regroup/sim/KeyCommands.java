package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.sim.SimRedis.Phase;
import java.util.List;
import java.util.stream.Collectors;

/** What a move of slots asks of a server: its keys counted, listed, weighed and sent away. A key is a write, by its number. */
final class KeyCommands {

    private static final String WEIGHT = "100";
    private static final String READONLY = "READONLY You can't write against a read only replica.";

    private KeyCommands() {
    }

    static Reply execute(SimRedis redis, Command command) {
        List<String> words = command.words();
        if (redis.phase == Phase.LOADING) {
            return new Reply.Refusal("LOADING Redis is loading the dataset in memory");
        }
        if (words.get(0).equals("CLUSTER")) {
            return switch (words.get(1)) {
                case "COUNTKEYSINSLOT" -> new Reply.Answer(Long.toString(redis.data().ofSlot(slot(words)).count()));
                case "GETKEYSINSLOT" -> {
                    List<String> keys = redis.data().ofSlot(slot(words)).limit(Integer.parseInt(words.get(3))).mapToObj(Integer::toString).toList();
                    yield new Reply.Answer(String.join(" ", keys), keys);
                }
                case "REPLICAS" -> replicas(redis, new NodeId(words.get(2)));
                case "GETSLOTMIGRATIONS" -> redis.migrations.list(words);
                case "MIGRATION" -> words.get(2).equals("STATUS") ? redis.migrations.list(words) : of(redis.migrations.migration(words));
                default -> {
                    String reply = ClusterCommands.execute(redis, words);
                    yield reply.equals(ClusterCommands.OK) ? new Reply.Answer(reply) : new Reply.Refusal(reply);
                }
            };
        }
        return switch (words.get(0)) {
            case "INFO" -> new Reply.Answer("used_memory_dataset:" + 100 * redis.data().size());
            case "PING" -> new Reply.Answer("PONG");
            case "MEMORY" -> weigh(redis, Integer.parseInt(words.get(2)));
            case "WAIT" -> new Reply.Answer(Long.toString(redis.replication.caughtUp()));
            case "MIGRATE" -> migrate(redis, words);
            default -> throw new IllegalArgumentException("the simulation does not know " + words);
        };
    }

    private static Reply of(String reply) {
        return reply.startsWith("ERR") ? new Reply.Refusal(reply) : new Reply.Answer(reply);
    }

    private static int slot(List<String> words) {
        return Integer.parseInt(words.get(2));
    }

    /** A line each, as CLUSTER NODES has it. */
    private static Reply replicas(SimRedis redis, NodeId id) {
        Entry master = redis.table.get(id);
        if (master == null) {
            return new Reply.Refusal("ERR Unknown node " + id);
        }
        if (!master.isMaster()) {
            return new Reply.Refusal("ERR The specified node is not a master");
        }
        List<String> lines = redis.table.values().stream().filter(entry -> entry.slaveof == master).map(entry -> entry.id + " slave " + id).toList();
        return new Reply.Answer(String.join("\n", lines), lines);
    }

    private static Reply weigh(SimRedis redis, int key) {
        if (redis.data().writes().get(key)) {
            return new Reply.Answer(WEIGHT);
        }
        return redis.slots.migrating.containsKey(Dataset.slotOf(key)) ? new Reply.Refusal("ASK " + Dataset.slotOf(key)) : new Reply.Answer("");
    }

    /** migrateCommand: RESTORE-ASKING at the target, then DEL here, in one breath. */
    private static Reply migrate(SimRedis redis, List<String> words) {
        if (redis.replication.masterAt().isPresent()) {
            return new Reply.Refusal(READONLY);
        }
        Address at = new Address(words.get(1), Integer.parseInt(words.get(2)));
        List<Integer> keys = words.subList(words.indexOf("KEYS") + 1, words.size()).stream().map(Integer::parseInt)
            .filter(key -> redis.data().writes().get(key)).collect(Collectors.toList());
        if (keys.isEmpty()) {
            return new Reply.Answer("NOKEY");
        }
        SimRedis target = redis.world.serverAt(at);
        if (target == null || !target.listens() || !redis.world.canReach(redis, at)) {
            return new Reply.Refusal("IOERR error or timeout connecting to the client");
        }
        if (!target.isServing()) {
            return new Reply.Refusal("ERR Target instance replied with error: LOADING Redis is loading the dataset in memory");
        }
        if (Clients.holdsWriters(target)) {
            return new Reply.Refusal("IOERR error or timeout reading to target instance");
        }
        for (int key : keys) {
            String refusal = Clients.refusal(target, Dataset.slotOf(key));
            if (refusal.equals("MOVED") && !(target.myself.isMaster() && target.slots.importing.containsKey(Dataset.slotOf(key))) || refusal.equals("CLUSTERDOWN")) {
                return new Reply.Refusal("ERR Target instance replied with error: " + refusal);
            }
            if (target.replication.masterAt().isPresent()) {
                return new Reply.Refusal("ERR Target instance replied with error: " + READONLY);
            }
            target.replication.write(key);
            redis.replication.delete(key);
            redis.world.copies.onMigrated(target, key);
        }
        return new Reply.Answer(ClusterCommands.OK);
    }
}
