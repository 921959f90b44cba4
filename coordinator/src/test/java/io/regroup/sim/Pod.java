package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.RedisState;
import java.util.Optional;
import java.util.Set;

/** A pod of two containers: redis-server behind its gate, and the coordinator. Kubernetes starts again what ends. */
final class Pod {

    static final int PORT = 6379;
    static final int GROUP_PORT = 7800;
    private static final long GATE_POLL_MS = 50;
    /** The coordinator looks so often whether its server has turned. */
    private static final long GLANCE_MS = 100;

    /** What the kubelet knows of the container {@code redis}. At the gate it runs: the entrypoint does. */
    enum Container { RUNNING, TERMINATED }

    private final World world;
    final String name;
    final String uid;
    final String machine;
    String ip;
    private Saved volume = Saved.nothing();
    private SimRedis redis;
    private Container container = Container.TERMINATED;
    private String request = "";
    private long requestedAt;
    private boolean permitted;
    private SimMember coordinator;
    private long started;
    private long crashes;
    private long endedAt;
    /** The last primary view, as the coordinator notes it on the volume: it outlives the coordinator, not the pod. */
    Optional<Primary> memory = Optional.empty();
    /** What its machine's clock is ahead of the world's. */
    long wallOffset;
    boolean exists = true;
    boolean hostUp = true;
    boolean leaving;

    Pod(World world, String name, String uid, String machine, String ip) {
        this.world = world;
        this.name = name;
        this.uid = uid;
        this.machine = machine;
        this.ip = ip;
    }

    /** {@code System.currentTimeMillis()}. */
    long wallClock() {
        return world.now() + wallOffset;
    }

    Address address() {
        return new Address(ip, PORT);
    }

    Address groupAddress() {
        return new Address(ip, GROUP_PORT);
    }

    io.regroup.model.Pod model() {
        return new io.regroup.model.Pod(name, uid, ip, machine, "");
    }

    Optional<SimRedis> redis() {
        return Optional.ofNullable(redis);
    }

    Optional<SimMember> coordinator() {
        return Optional.ofNullable(coordinator);
    }

    Saved volume() {
        return volume;
    }

    /** The table on the volume: what its server keeps there goes on while that does not answer. */
    Optional<ClusterTable> stored() {
        return redis != null && redis.isFrozen() ? Saved.of(redis).kept() : volume.kept();
    }

    Container container() {
        return container;
    }

    boolean isAtGate() {
        return container == Container.RUNNING && redis == null;
    }

    // ---- redis container

    void startRedisContainer() {
        if (!hostUp || container == Container.RUNNING) {
            return;
        }
        container = Container.RUNNING;
        request = world.chance.hex(8);
        permitted = false;
        requestedAt = world.now();
        world.kube.onContainer(this);
        world.trace(() -> name + ": redis waits at the gate " + request + (volume.table().isPresent() ? " with data" : " blank"));
        changed();
        world.tamper.onGate(this);
    }

    void permit(String id, boolean blank) {
        permit(id, blank, Set.of());
    }

    /** The file {@code permit}: the entrypoint sees it at its next look. */
    void permit(String id, boolean blank, Set<NodeId> former) {
        if (!request.equals(id)) {
            return;
        }
        permitted = true;
        changed();
        world.after(world.chance.between(0, GATE_POLL_MS), () -> {
            if (isAtGate() && hostUp && request.equals(id)) {
                open(blank, former);
            }
        });
    }

    private void open(boolean blank, Set<NodeId> former) {
        if (blank) {
            Saved before = volume;
            volume = Saved.nothing();
            world.copies.onWiped(this, before.data());
        }
        volume = volume.without(former);
        request = "";
        SimRedis server = new SimRedis(world, address(), volume);
        redis = server;
        server.wallClock = this::wallClock;
        server.replication.onTurn = () -> world.after(world.chance.between(0, GLANCE_MS), () -> {
            if (redis == server && server.isServing()) {
                changed();
            }
        });
        server.start(world.chance.between(10, 60), volume.table().isPresent() ? world.chance.between(10, 600) : 5);
        changed();
        tellWhenServing(server);
    }

