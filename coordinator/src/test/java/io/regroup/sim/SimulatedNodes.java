package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.move.ServerJob;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Pods of a simulated world without coordinators: their gates open when the test says so. */
final class SimulatedNodes implements RedisNodes {

    private static final long MOST_MS = 120_000;

    private final World world;
    private final Map<Integer, Pod> pods = new TreeMap<>();
    private final Map<Integer, Integer> written = new TreeMap<>();

    SimulatedNodes(long seed) {
        this(seed, MoveBy.MIGRATE);
    }

    /** @param by how all can move slots */
    SimulatedNodes(long seed, MoveBy by) {
        world = new World(seed, new Asked(6, 1), new Tamper(), null);
        world.able = address -> by;
        tick();
    }

    /** There is always a next event. */
    private void tick() {
        world.after(10, this::tick);
    }

    private SimRedis server(int node) {
        return pods.get(node).redis().filter(SimRedis::isServing).orElseThrow(() -> new IllegalStateException("node " + node + " does not answer"));
    }

    @Override
    public void start(int node) {
        Pod pod = new Pod(world, "pod-" + node, "uid-" + node, "node", "10.0.0." + (node + 1));
        pods.put(node, pod);
        world.pods().add(pod);
        pod.startRedisContainer();
        open(node, true);
    }

    private void open(int node, boolean blank) {
        Pod pod = pods.get(node);
        until("node " + node + " is at its gate", pod::isAtGate);
        pod.permit(pod.request(), blank);
        until("node " + node + " serves", () -> pod.redis().filter(SimRedis::isServing).isPresent());
    }

    @Override
    public String cluster(int node, String... words) {
        return ClusterCommands.execute(server(node), Stream.concat(Stream.of("CLUSTER"), Stream.of(words)).toList());
    }

    @Override
    public String carryOut(int node, Command command) {
        return ClusterCommands.execute(server(node), command.words());
    }

    @Override
    public String client(int node, String... words) {
        return ClusterCommands.execute(server(node), Stream.concat(Stream.of("CLIENT"), Stream.of(words)).toList());
    }

    @Override
    public void freeze(int node) {
        server(node).freeze(MOST_MS);
    }

    @Override
    public void thaw(int node) {
        server(node).thaw();
    }

    @Override
    public void sendToFrozen(int node, Command command) {
        SimRedis server = server(node);
        world.whenReached(server.address.host(), server, () -> ClusterCommands.execute(server, command.words()));
    }

    @Override
    public long clockMs(int node) {
        return server(node).wallClock.getAsLong();
    }

    @Override
    public ClusterTable table(int node) {
        return server(node).clusterTable();
    }

    @Override
    public List<ServerJob> jobs(int node, MoveBy by) {
        return ServerJob.list(by, ((Reply.Answer) server(node).migrations.list(ServerJob.question(by).words())).items());
    }

    @Override
    public boolean stateOk(int node) {
        return server(node).stateOk;
    }

    @Override
    public boolean linkUp(int node) {
        return server(node).replication.isUp();
    }

    @Override
    public int keys(int node) {
        return server(node).data().size();
    }

    @Override
    public String write(int node, int slot) {
        SimRedis server = server(node);
        String refusal = Clients.refusal(server, slot);
        if (refusal.isEmpty()) {
            int index = List.of(boxed()).indexOf(slot);
            int write = Dataset.number(index, written.merge(slot, 1, Integer::sum) - 1);
            server.replication.write(write);
            return OK;
        }
        return refusal;
    }

    @Override
    public List<String> replicas(int node, NodeId master) {
        return RealNodes.ids(KeyCommands.execute(server(node), Command.of("CLUSTER", "REPLICAS", master.value())));
    }

    @Override
    public String migrateOne(int node, int slot, int target) {
        SimRedis server = server(node);
        Address to = address(target);
        int key = server.data().ofSlot(slot).findFirst().orElseThrow();
        return switch (KeyCommands.execute(server, new Command(List.of("MIGRATE", to.host(), Integer.toString(to.port()), "KEYS", Integer.toString(key))))) {
            case Reply.Answer answer -> answer.text();
            case Reply.Refusal refusal -> refusal.error();
            case Reply.Silence silence -> throw new IllegalStateException(silence.problem());
        };
    }

    private static Integer[] boxed() {
        List<Integer> slots = new ArrayList<>();
        for (int slot : Dataset.SLOTS) {
            slots.add(slot);
        }
        return slots.toArray(Integer[]::new);
    }

    @Override
    public void hearsItselfLate(int node, Runnable meanwhile) {
        Message said = server(node).packet(Message.Type.PING, false, List.of(), null);
        meanwhile.run();
        server(node).hear(said);
    }

    @Override
    public void kill(int node) {
        pods.get(node).crashRedis(true);
    }

    @Override
    public void startAgain(int node, boolean withData) {
        open(node, !withData);
    }

    @Override
    public void until(String what, BooleanSupplier condition) {
        long end = world.now() + MOST_MS;
        while (!condition.getAsBoolean()) {
            if (world.now() > end) {
                throw new AssertionError("not within " + MOST_MS + " simulated ms: " + what);
            }
            world.timeline.step();
        }
    }

    @Override
    public void holds(String what, long ms, BooleanSupplier condition) {
        long end = world.now() + ms;
        while (world.now() < end) {
            if (!condition.getAsBoolean()) {
                throw new AssertionError("does not hold: " + what);
            }
            world.timeline.step();
        }
    }

    @Override
    public Address address(int node) {
        return pods.get(node).address();
    }

    @Override
    public void close() {
        pods.clear();
    }
}
