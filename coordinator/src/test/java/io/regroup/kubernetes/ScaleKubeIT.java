package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.kubernetes.Look.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code kubectl scale} under writes is all that a user does: slots and keys follow, and nothing is lost. */
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ScaleKubeIT {

    /** For half a million keys on a machine that has nothing to spare: all are to be there in the end. */
    private static final Duration AMPLE_GRACE = Duration.ofMinutes(3);
    private static final String COST = "{.items[*].metadata.annotations.controller\\.kubernetes\\.io/pod-deletion-cost}";

    private static final int TAGS = 8;
    private static final int KEYS_OF_A_TAG = 50_000;

    private TestNamespace namespace;
    private Kubectl kubectl;
    private RedisDeployment redis;
    private Keys keys;

    @BeforeAll
    void aClusterWithData() {
        namespace = TestNamespace.create(ScaleKubeIT.class);
        kubectl = namespace.kubectl();
        keys = new Keys(kubectl, "scaled", 20_000);
        redis = RedisDeployment.create(kubectl);
        redis.awaitWhole("created");
        keys.write(redis);
    }

    @AfterAll
    void removeAll() {
        namespace.close();
    }

    private void scale(int pods) {
        Instant began = Instant.now();
        redis.scale(pods);
        redis.awaitRestWhole("scaled to " + pods);
        double whole = secondsSince(began);
        redis.awaitWhole("scaled to " + pods);
        tell(String.format(Locale.ROOT, "scaled to %d pods: whole after %.1f s; Kubernetes lists just these after %.1f s", pods, whole, secondsSince(began)));
    }

    private static double secondsSince(Instant began) {
        return Duration.between(began, Instant.now()).toMillis() / 1000.0;
    }

    @Test
    @Order(1)
    void fromSixToNineToSixToFourToSix() throws InterruptedException {
        Look before = redis.awaitWhole("before");
        try (SteadyClients clients = new SteadyClients(kubectl, before)) {
            scale(9);
            assertThat(redis.look().masters()).hasSize(4);
            scale(6);
            assertThat(redis.look().masters()).hasSize(3);
            scale(4);
            scale(6);
            SteadyClients.Outcome outcome = clients.end();
            tell(String.format(Locale.ROOT, "6 -> 9 -> 6 -> 4 -> 6 pods: of %d writes acknowledged meanwhile %d lost, at most %d ms from one to the next",
                outcome.acknowledged(), outcome.lost(), outcome.longest().toMillis()));
            assertThat(outcome.lost()).as("acknowledged writes that are not there any more").isZero();
        }
        redis.check();
        keys.assertAllThere(redis.awaitWhole("scaled"));
    }

    @Test
    @Order(2)
    void theLeadersPodIsKilledWhileSlotsMove() {
        redis.awaitWhole("before");
        String leader = redis.awaitLeader();
        redis.scale(8);
        Patience.until("slots move", Patience.HEALED, () -> redis.status(leader).getAsJsonObject("group").has("moving")
            ? Optional.empty() : Optional.of("they do not move"));
        kubectl.ask("delete", "pod", leader, "--grace-period=0", "--force");
        redis.awaitWhole("healed and scaled");
        redis.check();
        keys.assertAllThere(redis.awaitWhole("healed"));
        scale(6);
        keys.assertAllThere(redis.awaitWhole("scaled back"));
    }

    @Test
    @Order(3)
    void kubernetesIsToldWhichPodsAreTheCheapest() {
        redis.awaitWhole("before");
        Patience.until("costs", Duration.ofSeconds(60), () -> costs().stream().filter(cost -> cost >= 20_000).count() == 3
            && costs().stream().filter(cost -> cost >= 10_000 && cost < 20_000).count() == 3 ? Optional.empty() : Optional.of("costs: " + costs()));
        String events = kubectl.ask("get", "events", "-o", "jsonpath={.items[*].reason}");
        assertThat(List.of(events.split(" "))).contains("Rebalancing", "Rebalanced");
    }

    @Test
    @Order(4)
    void whoLeavesTellsHowFarItIsAndHowLongItHas(@TempDir Path dir) throws InterruptedException {
        scale(8);
        Node crowded = fillNewestShard();
        long filled = keysOf(redis.look());
        String leader = redis.awaitLeader();
        Path status = dir.resolve("status");
        List<Node> shard = shardOf(crowded);
        Process watch = watchStatus(status, leader, "leaving: +" + anyOf(shard) + " still holds [0-9]+ slots \\(.*\\) with about [0-9]+ keys, and has [0-9]+ s left");
        leave(shard, "--grace-period=" + AMPLE_GRACE.toSeconds());
        assertThat(watch.waitFor()).as(() -> "the status of " + leader + " tells of the leaving pod; at last it was: " + read(status)).isZero();
        redis.awaitWhole("scaled down");
        keys.assertAllThere(redis.look());
        assertThat(keysOf(redis.look())).isEqualTo(filled).isGreaterThanOrEqualTo((long) TAGS * KEYS_OF_A_TAG);
        assertThat(eventsOf(shard, "Leaving")).isNotEmpty().allMatch(said -> said.contains("still holds") && said.contains(" s left"));
        assertThat(events("LeftWithSlots")).isEmpty();
    }

    @Test
    @Order(5)
    void aGracePeriodThatIsTooShortCostsWhatAnEventAndTheLogTell() {
        scale(8);
        Node crowded = fillNewestShard();
        long filled = keysOf(redis.look());
        String leader = redis.awaitLeader();
        List<Node> shard = shardOf(crowded);
        leave(shard, "--grace-period=2");
        redis.awaitWhole("scaled down");
        Patience.until("the loss is told", Patience.HEALED, () -> events("LeftWithSlots").isEmpty()
            ? Optional.of("it is not, and " + (filled - keysOf(redis.look())) + " of " + filled + " keys are gone") : Optional.empty());
        assertThat(eventsOf(shard, "LeftWithSlots")).isNotEmpty().allMatch(said -> said.matches(anyOf(shard)
            + " ended with \\d+ slots \\(.*\\) with about \\d+ keys that had not moved, and no copy of them is left; it ended when its grace period was over.*"));
        assertThat(kubectl.ask("logs", leader, "-c", "coordinator")).containsPattern(anyOf(shard) + " ended with ");
        redis.check();
    }

    /** Of a shard that leaves as a whole: until its replica says that it leaves too, the master may hand over to it. */
    private static String anyOf(List<Node> shard) {
        return shard.stream().map(Node::name).collect(Collectors.joining("|", "(", ")"));
    }

    private List<Node> shardOf(Node master) {
        List<Node> shard = new ArrayList<>(redis.look().replicasOf(master));
        shard.add(master);
        assertThat(shard).extracting(Node::name).doesNotContain(redis.awaitLeader());
        return shard;
    }

    /** Down to six pods, and these are the ones that go: which ones a scale takes is Kubernetes' choice, and a replica that stays would take over. */
    private void leave(List<Node> pods, String... options) {
        kubectl.ask(Stream.of(Stream.of("delete", "pod", "--wait=false"), Stream.of(options), pods.stream().map(Node::name)).flatMap(words -> words)
            .toArray(String[]::new));
        redis.scale(6);
    }

    /**
     * Looks from inside the pod, one status after the other, from before anything happens: what is looked for lasts as long as the slots take to move,
     * and that may be less than {@code kubectl exec} takes. Ends well when it has seen it.
     */
    private Process watchStatus(Path output, String pod, String pattern) {
        return kubectl.start(output, "exec", pod, "-c", "coordinator", "--", "bash", "-c",
            "while ((SECONDS < $1)); do status=$(regroup status); grep -qE \"$0\" <<<\"$status\" && exit; done; echo \"$status\"; exit 1",
            pattern, Long.toString(Patience.HEALED.toSeconds()));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Many small keys in a few slots of the shard that came last, which is the first to go: they take some seconds to move. */
    private Node fillNewestShard() {
        Node newest = redis.look().masters().stream().max(Comparator.comparing(master -> master.pod().containers().get("redis").since().orElseThrow())).orElseThrow();
        tags(newest).forEach(tag -> kubectl.ask("exec", newest.name(), "-c", "redis", "--", "redis-cli", "eval",
            "for i = 1, ARGV[1] do redis.call('set', KEYS[1] .. ':' .. i, i) end", "1", "{" + tag + "}", Integer.toString(KEYS_OF_A_TAG)));
        return newest;
    }

    private static long keysOf(Look look) {
        return look.masters().stream().mapToLong(master -> master.answer().keys()).sum();
    }

    private static List<String> tags(Node master) {
        return IntStream.iterate(0, i -> i + 1).mapToObj(i -> "tag" + i).filter(tag -> master.slots().contains(SlotHash.getSlot("{" + tag + "}")))
            .limit(TAGS).toList();
    }

    private List<String> events(String reason) {
        return kubectl.ask("get", "events", "--field-selector", "reason=" + reason, "-o", "jsonpath={range .items[*]}{.message}{'\\n'}{end}").lines().toList();
    }

    private List<String> eventsOf(List<Node> pods, String reason) {
        return pods.stream().flatMap(pod -> eventsOf(pod.name(), reason).stream()).toList();
    }

    private List<String> eventsOf(String pod, String reason) {
        return kubectl.ask("get", "events", "--field-selector", "reason=" + reason + ",involvedObject.name=" + pod, "-o",
            "jsonpath={range .items[*]}{.message}{'\\n'}{end}").lines().toList();
    }

    private List<Integer> costs() {
        String said = kubectl.ask("get", "pods", "-l", "app.kubernetes.io/name=redis", "-o", "jsonpath=" + COST).strip();
        return said.isEmpty() ? List.of() : List.of(said.split(" +")).stream().map(Integer::parseInt).toList();
    }

    private static void tell(String what) {
        System.out.println("[kube] " + what);
    }
}
