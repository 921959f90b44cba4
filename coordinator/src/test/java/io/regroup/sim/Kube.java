package io.regroup.sim;

import io.regroup.model.Asked;
import io.regroup.model.End;
import io.regroup.model.Seat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The API server, the controller that keeps so many pods, and what both tell: late, or not at all. */
final class Kube {

    private static final long GRACE_MS = 30_000;
    private static final long RETRY_MS = 500;
    /**
     * An IP is with another pod's server no sooner: its sandbox and its container start first. Redis gives up a first contact that it was told
     * to make with the one before after {@code max(node timeout, 1 s)}.
     */
    private static final long STRANGER_MS = 3000;

    /** What the API server has said of a pod since then. */
    private record Seen(long at, boolean exists, Pod.Container container) {
    }

    private final World world;
    private final SortedMap<String, List<Seen>> history = new TreeMap<>();
    private final List<String> freeIps = new ArrayList<>();
    /** IPs that go to strangers when they are given back. */
    private final Set<String> promised = new TreeSet<>();
    private final List<Pod> rolling = new ArrayList<>();
    final List<Pod> pods = new ArrayList<>();
    Asked asked;
    boolean up = true;
    /** How old its word is, in ms. */
    long lag;
    boolean countIsInEnvironment;
    private int serial;
    private int ips;

    Kube(World world, Asked asked) {
        this.world = world;
        this.asked = asked;
    }

    void createAll(long within) {
        world.after(within + 1000, this::control);
        for (int i = 0; i < asked.nodes(); i++) {
            world.after(world.chance.between(0, within), this::create);
        }
    }

    private void create() {
        serial++;
        Pod pod = new Pod(world, "pod-" + serial, "uid-" + serial, "node-" + serial % 3, nextIp());
        pods.add(pod);
        note(pod);
        world.trace(() -> pod.name + " created at " + pod.ip + " on " + pod.machine);
        world.after(world.chance.between(100, 1500), pod::startRedisContainer);
        world.after(world.chance.between(100, 2000), pod::startCoordinator);
    }

    /** An IP that was given back is used again, sometimes. */
    String nextIp() {
        if (!freeIps.isEmpty() && world.chance.percent(60)) {
            return freeIps.remove(world.chance.index(freeIps.size()));
        }
        ips++;
        return "10.0." + ips / 250 + "." + (1 + ips % 250);
    }

    /** This pod's IP becomes that of a stranger's pod, when it is given back. */
    void promiseIp(Pod pod) {
        promised.add(pod.ip);
    }

    private void release(String ip) {
        if (promised.remove(ip)) {
            world.after(world.chance.between(STRANGER_MS, 3 * STRANGER_MS), () -> world.strangers.arrive(ip));
            if (world.chance.percent(70)) {
                world.after(world.chance.between(4 * STRANGER_MS, 15 * STRANGER_MS), () -> {
                    world.strangers.leave(ip);
                    release(ip);
                });
            }
            return;
        }
        world.after(world.chance.between(200, 3000), () -> freeIps.add(ip));
    }

    /** {@code kubectl delete pod}: the preStop hook tells the coordinator; the kubelet's patience has an end. */
    void delete(Pod pod) {
        world.trace(() -> pod.name + " is deleted gracefully");
        pod.leave();
        replace(pod);
        world.after(GRACE_MS, () -> end(pod));
    }

    /** Deleted by force, or evicted: its processes are killed, and a replacement comes. */
    void kill(Pod pod) {
        world.trace(() -> pod.name + " is killed");
        replace(pod);
        end(pod);
    }

    void end(Pod pod) {
        if (pod.exists) {
            pod.exists = false;
            pod.die(true);
            note(pod);
            pods.remove(pod);
            release(pod.ip);
        }
    }

    /** Its machine is gone: nobody answers, and Kubernetes takes its time to believe it. */
    void loseMachine(Pod pod) {
        world.trace(() -> pod.name + "'s machine is gone");
        pod.die(false);
        world.after(world.chance.between(4000, 12_000), () -> {
            replace(pod);
            end(pod);
        });
    }

    void reboot(Pod pod, boolean newIp, boolean remembers) {
        String before = pod.ip;
        String ip = newIp ? nextIp() : before;
        world.trace(() -> pod.name + "'s machine restarts, " + before + " -> " + ip);
        if (!ip.equals(before)) {
            release(before);
        }
        pod.reboot(ip, remembers);
    }

