package io.regroup.redis;

import static org.awaitility.Awaitility.await;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.Move;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Action.Founder;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.TreeMap;
import java.util.TreeSet;

/** A serving cluster on real redis-servers: masters, which share the slots, and the second one's replica. */
public final class Shards implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(3);

    private final List<RealServer> masters = new ArrayList<>();
    private final List<RealServer> all = new ArrayList<>();
    private final Servers servers = new Servers(Duration.ofSeconds(1));

    /** @param slots the slots of each master */
    public Shards(Path dir, List<SlotSet> slots) {
        for (int i = 0; i <= slots.size(); i++) {
            // As in config/redis.conf: a master that has given all its slots stays one.
            all.add(new RealServer(dir.resolve("server-" + i)).start("--cluster-allow-replica-migration", "no"));
        }
        masters.addAll(all.subList(0, slots.size()));
        try {
            form(slots);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void form(List<SlotSet> slots) {
        all.forEach(server -> await().atMost(PATIENCE).until(() -> one(server.address(), "PING"), new Reply.Answer("PONG")::equals));
        List<Founder> founders = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            founders.add(new Founder(all.get(i).address(), i + 1, i < slots.size() ? slots.get(i) : SlotSet.NONE));
        }
        Action.Bootstrap bootstrap = new Action.Bootstrap(founders);
        for (SortedMap<Address, List<Command>> batch : List.of(bootstrap.commands(), bootstrap.sequel())) {
            servers.send(batch, TIMEOUT).values().forEach(replies -> replies.forEach(Reply::answer));
        }
        Address replica = replica();
        introduce(bootstrap.sequel(), slots.size());
        await("accepted").atMost(PATIENCE).until(() -> one(replica, "CLUSTER", "REPLICATE", id(1).value()) instanceof Reply.Answer);
        await("in sync").atMost(PATIENCE).until(() -> one(replica, "INFO", "replication").answer().contains("master_link_status:up"));
        await("serving").atMost(PATIENCE).until(() -> all.stream().allMatch(s ->
            one(s.address(), "CLUSTER", "INFO").answer().contains("cluster_state:ok")));
    }

    /** Redis gives a handshake up after a node timeout, and tries no second one: on a busy machine it needs to be asked again. */
    private void introduce(SortedMap<Address, List<Command>> meetings, int others) {
        AtomicLong next = new AtomicLong(System.nanoTime() + AGAIN.toNanos());
        await("introduced").atMost(PATIENCE).until(() -> {
            if (all.stream().allMatch(s -> table(s.address()).others().values().stream().filter(ClusterNode::isIntroduced).count() == others)) {
                return true;
            }
            if (System.nanoTime() > next.get()) {
                servers.send(meetings, TIMEOUT);
                next.set(System.nanoTime() + AGAIN.toNanos());
            }
            return false;
        });
    }

    public Address master(int number) {
        return masters.get(number).address();
    }

    RealServer server(int number) {
        return masters.get(number);
    }

    /** The second master's. */
    public Address replica() {
        return all.getLast().address();
    }

    public NodeId id(int number) {
        return table(master(number)).myself().id();
    }

    /** The slots that this master says are its own. */
    public SlotSet slots(int number) {
        return table(master(number)).myself().slots();
    }

    public ClusterTable table(Address address) {
        return NodesText.parse(one(address, "CLUSTER", "NODES").answer());
    }

    public Move move(int from, int to, SlotSet slots) {
        TreeSet<Address> others = new TreeSet<>(masters.stream().map(RealServer::address).toList());
        others.removeAll(List.of(master(from), master(to)));
        return new Move(id(from), master(from), id(to), master(to), slots, others);
    }

    /** Whether all nodes say that each master has these slots, and none is open. */
    public boolean isAgreed(List<SlotSet> slots) {
        for (RealServer server : all) {
            ClusterTable table = table(server.address());
            if (!table.myself().importing().isEmpty() || !table.myself().migrating().isEmpty()) {
                return false;
            }
            for (int i = 0; i < masters.size(); i++) {
                if (!table.line(id(i)).orElseThrow().slots().equals(slots.get(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    public long keys(Address at) {
        return Long.parseLong(one(at, "DBSIZE").answer());
    }

    public Reply one(Address address, String... words) {
        return servers.send(new TreeMap<>(Map.of(address, List.of(new Command(List.of(words))))), TIMEOUT).get(address).getFirst();
    }

    public Servers servers() {
        return servers;
    }

    @Override
    public void close() {
        servers.close();
        all.forEach(RealServer::close);
    }
}
