package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.kubernetes.Look.Node;
import io.regroup.kubernetes.Program.Ran;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keys that were written and must be read again. They spread over all slots. */
final class Keys {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int SAMPLE = 100;

    private final Kubectl kubectl;
    private final String prefix;
    private final int count;

    Keys(Kubectl kubectl, String prefix, int count) {
        this.kubectl = kubectl;
        this.prefix = prefix;
        this.count = count;
    }

    private String key(int i) {
        return prefix + ":" + i;
    }

    private String value(int i) {
        return "value of " + key(i);
    }

    /** Writes all of them with {@code redis-cli --pipe} at the masters, and waits until their replicas have them. */
    void write(RedisDeployment deployment) {
        byMaster(deployment.look()).forEach((master, mine) -> {
            StringBuilder commands = new StringBuilder();
            mine.forEach(i -> commands.append("SET ").append(key(i)).append(" \"").append(value(i)).append("\"\r\n"));
            Ran ran = kubectl.run(LIMIT, commands.toString(), "exec", "-i", master.name(), "-c", "redis", "--", "redis-cli", "--pipe");
            assertThat(ran.output()).contains("errors: 0, replies: " + mine.size());
        });
        Patience.until("replicas have the keys", Patience.HEALED, () -> {
            Look look = deployment.look();
            return look.masters().stream().flatMap(m -> look.replicasOf(m).stream().filter(r -> r.answer().keys() != m.answer().keys())
                .map(r -> r.name() + " has " + r.answer().keys() + " of " + m.answer().keys() + " keys")).findFirst();
        });
    }

    /** Reads every key at the master of its slot, and some of them through redirects as a client does that knows one node only. */
    void assertAllThere(Look look) {
        List<Integer> wrong = new ArrayList<>();
        byMaster(look).forEach((master, mine) -> wrong.addAll(wrong(master, mine, false)));
        assertThat(wrong).as("keys that are not what was written: " + wrong.size() + " of " + count).isEmpty();
        List<Integer> sample = new ArrayList<>();
        for (int i = 0; i < count; i += Math.max(1, count / SAMPLE)) {
            sample.add(i);
        }
        assertThat(wrong(look.nodes().getFirst(), sample, true)).as("keys not found through redirects").isEmpty();
    }

    private List<Integer> wrong(Node node, List<Integer> mine, boolean redirects) {
        StringBuilder commands = new StringBuilder();
        mine.forEach(i -> commands.append("GET ").append(key(i)).append('\n'));
        List<String> words = new ArrayList<>(List.of("exec", "-i", node.name(), "-c", "redis", "--", "redis-cli"));
        if (redirects) {
            words.add("-c");
        }
        List<String> values = kubectl.run(LIMIT, commands.toString(), words.toArray(String[]::new)).output().lines()
            .filter(line -> !line.startsWith("-> ")).toList();
        List<Integer> wrong = new ArrayList<>();
        for (int n = 0; n < mine.size(); n++) {
            if (n >= values.size() || !values.get(n).equals(value(mine.get(n)))) {
                wrong.add(mine.get(n));
            }
        }
        return wrong;
    }

    private Map<Node, List<Integer>> byMaster(Look look) {
        Map<String, List<Integer>> byPod = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            byPod.computeIfAbsent(look.ownerOf(SlotHash.getSlot(key(i))).name(), pod -> new ArrayList<>()).add(i);
        }
        Map<Node, List<Integer>> byMaster = new LinkedHashMap<>();
        byPod.forEach((pod, mine) -> byMaster.put(look.node(pod), mine));
        return byMaster;
    }

    /** A key of which this node owns the slot. */
    static String ownedBy(Node master) {
        for (int i = 0; ; i++) {
            String key = "gap:" + i;
            if (master.slots().contains(SlotHash.getSlot(key))) {
                return key;
            }
        }
    }

    /** Why not all of these keys are gone; empty when they are. */
    static Optional<String> remaining(Look look) {
        long keys = look.nodes().stream().mapToLong(n -> n.answer().keys()).sum();
        return keys == 0 ? Optional.empty() : Optional.of(keys + " keys are there");
    }
}