    /** {@code kubectl scale}, as soon as the API server takes it; fewer: some pod is told to leave. */
    void scale(Asked next) {
        if (!up) {
            world.after(RETRY_MS, () -> scale(next));
            return;
        }
        world.trace(() -> "scaled from " + asked + " to " + next);
        int more = next.nodes() - asked.nodes();
        asked = next;
        for (int i = 0; i < more; i++) {
            create();
        }
        for (int i = 0; i < -more; i++) {
            List<Pod> staying = pods.stream().filter(p -> p.exists && !p.leaving).toList();
            if (staying.size() > asked.nodes()) {
                delete(world.chance.pick(staying));
            }
        }
    }

    /** {@code kubectl rollout restart}: surge one, unavailable none. */
    void rollout() {
        if (rolling.isEmpty()) {
            world.trace(() -> "all pods are replaced, one by one");
            pods.stream().filter(p -> !p.leaving).forEach(rolling::add);
            roll();
        }
    }

    private void roll() {
        rolling.removeIf(p -> !p.exists || p.leaving);
        if (rolling.isEmpty()) {
            return;
        }
        List<Pod> staying = pods.stream().filter(p -> p.exists && !p.leaving).toList();
        if (staying.size() <= asked.nodes()) {
            create();
        } else if (staying.stream().allMatch(Kube::isReady)) {
            delete(rolling.removeFirst());
        }
        world.after(500, this::roll);
    }

    private static boolean isReady(Pod pod) {
        return pod.redis().filter(r -> r.isServing() && (r.myself.isReplica() ? r.replication.isUp() : r.myself.hasSlots())).isPresent();
    }

    /** The controller deletes what is over. */
    private void control() {
        List<Pod> staying = pods.stream().filter(p -> p.exists && !p.leaving).toList();
        if (rolling.isEmpty() && staying.size() > asked.nodes() && staying.stream().allMatch(p -> p.hostUp)) {
            delete(staying.stream().filter(p -> !isReady(p)).findFirst().orElseGet(() -> world.chance.pick(staying)));
        }
        world.after(1000, this::control);
    }

    /** What is still being replaced. */
    Optional<String> isRolling() {
        return rolling.isEmpty() ? Optional.empty() : Optional.of(rolling.size() + " pods are still to be replaced");
    }

    private void replace(Pod gone) {
        if (gone.exists) {
            world.after(world.chance.between(100, 1500), () -> {
                if (pods.stream().filter(p -> p.exists && !p.leaving && p.hostUp).count() < asked.nodes()) {
                    create();
                }
            });
        }
    }

    /** REDIS_CLUSTER_COUNT, where it is set. */
    Optional<Asked> countFromEnvironment() {
        return countIsInEnvironment ? Optional.of(asked) : Optional.empty();
    }

    void onContainer(Pod pod) {
        note(pod);
    }

    private void note(Pod pod) {
        if (pod.exists && !pod.hostUp) {
            return;   // its kubelet is gone with it: nobody tells
        }
        history.computeIfAbsent(pod.uid, u -> new ArrayList<>()).add(new Seen(world.now(), pod.exists, pod.container()));
    }

    /**
     * The pods that there are, and when each was created, as {@code io.regroup.kube} lists them; one that was made since its word is older than
     * that is among them.
     */
    Optional<SortedMap<String, Long>> living() {
        if (!up) {
            return Optional.empty();
        }
        SortedMap<String, Long> created = new TreeMap<>();
        history.forEach((uid, seen) -> {
            boolean ended = seen.stream().filter(s -> s.at() <= world.now() - lag).reduce((a, b) -> b).filter(s -> !s.exists()).isPresent();
            if (!ended) {
                created.put("pod" + uid.substring("uid".length()), seen.getFirst().at() / 1000 * 1000);
            }
        });
        return Optional.of(created);
    }

    /** Proof that a pod's Redis has ended, as {@code io.regroup.kube} judges it; asked by uid. */
    Optional<End> proofOfEnd(String name, Seat seat) {
        if (!up) {
            return Optional.empty();
        }
        Optional<Seen> seen = history.getOrDefault(seat.podUid(), List.of()).stream()
            .filter(s -> s.at() <= world.now() - lag).reduce((a, b) -> b);
        if (seen.isEmpty()) {
            return Optional.empty();
        }
        if (!seen.get().exists()) {
            return Optional.of(new End("pod " + name + " is gone: the API server has no such pod", true));
        }
        return seen.get().container() == Pod.Container.TERMINATED
            ? Optional.of(new End("container redis of pod " + name + " has ended", false)) : Optional.empty();
    }
}
