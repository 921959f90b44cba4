package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.plan.Action;
import io.regroup.plan.Check;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One decision being carried out: a pipeline to each node, command by command, so that a crash, a pause or a cut can fall
 * between any two. Done when all have answered, or when patience ends.
 */
final class Errand {

    private static final long TIMEOUT_MS = 1500;

    /** One command, and what it is part of. @param limited whether its server refuses it when it comes late */
    private record Line(Action action, Command command, boolean limited) {
    }

    private final SimMember leader;
    private final World world;
    private final CarryOut what;
    private final long decidedAt;
    private boolean done;

    Errand(SimMember leader, CarryOut what) {
        this.leader = leader;
        this.world = leader.world;
        this.what = what;
        this.decidedAt = world.now();
    }

    void go() {
        world.decisions.onDecision(leader, what);
        for (Action action : what.decision().actions()) {
            switch (action) {
                case Action.Permit permit -> tell(permit.member(), m -> m.permit(leader.name, permit.request(), permit.blank(), permit.former()));
                case Action.Release release -> tell(release.member(), m -> m.release(leader.name, release.withSlots()));
                case Action.Restart restart -> tell(restart.member(), m -> m.restart(leader.name));
                case Action.TellEpoch told -> tell(told.member(), m -> m.epochIs(leader.name, told.master(), told.epoch()));
                default -> { }
            }
        }
        check(() -> part(Action::commands, () -> part(Action::sequel, this::finish)));
        world.after(TIMEOUT_MS, this::finish);
    }

    /** What must hold is asked of all nodes at once: what comes next has to wait until all have said that it does. */
    private void check(Runnable next) {
        SortedMap<Address, Check> checks = new TreeMap<>();
        what.decision().actions().forEach(action -> checks.putAll(action.checks()));
        if (checks.isEmpty()) {
            next.run();
            return;
        }
        int[] open = {checks.size()};
        boolean[] holds = {true};
        checks.forEach((address, check) -> world.after(world.net.delay(), () -> {
            SimRedis server = leader.mayGoOn(what.view()) && world.hasHost(address.host()) && world.canReach(leader.pod.ip, address)
                ? world.serverAt(address) : null;
            Reply reply = server != null && server.listens() ? KeyCommands.execute(server, check.question()) : new Reply.Silence("it does not listen");
            world.after(world.net.delay(), () -> {
                holds[0] &= check.holds(reply);
                if (--open[0] == 0) {
                    (holds[0] ? next : (Runnable) this::finish).run();
                }
            });
        }));
    }

    private void tell(String member, Consumer<SimMember> word) {
        world.group.send(leader, member, word);
    }

    /** All nodes at once; what comes next has to wait until every node has carried out everything. */
    private void part(Function<Action, SortedMap<Address, List<Command>>> of, Runnable next) {
        List<Runnable> pipelines = new ArrayList<>();
        int[] open = {0};
        boolean[] failed = {false};
        Consumer<Boolean> answered = success -> {
            failed[0] |= !success;
            if (--open[0] == 0) {
                (failed[0] ? (Runnable) this::finish : next).run();
            }
        };
        SortedMap<Address, List<Line>> batches = new TreeMap<>();
        what.decision().actions().forEach(action -> of.apply(action).forEach((address, commands) ->
            commands.forEach(command -> batches.computeIfAbsent(address, a -> new ArrayList<>()).add(new Line(action, command, true)))));
        batches.forEach((address, lines) -> {
            open[0]++;
            int breaksAt = world.breaksPipeline() ? world.chance.index(lines.size() + 1) : lines.size();
            pipelines.add(() -> send(address, lines, 0, breaksAt, true, answered));
        });
        if (pipelines.isEmpty()) {
            next.run();
        } else {
            pipelines.forEach(Runnable::run);
        }
    }

    private void send(Address address, List<Line> lines, int next, int breaksAt, boolean well, Consumer<Boolean> answered) {
        if (next >= lines.size()) {
            if (!world.losesReply()) {
                world.after(world.net.delay(), () -> answered.accept(well));
            }
            return;
        }
        if (next >= breaksAt) {
            return;
        }
        world.after(next == 0 ? world.net.delay() : world.chance.percent(10) ? world.chance.between(0, 3) : 0, () -> {
            if (!leader.mayGoOn(what.view()) || !world.hasHost(address.host())) {
                return;
            }
            SimRedis server = world.serverAt(address);
            if (next == 0) {
                world.mayStall(server, 100);
            }
            if (!world.canReach(leader.pod.ip, address)) {
                sendLate(server, lines.subList(next, breaksAt));
                return;
            }
            if (server == null || !server.listens()) {
                answered.accept(false);
            } else {
                Line line = lines.get(next);
                String reply = carryOut(line, server);
                boolean again = order(line, server).needsNoScript(new Reply.Refusal(reply));
                if (again) {
                    lines.add(new Line(line.action(), line.command(), false));
                }
                send(address, lines, next + 1, again && breaksAt == lines.size() - 1 ? lines.size() : breaksAt,
                    well && (again || reply.equals(ClusterCommands.OK)), answered);
            }
        });
    }

    /** All of it is on its way by now. */
    private void sendLate(SimRedis server, List<Line> lines) {
        if (world.commandsCanBeLate && server != null && server.listens()) {
            world.whenReached(leader.pod.ip, server, () -> {
                world.trace(() -> "  what " + leader + " sent " + (world.now() - decidedAt) + " ms ago reaches " + server);
                lines.forEach(line -> carryOut(line, server));
            });
        }
    }

    private String carryOut(Line line, SimRedis server) {
        return world.rules.onCommand(leader, what, decidedAt, line.action(), server, world.tamper.words(order(line, server).words()));
    }

    private Command order(Line line, SimRedis server) {
        Long until = what.until().get(server.address);
        return until == null || !line.limited() ? line.command() : line.command().until(until);
    }

    private void finish() {
        if (!done) {
            done = true;
            leader.done();
        }
    }
}
