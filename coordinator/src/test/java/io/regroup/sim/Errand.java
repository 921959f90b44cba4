package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.plan.Action;
import io.regroup.plan.Command;
import java.util.List;

/**
 * One decision being carried out: a pipeline to each node, command by command, so that a crash, a pause or a cut can fall
 * between any two. Done when all have answered, or when patience ends.
 */
final class Errand {

    private static final long TIMEOUT_MS = 1000;

    private final SimMember leader;
    private final World world;
    private final CarryOut what;
    private int open = 1;
    private boolean done;

    Errand(SimMember leader, CarryOut what) {
        this.leader = leader;
        this.world = leader.world;
        this.what = what;
    }

    void go() {
        world.rules.onDecision(leader, what);
        for (Action action : what.decision().actions()) {
            switch (action) {
                case Action.Permit permit -> tell(permit.member(), m -> m.permit(permit.request(), permit.blank()));
                case Action.Release release -> tell(release.member(), SimMember::release);
                default -> action.commands().forEach((address, commands) -> {
                    open++;
                    int breaksAt = world.breaksPipeline() ? world.chance.index(commands.size() + 1) : commands.size();
                    send(action, address, commands, 0, breaksAt);
                });
            }
        }
        close();
        world.after(TIMEOUT_MS, this::finish);
    }

    private void tell(String member, java.util.function.Consumer<SimMember> word) {
        world.group.send(leader, member, word);
    }

    private void send(Action action, Address address, List<Command> commands, int next, int breaksAt) {
        if (next >= commands.size()) {
            if (!world.losesReply()) {
                world.after(world.net.delay(), this::close);
            }
            return;
        }
        if (next >= breaksAt) {
            return;
        }
        world.after(next == 0 ? world.net.delay() : world.chance.percent(10) ? world.chance.between(0, 3) : 0, () -> {
            if (!leader.mayGoOn(what.view()) || !world.hasHost(address.host()) || !world.canReach(leader.pod.ip, address)) {
                return;
            }
            SimRedis server = world.serverAt(address);
            if (server == null || !server.listens()) {
                close();
            } else {
                world.rules.onCommand(leader, what, action, server, world.tamper.words(commands.get(next).words()));
                send(action, address, commands, next + 1, breaksAt);
            }
        });
    }

    private void close() {
        if (--open == 0) {
            finish();
        }
    }

    private void finish() {
        if (!done) {
            done = true;
            leader.done();
        }
    }
}
