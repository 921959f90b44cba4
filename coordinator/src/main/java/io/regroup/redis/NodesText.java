package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Reads {@code CLUSTER NODES}, and {@code nodes.conf}, which is the same with a line of {@code vars} more
 * ({@code clusterGenNodeDescription} in Redis' cluster.c). Lettuce's own reader drops facts (nofailover, open slots).
 */
public final class NodesText {

    /** Redis' {@code CLUSTER_PORT_INCR}. */
    private static final int BUS_OFFSET = 10_000;

    private NodesText() {
    }

    /** @throws IllegalArgumentException says which line is not understood and why */
    public static ClusterTable parse(String text) {
        ClusterNode myself = null;
        SortedMap<NodeId, ClusterNode> others = new TreeMap<>();
        for (String line : text.split("\n")) {
            if (line.isBlank() || line.startsWith("vars ")) {
                continue;
            }
            ClusterNode node = node(line.strip());
            if (node.is(NodeFlag.MYSELF)) {
                myself = node;
            } else {
                others.put(node.id(), node);
            }
        }
        if (myself == null) {
            throw new IllegalArgumentException("no line is flagged myself in: " + text.strip());
        }
        return new ClusterTable(myself, others);
    }

    /**
     * When this node was heard on the bus last, by its own answer or by what others tell of it, in ms of the server's wall clock. Empty: never. It is no part of a
     * {@link ClusterTable}: it changes all the time.
     */
    static Optional<Long> pongReceived(String text, NodeId node) {
        return text.lines().filter(line -> line.startsWith(node.value())).map(line -> Long.parseLong(line.split(" ")[5])).filter(at -> at > 0).findFirst();
    }

    /** Writes a table as Redis would; what {@link ClusterTable} does not hold (ping times) is 0. */
    public static String write(ClusterTable table) {
        StringBuilder text = new StringBuilder();
        write(table.myself(), text);
        table.others().values().forEach(node -> write(node, text));
        return text.toString();
    }

    private static void write(ClusterNode node, StringBuilder text) {
        text.append(node.id()).append(' ')
            .append(node.address().map(a -> a + "@" + (a.port() + BUS_OFFSET)).orElse(":0@0")).append(' ')
            .append(node.flags().isEmpty() ? "noflags" : node.flags().stream().map(NodesText::word).collect(Collectors.joining(",")))
            .append(' ').append(node.master().map(NodeId::value).orElse("-"))
            .append(" 0 0 ").append(node.configEpoch()).append(node.linkUp() ? " connected" : " disconnected");
        if (!node.slots().isEmpty()) {
            text.append(' ').append(node.slots());
        }
        node.migrating().forEach((slot, to) -> text.append(" [").append(slot).append("->-").append(to).append(']'));
        node.importing().forEach((slot, from) -> text.append(" [").append(slot).append("-<-").append(from).append(']'));
        text.append('\n');
    }

    private static String word(NodeFlag flag) {
        return switch (flag) {
            case REPLICA -> "slave";
            case PFAIL -> "fail?";
            default -> flag.name().toLowerCase(Locale.ROOT);
        };
    }

    private static ClusterNode node(String line) {
        String[] words = line.split(" ");
        if (words.length < 8) {
            throw new IllegalArgumentException("a line of CLUSTER NODES has at least 8 words: " + line);
        }
        try {
            Set<NodeFlag> flags = flags(words[2]);
            SlotSet slots = SlotSet.NONE;
            SortedMap<Integer, NodeId> migrating = new TreeMap<>();
            SortedMap<Integer, NodeId> importing = new TreeMap<>();
            for (int i = 8; i < words.length; i++) {
                String word = words[i];
                if (word.startsWith("[")) {
                    open(word.substring(1, word.length() - 1), migrating, importing);
                } else {
                    slots = slots.plus(range(word));
                }
            }
            return new ClusterNode(new NodeId(words[0]), address(words[1]), flags,
                words[3].equals("-") ? Optional.empty() : Optional.of(new NodeId(words[3])),
                Long.parseLong(words[6]), words[7].equals("connected"), slots, migrating, importing);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not understood in CLUSTER NODES: " + line + " (" + e.getMessage() + ")", e);
        }
    }

    /** {@code ip:port@busport[,hostname[,shard-id=…]]}; {@code :0} where no address is known. */
    private static Optional<Address> address(String word) {
        int end = word.indexOf('@');
        if (end < 0) {
            end = word.indexOf(',');
        }
        String hostAndPort = end < 0 ? word : word.substring(0, end);
        return hostAndPort.startsWith(":") || hostAndPort.endsWith(":0") ? Optional.empty()
            : Optional.of(Address.parse(hostAndPort));
    }

    private static Set<NodeFlag> flags(String word) {
        Set<NodeFlag> flags = EnumSet.noneOf(NodeFlag.class);
        for (String flag : word.split(",")) {
            switch (flag) {
                case "myself" -> flags.add(NodeFlag.MYSELF);
                case "master" -> flags.add(NodeFlag.MASTER);
                case "slave", "replica" -> flags.add(NodeFlag.REPLICA);
                case "fail?" -> flags.add(NodeFlag.PFAIL);
                case "fail" -> flags.add(NodeFlag.FAIL);
                case "handshake" -> flags.add(NodeFlag.HANDSHAKE);
                case "noaddr" -> flags.add(NodeFlag.NOADDR);
                case "nofailover" -> flags.add(NodeFlag.NOFAILOVER);
                case "noflags" -> { }
                default -> throw new IllegalArgumentException("unknown flag " + flag);
            }
        }
        return flags;
    }

    private static SlotSet range(String word) {
        int dash = word.indexOf('-');
        return dash < 0 ? SlotSet.of(Integer.parseInt(word))
            : SlotSet.range(Integer.parseInt(word.substring(0, dash)), Integer.parseInt(word.substring(dash + 1)));
    }

    /** {@code 93->-id}: this slot is given to the node; {@code 93-<-id}: it is taken from it. */
    private static void open(String word, SortedMap<Integer, NodeId> migrating, SortedMap<Integer, NodeId> importing) {
        int to = word.indexOf("->-");
        int from = word.indexOf("-<-");
        if (to > 0) {
            migrating.put(Integer.valueOf(word.substring(0, to)), new NodeId(word.substring(to + 3)));
        } else if (from > 0) {
            importing.put(Integer.valueOf(word.substring(0, from)), new NodeId(word.substring(from + 3)));
        } else {
            throw new IllegalArgumentException("not an open slot: " + word);
        }
    }
}
