package io.regroup.sim;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.move.ServerJob;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** redis-server processes on loopback. */
final class RealNodes implements RedisNodes {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration GIVE_UP = Duration.ofMillis(200);

    /** Less than a hand-over keeps writers waiting (5 s), more than a busy machine keeps a server: what that one does late is done all the same. */
    private static final String MIGRATE_MS = "500";

    private final Path dir;
    private final Servers servers = new Servers(Duration.ofSeconds(1));
    /** What writes, on connections of its own: one that is kept waiting holds up all that comes after. */
    private Servers writers = new Servers(Duration.ofSeconds(1));
    private final Map<Integer, RealServer> running = new TreeMap<>();
    private int written;

    RealNodes(Path dir) {
        this.dir = dir;
    }

    @Override
    public void start(int node) {
        running.put(node, new RealServer(dir.resolve("node-" + node)));
        run(node);
    }

    private void run(int node) {
        running.get(node).start("--cluster-node-timeout", Long.toString(SimRedis.NODE_TIMEOUT), "--cluster-require-full-coverage", "no",
            "--cluster-allow-replica-migration", "no", "--appendonly", "yes", "--appendfsync", "always", "--databases", "1");
        until("node " + node + " serves", () -> ask(node, "PING") instanceof Reply.Answer);
    }

    private Reply ask(int node, String... words) {
        return ask(servers, node, words);
    }

    private Reply ask(Servers from, int node, String... words) {
        Address address = running.get(node).address();
        SortedMap<Address, List<Command>> batch = new TreeMap<>(Map.of(address, List.of(new Command(List.of(words)))));
        return from.send(batch, TIMEOUT).get(address).getFirst();
    }

    private String text(int node, String... words) {
        return ask(node, words).answer();
    }

    @Override
    public String cluster(int node, String... words) {
        return admin(node, "CLUSTER", words);
    }

    @Override
    public String carryOut(int node, Command command) {
        return words(ask(node, command.words().toArray(String[]::new)));
    }

    @Override
    public String client(int node, String... words) {
        return admin(node, "CLIENT", words);
    }

    private String admin(int node, String group, String... words) {
        return words(ask(node, Stream.concat(Stream.of(group), Stream.of(words)).toArray(String[]::new)));
    }

    private static String words(Reply reply) {
        return switch (reply) {
            case Reply.Answer answer -> answer.text();
            case Reply.Refusal refusal -> refusal.error();
            case Reply.Silence silence -> throw new IllegalStateException(silence.problem());
        };
    }

    @Override
    public void freeze(int node) {
        signal(node, "STOP");
    }

    @Override
    public void thaw(int node) {
        signal(node, "CONT");
    }

    private void signal(int node, String name) {
        try {
            running.get(node).signal(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void sendToFrozen(int node, Command command) {
        Address address = address(node);
        Reply reply = servers.send(new TreeMap<>(Map.of(address, List.of(command))), GIVE_UP).get(address).getFirst();
        if (!(reply instanceof Reply.Silence)) {
            throw new IllegalStateException("node " + node + " is not frozen: " + reply);
        }
    }

    @Override
    public long clockMs(int node) {
        return System.currentTimeMillis();
    }

    @Override
    public ClusterTable table(int node) {
        return NodesText.parse(text(node, "CLUSTER", "NODES"));
    }

    @Override
    public List<ServerJob> jobs(int node, MoveBy by) {
        return ServerJob.list(by, ((Reply.Answer) ask(node, ServerJob.question(by).words().toArray(String[]::new))).items());
    }

    @Override
    public boolean stateOk(int node) {
        return text(node, "CLUSTER", "INFO").contains("cluster_state:ok");
    }

    @Override
    public boolean linkUp(int node) {
        return text(node, "INFO", "replication").contains("master_link_status:up");
    }

    @Override
    public int keys(int node) {
        return Integer.parseInt(text(node, "DBSIZE"));
    }

    @Override
    public String write(int node, int slot) {
        String key = "{" + tagOf(slot) + "}" + written++;
        return switch (ask(writers, node, "SET", key, "x")) {
            case Reply.Answer answer -> answer.text();
            case Reply.Refusal refusal -> refusal.error().split(" ")[0];
            case Reply.Silence silence -> {
                writers.close();
                writers = new Servers(Duration.ofSeconds(1));
                yield KEPT_WAITING;
            }
        };
    }

    @Override
    public List<String> replicas(int node, NodeId master) {
        return ids(ask(node, "CLUSTER", "REPLICAS", master.value()));
    }

    static List<String> ids(Reply reply) {
        return switch (reply) {
            case Reply.Answer answer -> answer.items().stream().map(line -> line.split(" ")[0]).toList();
            case Reply.Refusal refusal -> List.of(refusal.error());
            case Reply.Silence silence -> throw new IllegalStateException(silence.problem());
        };
    }

    @Override
    public String migrateOne(int node, int slot, int target) {
        String key = ((Reply.Answer) ask(node, "CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), "1")).items().getFirst();
        return words(ask(node, "MIGRATE", address(target).host(), Integer.toString(address(target).port()), key, "0", MIGRATE_MS));
    }

    private static String tagOf(int slot) {
        for (int i = 0; ; i++) {
            if (SlotHash.getSlot(Integer.toString(i)) == slot) {
                return Integer.toString(i);
            }
        }
    }

    @Override
    public void hearsItselfLate(int node, Runnable meanwhile) {
        running.get(node).hearsItselfLate(servers, meanwhile);
    }

    @Override
    public void kill(int node) {
        try {
            running.get(node).kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void startAgain(int node, boolean withData) {
        if (!withData) {
            try (Stream<Path> kept = Files.walk(dir.resolve("node-" + node))) {
                for (Path file : kept.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
                Files.createDirectory(dir.resolve("node-" + node));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        run(node);
    }

    @Override
    public void until(String what, BooleanSupplier condition) {
        Awaitility.await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).ignoreExceptions().until(condition::getAsBoolean);
    }

    @Override
    public void holds(String what, long ms, BooleanSupplier condition) {
        Awaitility.await(what).during(Duration.ofMillis(ms)).atMost(Duration.ofMillis(2 * ms)).pollInterval(Duration.ofMillis(50))
            .until(condition::getAsBoolean);
    }

    @Override
    public Address address(int node) {
        return running.get(node).address();
    }

    @Override
    public void close() {
        servers.close();
        writers.close();
        running.values().forEach(RealServer::close);
    }
}