    private void tellWhenServing(SimRedis server) {
        world.after(20, () -> {
            if (server.isServing()) {
                changed();
            } else if (server.isAlive()) {
                tellWhenServing(server);
            }
        });
    }

    String request() {
        return request;
    }

    /** @param keep whether the volume has the data of the process that ends */
    void crashRedis(boolean keep) {
        if (container == Container.TERMINATED) {
            return;
        }
        endRedis(keep, true);
        world.after(restartDelay(), this::startRedisContainer);
    }

    private long restartDelay() {
        crashes++;
        return world.chance.between(100, 900) + Math.min(8000, crashes * crashes * 100);
    }

    private void endRedis(boolean keep, boolean kernelLives) {
        container = Container.TERMINATED;
        endedAt = world.now();
        request = "";
        world.kube.onContainer(this);
        if (redis != null) {
            SimRedis ended = redis;
            redis = null;
            if (keep && ended.phase != SimRedis.Phase.STARTING) {
                volume = Saved.of(ended);
            } else if (!keep) {
                Saved before = volume;
                volume = Saved.nothing();
                world.copies.onCrashed(this, before.data());
            }
            ended.end(kernelLives);
            if (!keep) {
                world.copies.onEnded(ended);
            }
            world.copies.onCrashed(this, ended.data());
            world.trace(() -> name + ": redis ended, " + (keep ? "data kept" : "nothing kept"));
        } else if (!keep) {
            Saved before = volume;
            volume = Saved.nothing();
            world.copies.onCrashed(this, before.data());
        }
        changed();
    }

    // ---- coordinator container

    void startCoordinator() {
        if (hostUp && coordinator == null) {
            coordinator = new SimMember(world, this, ++started);
            coordinator.start();
        }
    }

    void crashCoordinator() {
        if (coordinator != null) {
            coordinator.end();
            coordinator = null;
            world.trace(() -> name + ": coordinator ended");
            world.after(world.chance.between(500, 2500), this::startCoordinator);
        }
    }

    void leave() {
        leaving = true;
        changed();
    }

    /** The coordinator saw the leader's word: both containers may end. */
    void release() {
        if (leaving && hostUp) {
            world.copies.onReleased(this);
            world.after(world.chance.between(0, 100), () -> world.kube.end(this));
        }
    }

    /** Everything in it ends; the volume goes with it. */
    void die(boolean kernelLives) {
        hostUp = false;
        endRedis(false, kernelLives);
        if (coordinator != null) {
            coordinator.end();
            coordinator = null;
        }
    }

    /** When its redis container ended last. */
    long endedAt() {
        return endedAt;
    }

    /**
     * The machine restarts: same pod, same volume, new processes, and a new IP where Kubernetes gives one.
     *
     * @param remembers whether the coordinator's notes are kept; those of a StatefulSet's pod are another pod's
     */
    void reboot(String newIp, boolean remembers) {
        if (!remembers) {
            memory = Optional.empty();
        }
        endRedis(true, true);
        if (coordinator != null) {
            coordinator.end();
            coordinator = null;
        }
        ip = newIp;
        world.after(world.chance.between(200, 2000), this::startRedisContainer);
        world.after(world.chance.between(200, 2500), this::startCoordinator);
    }

    private void changed() {
        if (coordinator != null) {
            coordinator.onOwnChange();
        }
    }

    /** What the coordinator finds out about its own Redis, over loopback and the gate's files. */
    RedisState state() {
        if (redis != null) {
            return redis.state();
        }
        if (isAtGate() && permitted) {
            return new RedisState.Starting();
        }
        Optional<Long> writtenMs = world.ledger.lastOf(volume().data().writes()).map(at -> world.now() - at);
        return isAtGate() ? new RedisState.AtGate(request, world.now() - requestedAt, writtenMs) : new RedisState.Ended(writtenMs);
    }
}
