package io.regroup.coordinator;

import io.regroup.admin.Counters;
import io.regroup.lead.Leader;
import io.regroup.message.Message;
import io.regroup.model.Address;
import io.regroup.plan.Action;
import io.regroup.plan.Check;
import io.regroup.plan.Command;
import io.regroup.plan.Decision;
import io.regroup.plan.Reply;
import io.regroup.redis.Servers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out a decision: decides nothing, reports what came of each command. */
public final class Hands {

    private static final Logger log = LoggerFactory.getLogger(Hands.class);
    private static final Duration TIMEOUT = Duration.ofMillis(Leader.ORDER_MS);

    private final Servers servers;
    private final BiConsumer<String, Message> toMember;
    private final Counters counters;

    /** @param toMember sends a message to the member of this name */
    public Hands(Servers servers, BiConsumer<String, Message> toMember, Counters counters) {
        this.servers = servers;
        this.toMember = toMember;
        this.counters = counters;
    }

    /**
     * @param where round and view, for the log
     * @param until how long each server may carry out what it is sent, in ms since the epoch by its own clock; absent: at any time
     */
    public void carryOut(Decision decision, String where, SortedMap<Address, Long> until) {
        if (!holds(decision, where)) {
            return;
        }
        decision.actions().forEach(action -> counters.add("action " + action.kind()));
        for (Action action : decision.actions()) {
            switch (action) {
                case Action.Permit permit ->
                    toMember.accept(permit.member(), new Message.Permitted(permit.request(), permit.blank(), permit.former()));
                case Action.Release release -> toMember.accept(release.member(), new Message.Released(release.withSlots()));
                case Action.Restart restart -> toMember.accept(restart.member(), new Message.Restarted());
                case Action.TellEpoch tell -> toMember.accept(tell.member(), new Message.EpochTold(tell.master(), tell.epoch()));
                default -> { }
            }
        }
        if (send(decision, where, until, Action::commands)) {
            send(decision, where, until, Action::sequel);
        }
    }

    /** @return whether all is still as it was when this was decided */
    private boolean holds(Decision decision, String where) {
        SortedMap<Address, Check> checks = new TreeMap<>();
        decision.actions().forEach(action -> checks.putAll(action.checks()));
        SortedMap<Address, List<Command>> questions = new TreeMap<>();
        checks.forEach((address, check) -> questions.put(address, List.of(check.question())));
        boolean holds = true;
        for (var replies : servers.send(questions, TIMEOUT).entrySet()) {
            Check check = checks.get(replies.getKey());
            if (!check.holds(replies.getValue().getFirst())) {
                log.info("{} {}: nothing is sent, for {} does not say that {}: {}", where, decision.step(), replies.getKey(), check.what(),
                    words(replies.getValue().getFirst()));
                counters.add("overtaken " + decision.step());
                holds = false;
            }
        }
        return holds;
    }

    private static String words(Reply reply) {
        return switch (reply) {
            case Reply.Answer answer -> "its replicas are " + answer.items();
            case Reply.Refusal refusal -> refusal.error();
            case Reply.Silence silence -> silence.problem();
        };
    }

    /** @return whether every node carried out everything */
    private boolean send(Decision decision, String where, SortedMap<Address, Long> until, Function<Action, SortedMap<Address, List<Command>>> part) {
        SortedMap<Address, List<Command>> batches = new TreeMap<>();
        decision.actions().forEach(action -> part.apply(action).forEach((address, commands) ->
            batches.computeIfAbsent(address, a -> new ArrayList<>()).addAll(commands)));
        if (batches.isEmpty()) {
            return true;
        }
        batches.values().forEach(commands -> commands.forEach(c -> counters.add("command " + c.name())));
        boolean done = true;
        SortedMap<Address, List<Command>> orders = new TreeMap<>();
        batches.forEach((address, commands) -> orders.put(address, until.containsKey(address)
            ? commands.stream().map(command -> command.until(until.get(address))).toList() : commands));
        for (var replies : withoutScripts(orders, servers.send(orders, TIMEOUT)).entrySet()) {
            List<Command> commands = batches.get(replies.getKey());
            for (int i = 0; i < commands.size(); i++) {
                Reply reply = replies.getValue().get(i);
                tell(where, decision.step(), replies.getKey(), commands.get(i), reply);
                done &= reply instanceof Reply.Answer;
            }
        }
        return done;
    }

    /** What only a script was refused is sent as it is: the server was there just now. */
    private SortedMap<Address, List<Reply>> withoutScripts(SortedMap<Address, List<Command>> orders, SortedMap<Address, List<Reply>> replies) {
        SortedMap<Address, List<Command>> again = new TreeMap<>();
        replies.forEach((address, list) -> refused(orders.get(address), list)
            .forEach(i -> again.computeIfAbsent(address, a -> new ArrayList<>()).add(orders.get(address).get(i).unlimited())));
        if (again.isEmpty()) {
            return replies;
        }
        SortedMap<Address, List<Reply>> all = new TreeMap<>(replies);
        servers.send(again, TIMEOUT).forEach((address, second) -> {
            List<Reply> list = new ArrayList<>(replies.get(address));
            Iterator<Reply> next = second.iterator();
            refused(orders.get(address), list).forEach(i -> list.set(i, next.next()));
            all.put(address, list);
        });
        return all;
    }

    private static List<Integer> refused(List<Command> commands, List<Reply> replies) {
        return IntStream.range(0, commands.size()).filter(i -> commands.get(i).needsNoScript(replies.get(i))).boxed().toList();
    }

    private void tell(String where, String step, Address address, Command command, Reply reply) {
        switch (reply) {
            case Reply.Answer answer -> log.debug("{} {}: {} at {}: {}", where, step, command, address, answer.text());
            case Reply.Refusal refusal -> {
                counters.add("refused " + command.verb());
                log.info("{} {}: {} refused {}: {}", where, step, address, command, refusal.error());
            }
            case Reply.Silence silence -> {
                counters.add("unanswered " + command.verb());
                log.info("{} {}: {} did not answer {}: {}", where, step, address, command, silence.problem());
            }
        }
    }
}
