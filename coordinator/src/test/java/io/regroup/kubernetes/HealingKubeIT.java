package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.kubernetes.Look.Node;
import io.regroup.kubernetes.Program.Ran;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The main story: one Deployment, and everything that can happen to its pods and containers, one thing after the other. Each
 * begins with a whole cluster, and ends with one: that is what {@link Look#pending} and {@code redis-cli --cluster check} say. The story without an API
 * server is run by itself, with a cluster of its own.
 */
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HealingKubeIT {

    /** What a story may still find of the one before: caches of the API server, a probe that is due. */
    private static final Duration SETTLED = Duration.ofSeconds(60);
    private static final Duration API_SERVER_AWAY = Duration.ofSeconds(60);

    private TestNamespace namespace;
    private Kubectl kubectl;
    private RedisDeployment redis;
    private Keys keys;
    private Blow blow;

    @BeforeAll
    void oneFileMakesACluster() {
        namespace = TestNamespace.create(HealingKubeIT.class);
        kubectl = namespace.kubectl();
        blow = new Blow(kubectl);
        keys = new Keys(kubectl, "key", 10_000);
        redis = RedisDeployment.create(kubectl);
        redis.awaitWhole("created");
    }

    @AfterAll
    void removeAll() {
        namespace.close();
    }

    @Test
    @Order(1)
    @Tag("beginning")
    void sixPodsAreThreeMastersWithAReplicaEach() {
        kubectl.ask("rollout", "status", "deployment/redis", "--timeout=60s");
        Look look = redis.awaitWhole("rolled out");
        redis.check();
        look.masters().forEach(master -> assertThat(master.slots().size()).isBetween(5461, 5462));
        look.masters().forEach(master -> assertThat(look.replicasOf(master)).hasSize(1));
        assertThat(look.pods()).allSatisfy(pod -> assertThat(pod.restarts("redis") + pod.restarts("coordinator")).isZero());
        tell("formed " + sinceContainersRan(look.pods()) + " after the last pod's containers ran");
        keys.write(redis);
        keys.assertAllThere(redis.look());
    }

    @Test
    @Order(2)
    void aSteadyMinuteCostsNothing() throws InterruptedException {
        Look look = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        Patience.until("nobody misses a member", Patience.HEALED, () -> look.pods().stream()
            .filter(p -> redis.status(p.name()).getAsJsonObject("self").getAsJsonObject("discovery").get("pods").getAsInt() > 6)
            .map(p -> p.name() + " knows of more pods than are members").findFirst());
        SortedMap<String, Long> servers = commandsServed(look);
        SortedMap<String, Long> sent = commandsSent(look);
        ApiServer.Mark mark = ApiServer.mark();
        Instant until = Instant.now().plusSeconds(60);
        Patience.until("a minute", Duration.ofSeconds(90), () -> Instant.now().isAfter(until) ? Optional.empty() : Optional.of("wait"));
        List<String> requests = mark.requestsFrom(kubectl.namespace());
        assertThat(commandsSent(look)).as("commands that coordinators sent").isEqualTo(sent);
        SortedMap<String, Long> more = new TreeMap<>();
        commandsServed(look).forEach((command, calls) -> {
            long by = calls - servers.getOrDefault(command, 0L);
            if (by > 0) {
                more.put(command, by);
            }
        });
        assertThat(more.keySet()).as("commands that servers were asked to do").allSatisfy(command ->
            assertThat(command).isIn("info", "ping", "replconf", "cluster|nodes", "cluster|info", "dbsize", "echo", "hello", "client|setinfo",
                "client|setname", "command|docs", "role"));
        assertThat(requests).as("requests at the API server").allSatisfy(r -> assertThat(r).isEqualTo("watch deployments"))
            .hasSizeLessThanOrEqualTo(1);
        tell("a steady minute: at the API server " + (requests.isEmpty() ? "no request" : requests) + ", at 6 servers " + more);
    }

    @Test
    @Order(3)
    void anOperatorLooksInside() {
        String pod = redis.awaitWhole("before", SETTLED, l -> Optional.empty()).pods().getFirst().name();
        assertThat(kubectl.ask("exec", pod, "--", "bash", "-c", "redis-cli cluster info"))
            .as("the default container is redis").contains("cluster_state:ok");
        assertThat(kubectl.ask("logs", pod, "-c", "redis")).contains("waiting for the coordinator's permit")
            .contains("permitted (blank): starting redis-server");
        for (String container : List.of("redis", "coordinator")) {
            assertThat(kubectl.bash(pod, container, "id -u", List.of()).strip()).isEqualTo("1000");
            assertThat(kubectl.bash(pod, container, "touch /here 2>&1 || true", List.of())).contains("Read-only file system");
        }
        assertThat(redis.get(pod, "/readyz")).startsWith("ok: ");
        assertThat(redis.get(pod, "/metrics")).contains("regroup_whole 1");
        for (String word : List.of("view", "status", "nodes", "why")) {
            assertThat(kubectl.ask("exec", pod, "-c", "coordinator", "--", "regroup", word)).as("regroup " + word).isNotBlank();
        }
        JsonObject status = JsonParser.parseString(kubectl.ask("exec", pod, "-c", "coordinator", "--", "regroup", "status", "-o", "json"))
            .getAsJsonObject();
        assertThat(status.getAsJsonObject("group").get("whole").getAsBoolean()).isTrue();
    }

    @Test
    @Order(4)
    void aMastersPodIsDeletedByForce() throws InterruptedException {
        masterDies("a master's pod deleted by force", look -> look.masters().subList(0, 1), blow::deleteByForce);
    }

    @Test
    @Order(5)
    void aMastersPodIsDeletedGracefully() throws InterruptedException {
        masterDies("a master's pod deleted gracefully", look -> look.masters().subList(1, 2), blow::deleteGracefully);
    }

    @Test
    @Order(6)
    void aReplicasPodIsDeleted() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        PodSeen victim = before.replicasOf(before.masters().get(2)).getFirst().pod();
        blow.deleteByForce(List.of(victim));
        Look after = healed("a replica's pod deleted by force", List.of(victim), before, gone(List.of(victim)));
        assertThat(after.masters()).extracting(Node::id).as("nobody else changes its role").isEqualTo(ids(before.masters()));
    }

    @Test
    @Order(7)
    void theLeadersPodIsDeletedAndAllNameTheNewOne() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        String leader = redis.awaitLeader();
        PodSeen victim = before.node(leader).pod();
        blow.deleteByForce(List.of(victim));
        Look after = healed("the leader's pod deleted by force", List.of(victim), before, gone(List.of(victim)));
        String next = redis.awaitLeader();
        assertThat(next).isNotEqualTo(leader);
        for (PodSeen pod : after.pods()) {
            String view = kubectl.ask("exec", pod.name(), "-c", "coordinator", "--", "regroup", "view");
            assertThat(view.lines().filter(line -> line.contains(" * "))).as("regroup view at " + pod.name()).singleElement()
                .asString().startsWith(next + " * ");
            assertThat(view).doesNotContain(leader);
            JsonArray members = JsonParser.parseString(kubectl.ask("exec", pod.name(), "-c", "coordinator", "--", "regroup", "view", "-o", "json"))
                .getAsJsonObject().getAsJsonArray("members");
            List<String> names = new ArrayList<>();
            members.forEach(member -> names.add(member.getAsJsonObject().get("name").getAsString()));
            assertThat(names).containsExactlyInAnyOrderElementsOf(after.pods().stream().map(PodSeen::name).toList());
        }
    }

    @Test
    @Order(8)
    void twoMastersPodsAreDeletedAtOnce() throws InterruptedException {
        masterDies("two masters' pods deleted by force at once", look -> look.masters().subList(0, 2), blow::deleteByForce);
    }

    @Test
    @Order(9)
    void onlyRedisServerOfAMasterIsKilled() throws InterruptedException {
        masterDies("only a master's redis-server killed", look -> fresh(look).subList(0, 1), pods -> blow.kill(pods, "redis"));
    }

    @Test
    @Order(10)
    void onlyTheCoordinatorIsKilled() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        PodSeen victim = fresh(before).getFirst().pod();
        SortedMap<String, Long> epochs = epochs(before);
        blow.kill(List.of(victim), "coordinator");
        Look after = healed("only a master's coordinator killed", List.of(victim), before, restarted(List.of(victim), "coordinator"));
        assertThat(after.masters()).extracting(Node::id).as("its Redis goes on as if nothing had happened").isEqualTo(ids(before.masters()));
        assertThat(epochs(after)).isEqualTo(epochs);
        assertThat(after.node(victim.name()).pod().restarts("redis")).isEqualTo(victim.restarts("redis"));
    }

    @Test
    @Order(11)
    void bothContainersOfAMasterAreKilled() throws InterruptedException {
        masterDies("both containers of a master killed", look -> fresh(look).subList(0, 1), pods -> blow.kill(pods, "redis", "coordinator"));
    }

    @Test
    @Order(12)
    @Tag("nobody-beside")
    void theApiServerIsAwayWhileAPodsContainersDie() throws InterruptedException {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        Node victim = fresh(before).getFirst();
        Node replica = before.replicasOf(victim).getFirst();
        assertThat(Docker.runs(victim.pod().containers().get("redis")))
            .as("containers can be looked at and killed while no API server answers: this machine's Docker must run them").isTrue();
        SortedMap<String, String> running = containersOfOthers(before, victim);
        Process away = ApiServer.stopFor(API_SERVER_AWAY);
        Instant stopped = Instant.now();
        blow.kill(List.of(victim.pod()), "redis", "coordinator");
        String witness = running.get(replica.name() + " redis");
        Patience.until("the replica is the master while the API server is away", API_SERVER_AWAY, () -> {
            String role = Docker.exec(witness, "redis-cli", "role").out();
            return role.startsWith("master") ? Optional.empty() : Optional.of(replica.name() + " says: " + role.lines().findFirst().orElse("nothing"));
        });
        Duration promoted = Duration.between(stopped, Instant.now());
        for (Node master : List.of(replica, before.masters().get(0), before.masters().get(1), before.masters().get(2))) {
            if (!master.id().equals(victim.id())) {
                Node owner = master.id().equals(replica.id()) ? victim : master;
                assertThat(Docker.exec(running.get(master.name() + " redis"), "redis-cli", "set", Keys.ownedBy(owner), "x").out().strip())
                    .as("a write to " + master.name()).isEqualTo("OK");
            }
        }
        assertThat(away.isAlive()).as("the API server is still away").isTrue();
        assertThat(away.waitFor()).isZero();
        assertThat(containersOfOthers(before, victim)).as("nothing that ran was stopped").isEqualTo(running);
        tell("with the API server away: promoted " + seconds(promoted) + " after both containers of a master were killed");
        healed("with the API server away, both containers of a master killed", List.of(victim.pod()), before,
            restarted(List.of(victim.pod()), "redis"));
    }

    @Test
    @Order(13)
    void allContainersAreKilledAtOnceAndAllKeysComeBack() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        blow.kill(before.pods(), "redis", "coordinator");
        Look after = healed("all containers of all pods killed at once", before.pods(), before, restarted(before.pods(), "redis"));
        assertThat(after.ids()).as("the data was kept, and the nodes with it").isEqualTo(before.ids());
    }

    /** As after a restart of their nodes: the pods are the same with the same volumes, and have other addresses. */
    @Test
    @Order(14)
    void allPodsGetOtherAddressesAtOnceAndAllKeysComeBack() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        assertThat(Docker.runs(before.pods().getFirst().containers().get("redis"))).as("this machine's Docker is the node's").isTrue();
        Docker.killSandboxes(before.pods());
        Look after = healed("all pods get other addresses at once", before.pods(), before, restarted(before.pods(), "redis"));
        assertThat(after.ids()).as("the data was kept, and the nodes with it").isEqualTo(before.ids());
        List<String> addresses = before.pods().stream().map(pod -> pod.name() + " " + pod.ip()).toList();
        long moved = after.pods().stream().filter(pod -> !addresses.contains(pod.name() + " " + pod.ip())).count();
        tell("all pods restarted at once: " + moved + " of " + addresses.size() + " have another address, whole "
            + sinceContainersRan(after.pods()) + " after the last pod's containers ran");
        assertThat(moved).as("pods with another address").isPositive();
    }

    /** With the pods their volumes are gone, and no copy survives: what forms is a new, empty cluster. */
    @Test
    @Order(15)
    void allPodsAreDeletedAtOnceAndANewClusterForms() {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        blow.deleteByForce(before.pods());
        Look after = redis.awaitWhole("all pods deleted by force at once", Patience.HEALED, gone(before.pods()));
        redis.check();
        assertThat(after.named()).doesNotContainAnyElementsOf(before.ids());
        assertThat(Keys.remaining(after)).isEmpty();
        tell("all pods deleted by force at once: a new cluster " + sinceContainersRan(after.pods()) + " after the last pod's containers ran");
        keys.write(redis);
        keys.assertAllThere(redis.look());
    }

    @Test
    @Order(16)
    void theDeploymentsEventsTellTheStory() {
        SortedSet<String> reasons = new TreeSet<>();
        for (JsonElement event : kubectl.json("get", "events", "--field-selector", "involvedObject.kind=Deployment", "-o", "json").getAsJsonArray("items")) {
            if (event.getAsJsonObject().getAsJsonObject("source").get("component").getAsString().equals("regroup")) {
                reasons.add(event.getAsJsonObject().get("reason").getAsString());
            }
        }
        assertThat(reasons).contains("Bootstrapped", "Promoted", "HandedOver", "Forgotten", "Attached");
        tell("events: " + reasons);
    }

    /** A master dies in some way; its replica takes over, and what comes in its place becomes the replica. */
    private void masterDies(String story, Function<Look, List<Node>> choice, Consumer<List<PodSeen>> death) throws InterruptedException {
        Look before = redis.awaitWhole("before", SETTLED, l -> Optional.empty());
        List<Node> victims = choice.apply(before);
        List<PodSeen> pods = victims.stream().map(Node::pod).toList();
        Node observer = before.nodes().stream().filter(n -> victims.stream().noneMatch(v -> v.id().equals(n.id())
            || before.replicasOf(v).getFirst().id().equals(n.id()))).findFirst().orElseThrow();
        List<WriteGap> gaps = victims.stream().map(v -> new WriteGap(kubectl, observer, v, before.replicasOf(v).getFirst())).toList();
        death.accept(pods);
        List<String> lengths = new ArrayList<>();
        for (WriteGap gap : gaps) {
            try (gap) {
                lengths.add(gap.await().toMillis() + " ms");
            }
        }
        Function<Look, Optional<String>> happened = look -> pods.stream()
            .filter(p -> !look.isGone(p) && !look.isRestarted(p, "redis")).map(p -> p.name() + " is still there").findFirst();
        Look after = healed(story + ": no writes for " + String.join(" and ", lengths), pods, before, happened);
        for (Node victim : victims) {
            Node heir = before.replicasOf(victim).getFirst();
            assertThat(after.node(heir.name()).slots()).as("the replica " + heir.name() + " owns the slots of " + victim.name())
                .isEqualTo(victim.slots());
        }
    }

    /** Waits until the cluster is whole again after what befell these pods, and looks for every key. */
    private Look healed(String story, List<PodSeen> victims, Look before, Function<Look, Optional<String>> happened) {
        Look after = redis.awaitWhole(story, Patience.HEALED, happened);
        redis.check();
        keys.assertAllThere(after);
        List<PodSeen> changed = after.pods().stream().filter(p -> before.isGone(p)
            || victims.stream().anyMatch(v -> v.uid().equals(p.uid()))).toList();
        tell(story + "; whole " + sinceContainersRan(changed) + " after the replacement's containers ran");
        return after;
    }

    private static Function<Look, Optional<String>> gone(List<PodSeen> pods) {
        return look -> pods.stream().filter(p -> !look.isGone(p)).map(p -> p.name() + " is still there").findFirst();
    }

    private static Function<Look, Optional<String>> restarted(List<PodSeen> pods, String container) {
        return look -> pods.stream().filter(p -> !look.isRestarted(p, container))
            .map(p -> "the " + container + " of " + p.name() + " has not started anew").findFirst();
    }

    /** Masters, those first that were killed least: the kubelet makes the others wait longer each time. */
    private static List<Node> fresh(Look look) {
        return look.masters().stream().sorted((a, b) -> Integer.compare(
            a.pod().restarts("redis") + a.pod().restarts("coordinator"), b.pod().restarts("redis") + b.pod().restarts("coordinator"))).toList();
    }

    private static List<io.regroup.model.NodeId> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    private static SortedMap<String, Long> epochs(Look look) {
        SortedMap<String, Long> epochs = new TreeMap<>();
        look.nodes().forEach(node -> epochs.put(node.name(), node.answer().table().myself().configEpoch()));
        return epochs;
    }

    private SortedMap<String, String> containersOfOthers(Look look, Node victim) {
        SortedMap<String, String> ids = new TreeMap<>();
        for (PodSeen pod : look.pods()) {
            if (!pod.uid().equals(victim.pod().uid())) {
                for (String name : List.of("redis", "coordinator")) {
                    ids.put(pod.name() + " " + name, Docker.find(pod.uid(), name).orElse("does not run"));
                }
            }
        }
        return ids;
    }

    /** INFO commandstats of all servers together: calls by command. */
    private SortedMap<String, Long> commandsServed(Look look) {
        SortedMap<String, Long> calls = new TreeMap<>();
        for (PodSeen pod : look.pods()) {
            kubectl.bash(pod.name(), "redis", "redis-cli info commandstats", List.of()).lines()
                .filter(line -> line.startsWith("cmdstat_")).forEach(line -> calls.merge(
                    line.substring("cmdstat_".length(), line.indexOf(':')).toLowerCase(Locale.ROOT),
                    Long.parseLong(line.substring(line.indexOf("calls=") + 6, line.indexOf(','))), Long::sum));
        }
        return calls;
    }

    /** What all coordinators have told servers to do since they started. */
    private SortedMap<String, Long> commandsSent(Look look) {
        SortedMap<String, Long> sent = new TreeMap<>();
        for (PodSeen pod : look.pods()) {
            JsonObject counters = redis.status(pod.name()).getAsJsonObject("self").getAsJsonObject("counters");
            for (Map.Entry<String, JsonElement> counter : counters.entrySet()) {
                if (counter.getKey().startsWith("command ")) {
                    sent.merge(counter.getKey(), counter.getValue().getAsLong(), Long::sum);
                }
            }
        }
        return sent;
    }

    /** From the start of the last of these pods' containers until the leader found the cluster whole. */
    private String sinceContainersRan(List<PodSeen> pods) {
        Optional<Instant> started = pods.stream().flatMap(p -> p.containers().values().stream())
            .map(c -> Docker.runs(c) ? Docker.startOf(c).orElseThrow() : c.since().orElseThrow()).max(Instant::compareTo);
        Optional<Instant> whole = redis.wholeSince();
        return started.isPresent() && whole.isPresent() ? seconds(Duration.between(started.get(), whole.get())) : "(unknown)";
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }

    private static void tell(String what) {
        System.out.println("[kube] " + what);
    }
}
