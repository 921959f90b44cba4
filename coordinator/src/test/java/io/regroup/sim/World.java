package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Everything of one simulated deployment, and the time that all of it shares. */
final class World {

    private static final long LATE_POLL_MS = 50;
    private static final long LEAST_STALL_MS = 300;
    private static final long MOST_STALL_MS = 8000;

    final Timeline timeline = new Timeline();
    final Chance chance;
    final Network net;
    final Kube kube;
    final SimGroup group;
    final Strangers strangers = new Strangers(this);
    final Ledger ledger = new Ledger();
    final Rules rules = new Rules(this);
    final DecisionRules decisions = new DecisionRules(this);
    final CopyRules copies = new CopyRules(this);
    final PromotionRules promotions = new PromotionRules(this);
    final Tamper tamper;
    private final Consumer<String> out;
    private final Map<String, String> lastLines = new HashMap<>();
    /** Percent of pipelines that break between two commands, and of replies that never come. */
    int lossPercent;
    /** Percent of pipelines that find their server frozen. */
    int stallPercent;
    /** Most that a write needs to a replica, beyond the usual, in ms. */
    long mostLag;
    /** Where a server stands still. */
    final Set<String> frozen = new HashSet<>();
    /** Servers freeze, and what is sent to one that is frozen or cut off is there when it can be reached again, however long ago its sender gave up. */
    boolean commandsCanBeLate;
    /** How the server at an address can move slots by itself. */
    Function<Address, MoveBy> able = address -> MoveBy.MIGRATE;
    /** Commands, or pipelines of a move, that Redis servers have been sent. */
    long commands;
    /** Is told of each before it is carried out. */
    Consumer<SimRedis> onCommand = server -> { };

    /** @param out takes one line an event; absent: nobody reads them */
    World(long seed, Asked asked, Tamper tamper, Consumer<String> out) {
        this.chance = new Chance(seed);
        this.net = new Network(chance, this::now);
        this.kube = new Kube(this, asked);
        this.tamper = tamper;
        this.out = out;
        this.group = new SimGroup(this);
    }

    long now() {
        return timeline.now();
    }

    void after(long ms, Runnable what) {
        timeline.after(ms, what);
    }

    Violation broken(String rule, String what) {
        Violation violation = new Violation(rule, what);
        trace(() -> "VIOLATION " + violation.getMessage());
        return violation;
    }

    void trace(Supplier<String> line) {
        if (out != null) {
            out.accept(String.format("%8.3f  %s", (now() - Timeline.START) / 1000.0, line.get()));
        }
    }

    /** A line about someone, when it is another one than the last about them. */
    void traceChange(String whom, Supplier<String> line) {
        if (out != null) {
            String now = line.get();
            if (!now.equals(lastLines.put(whom, now))) {
                trace(() -> now);
            }
        }
    }

    List<Pod> pods() {
        return kube.pods;
    }

    /** All processes of ours that run now. */
    List<SimRedis> servers() {
        List<SimRedis> servers = new ArrayList<>();
        for (Pod pod : kube.pods) {
            pod.redis().ifPresent(servers::add);
        }
        return servers;
    }

    /** The process behind this address; null: none. */
    SimRedis serverAt(Address address) {
        for (Pod pod : kube.pods) {
            if (pod.hostUp && pod.ip.equals(address.host())) {
                return pod.redis().orElse(null);
            }
        }
        return strangers.at(address);
    }

    boolean hasHost(String ip) {
        return kube.pods.stream().anyMatch(p -> p.hostUp && p.ip.equals(ip)) || strangers.hasHost(ip);
    }

    boolean canReach(SimRedis from, Address to) {
        return !isFrozen(from.address.host()) && canReach(from.address.host(), to);
    }

    /** Whether the coordinator of this pod leads. */
    boolean isLedBy(Pod pod) {
        return leader().filter(member -> member.pod == pod).isPresent();
    }

    /** The pods whose servers follow this one's. */
    List<Pod> replicasOf(Pod master) {
        NodeId id = master.redis().orElseThrow().id();
        return pods().stream().filter(pod -> pod.redis().map(server -> server.myself.slaveof).filter(entry -> entry != null && entry.id.equals(id)).isPresent())
            .toList();
    }

    /** By the cluster bus. */
    boolean busReaches(SimRedis from, Address to) {
        return net.reach(Network.Plane.BUS, from.address.host(), to.host()) && !isFrozen(from.address.host()) && !isFrozen(to.host());
    }

    /** From a process there that is no server: a coordinator goes on while its own server stands still. */
    boolean canReach(String from, Address to) {
        return net.reach(Network.Plane.REDIS, from, to.host()) && !isFrozen(to.host());
    }

    private boolean isFrozen(String host) {
        return !frozen.isEmpty() && frozen.contains(host);
    }

    /** Nothing is cut, and no server stands still. */
    boolean isWhole() {
        return net.isWhole() && frozen.isEmpty();
    }

    boolean breaksPipeline() {
        return chance.percent(lossPercent);
    }

    /** A server stands still just when it is sent something. @param percent of the times in which others do: of what has many steps each is rarer */
    void mayStall(SimRedis server, int percent) {
        if (stallPercent > 0 && server != null && chance.percent(stallPercent) && chance.percent(percent)) {
            server.freeze(chance.between(LEAST_STALL_MS, MOST_STALL_MS));
        }
    }

    boolean losesReply() {
        return chance.percent(lossPercent);
    }

    void commanded(SimRedis server) {
        commands++;
        onCommand.accept(server);
    }

    /** What the kernel has taken for a server's connection arrives once it can, if both ends are still there. */
    void whenReached(String from, SimRedis server, Runnable what) {
        if (net.reach(Network.Plane.REDIS, from, server.address.host())) {
            server.happen(what);
        } else if (server.isAlive() && hasHost(from)) {
            after(LATE_POLL_MS, () -> whenReached(from, server, what));
        }
    }

    long lag() {
        return mostLag == 0 ? 0 : chance.between(0, mostLag);
    }

    List<SimMember> members() {
        return kube.pods.stream().flatMap(p -> p.coordinator().stream()).filter(SimMember::isAlive).toList();
    }

    /** The member that most follow. */
    java.util.Optional<SimMember> leader() {
        return members().stream().filter(SimMember::leads)
            .max(java.util.Comparator.comparingInt(m -> m.view().orElseThrow().members().size()));
    }
}
