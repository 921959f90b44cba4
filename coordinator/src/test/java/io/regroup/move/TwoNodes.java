package io.regroup.move;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a move needs of its source and target, with the refusals of redis 7.0.15 ({@code clusterCommand}, {@code migrateCommand}). */
final class TwoNodes {

    /** One of them. */
    static final class Node {
        final NodeId id;
        final Address at;
        final SortedMap<Integer, NodeId> owners = new TreeMap<>();
        final SortedMap<Integer, NodeId> importing = new TreeMap<>();
        final SortedMap<Integer, NodeId> migrating = new TreeMap<>();
        final SortedMap<Integer, SortedSet<String>> keys = new TreeMap<>();
        /** How often it took a new epoch and told all ({@code clusterBroadcastPong}). */
        int epochs;

        Node(String digit, int port) {
            id = new NodeId(digit.repeat(40));
            at = new Address("10.0.0." + port, 6379);
        }

        SortedSet<String> keys(int slot) {
            return keys.computeIfAbsent(slot, s -> new TreeSet<>());
        }
    }

    final Node source = new Node("a", 1);
    final Node target = new Node("b", 2);
    final Address other = new Address("10.0.0.3", 6379);
    /** How many bytes a key has; the others have 50. */
    final SortedMap<String, Long> sizes = new TreeMap<>();
    /** How many replicas of the target say that they have all. */
    int copies = 1;
    /** What the next MIGRATEs are refused with. */
    final List<String> migrateErrors = new ArrayList<>();
    /** In the pipeline that is being answered: a slot was taken with a new epoch; the last one that was taken was told to all. */
    private boolean bumped;
    private boolean told;
    /** All that was sent, in order. */
    final List<String> log = new ArrayList<>();

    TwoNodes(int slots) {
        for (int slot = 0; slot < slots; slot++) {
            source.owners.put(slot, source.id);
            target.owners.put(slot, source.id);
        }
    }

    SortedMap<Address, List<Reply>> answer(SortedMap<Address, List<Command>> step) {
        SortedMap<Address, List<Reply>> replies = new TreeMap<>();
        bumped = false;
        told = true;
        step.forEach((at, commands) -> replies.put(at, commands.stream().map(command -> answer(at, command)).toList()));
        if (!told) {
            throw new AssertionError("the target took slots, and nobody heard of it");
        }
        return replies;
    }

    private Reply answer(Address at, Command command) {
        List<String> words = command.words();
        log.add((at.equals(source.at) ? "source " : at.equals(target.at) ? "target " : "other ") + String.join(" ", words)
            .replace(source.id.value(), "SOURCE").replace(target.id.value(), "TARGET"));
        if (at.equals(other)) {
            return new Reply.Refusal("ERR Unknown node " + words.getLast());
        }
        Node node = at.equals(source.at) ? source : target;
        return switch (words.getFirst()) {
            case "PING" -> new Reply.Answer("PONG");
            case "WAIT" -> new Reply.Answer(Integer.toString(copies));
            case "MEMORY" -> source.keys.values().stream().anyMatch(keys -> keys.contains(words.get(2)))
                ? new Reply.Answer(Long.toString(sizes.getOrDefault(words.get(2), 50L))) : new Reply.Refusal("ASK 1 " + target.at);
            case "MIGRATE" -> migrate(words.subList(8, words.size()));
            default -> cluster(node, words.get(1), Integer.parseInt(words.get(2)), words);
        };
    }

    private Reply cluster(Node node, String verb, int slot, List<String> words) {
        return switch (verb) {
            case "COUNTKEYSINSLOT" -> new Reply.Answer(Integer.toString(node.keys(slot).size()));
            case "GETKEYSINSLOT" -> new Reply.Answer("", node.keys(slot).stream().limit(Integer.parseInt(words.get(3))).toList());
            default -> setSlot(node, slot, words.get(3), words.size() > 4 ? new NodeId(words.get(4)) : node.id);
        };
    }

    private Reply setSlot(Node node, int slot, String state, NodeId id) {
        switch (state) {
            case "IMPORTING" -> {
                if (node.id.equals(node.owners.get(slot))) {
                    return new Reply.Refusal("ERR I'm already the owner of hash slot " + slot);
                }
                node.importing.put(slot, id);
            }
            case "MIGRATING" -> {
                if (!node.id.equals(node.owners.get(slot))) {
                    return new Reply.Refusal("ERR I'm not the owner of hash slot " + slot);
                }
                node.migrating.put(slot, id);
            }
            case "STABLE" -> {
                node.importing.remove(slot);
                node.migrating.remove(slot);
            }
            case "NODE" -> {
                if (node.id.equals(node.owners.get(slot)) && !node.id.equals(id) && !node.keys(slot).isEmpty()) {
                    return new Reply.Refusal("ERR Can't assign hashslot " + slot + " to a different node while I still hold keys for this hash slot.");
                }
                boolean taken = node == target && !node.id.equals(node.owners.get(slot));
                if (node.keys(slot).isEmpty()) {
                    node.migrating.remove(slot);
                }
                node.owners.put(slot, id);
                if (node.id.equals(id) && node.importing.remove(slot) != null) {
                    node.epochs++;
                    bumped = true;
                    told = true;
                } else if (taken) {
                    if (!bumped) {
                        throw new AssertionError("slot " + slot + " was taken without a new epoch: the source's next word takes it back");
                    }
                    told = false;
                }
            }
            default -> throw new IllegalArgumentException(state);
        }
        return new Reply.Answer("OK");
    }

    private Reply migrate(List<String> keys) {
        if (!migrateErrors.isEmpty()) {
            return new Reply.Refusal(migrateErrors.removeFirst());
        }
        boolean some = false;
        for (Map.Entry<Integer, SortedSet<String>> slot : source.keys.entrySet()) {
            for (String key : keys) {
                if (slot.getValue().contains(key)) {
                    if (!target.importing.containsKey(slot.getKey())) {
                        return new Reply.Refusal("ERR Target instance replied with error: MOVED " + slot.getKey() + " " + source.at);
                    }
                    slot.getValue().remove(key);
                    target.keys(slot.getKey()).add(key);
                    some = true;
                }
            }
        }
        return new Reply.Answer(some ? "OK" : "NOKEY");
    }
}
