package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.View;
import io.regroup.move.Transfer;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Slots on their way: the product's {@link Transfer}s, step by step, so that a crash, a pause, a cut or another leader can fall between
 * any two.
 */
final class Convoy {

    private static final long WAIT_MS = 100;

    private final SimMember leader;
    private final World world;
    private final View view;
    private final List<Transfer> waiting;
    private final List<Transfer> running = new ArrayList<>();

    Convoy(SimMember leader, View view, List<Transfer> moves) {
        this.leader = leader;
        this.world = leader.world;
        this.view = view;
        this.waiting = new ArrayList<>(moves);
    }

    void go() {
        for (Transfer move : List.copyOf(waiting)) {
            if (running.stream().noneMatch(move::touches)) {
                waiting.remove(move);
                running.add(move);
                world.trace(() -> leader + " begins: " + move.move());
                step(move);
            }
        }
    }

    void stop() {
        waiting.forEach(Transfer::stop);
        running.forEach(Transfer::stop);
    }

    private void step(Transfer move) {
        if (!leader.mayGoOn(view)) {
            move.stop();
        }
        SortedMap<Address, List<Command>> step = move.next(world.now());
        if (step.isEmpty()) {
            world.trace(() -> leader + " ends: " + move.move() + ", " + move.progress() + move.problem().map(problem -> ", " + problem).orElse(""));
            running.remove(move);
            go();
            if (running.isEmpty()) {
                leader.moved();
            }
            return;
        }
        long patience = move.patienceMs();
        SortedMap<Address, List<Reply>> replies = new TreeMap<>();
        step.forEach((address, commands) -> world.after(world.net.delay(), () -> {
            if (leader.isAlive()) {
                send(address, commands, patience, answer -> {
                    replies.put(address, answer);
                    if (replies.size() == step.size()) {
                        leader.happen(() -> {
                            move.on(replies, world.now());
                            pause(move);
                        });
                    }
                });
            }
        }));
    }

    private void pause(Transfer move) {
        if (move.pauseMs() == 0) {
            step(move);
        } else {
            world.after(move.pauseMs(), () -> leader.happen(() -> step(move)));
        }
    }

    private interface Answered {
        void with(List<Reply> replies);
    }

    private void send(Address address, List<Command> commands, long patience, Answered answered) {
        SimRedis server = world.serverAt(address);
        world.mayStall(server, 10);
        if (server == null || !server.listens() || !world.hasHost(address.host()) || !world.canReach(leader.pod.ip, address)) {
            if (world.commandsCanBeLate && server != null && server.listens()) {
                world.whenReached(leader.pod.ip, server, () -> commands.forEach(command -> KeyCommands.execute(server, new Command(world.tamper.words(command.words())))));
            }
            boolean refused = server == null && world.hasHost(address.host()) && world.canReach(leader.pod.ip, address);
            world.after(refused ? 1 : patience, () -> answered.with(silence(List.of(), commands)));
            return;
        }
        boolean waits = commands.getLast().words().getFirst().equals("WAIT") && server.replication.caughtUp() == 0;
        if (waits) {
            world.after(WAIT_MS, () -> answered.with(commands.stream().map(c -> KeyCommands.execute(server, c)).toList()));
            return;
        }
        int breaksAt = world.breaksPipeline() ? world.chance.index(commands.size() + 1) : commands.size();
        List<Reply> replies = new ArrayList<>();
        if (breaksAt > 0) {
            world.commanded(server);
        }
        for (Command command : commands.subList(0, breaksAt)) {
            replies.add(KeyCommands.execute(server, new Command(world.tamper.words(command.words()))));
        }
        world.trace(() -> "  " + leader + " -> " + server + ": " + commands.getFirst() + (commands.size() > 1 ? " and " + (commands.size() - 1) + " more" : "")
            + (breaksAt < commands.size() ? ", cut off after " + breaksAt : "") + refusals(replies));
        boolean silent = breaksAt < commands.size() || world.losesReply();
        world.after(silent ? patience : world.net.delay(), () -> answered.with(silent ? silence(List.of(), commands) : replies));
    }

    private static String refusals(List<Reply> replies) {
        return replies.stream().filter(Reply.Refusal.class::isInstance).findFirst().map(reply -> " " + reply).orElse("");
    }

    private static List<Reply> silence(List<Reply> begun, List<Command> commands) {
        List<Reply> replies = new ArrayList<>(begun);
        while (replies.size() < commands.size()) {
            replies.add(new Reply.Silence("no answer in time"));
        }
        return replies;
    }
}
