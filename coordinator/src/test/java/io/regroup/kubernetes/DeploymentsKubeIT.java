package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.regroup.kubernetes.Look.Node;
import io.regroup.model.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which cluster a pod belongs to: that of its Deployment, whatever name, labels or addresses others have. */
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DeploymentsKubeIT {

    private static final String LABEL = "app.kubernetes.io/name";

    private TestNamespace namespace;
    private Kubectl kubectl;
    private RedisDeployment redis;

    @BeforeAll
    void aClusterWithData() {
        namespace = TestNamespace.create(DeploymentsKubeIT.class);
        kubectl = namespace.kubectl();
        redis = RedisDeployment.create(kubectl);
        redis.awaitWhole("created");
        new Keys(kubectl, "old", 1000).write(redis);
    }

    @AfterAll
    void removeAll() {
        namespace.close();
    }

    @Test
    @Order(1)
    void deletedAndCreatedAgainWhileOldPodsTerminateItIsANewCluster() {
        Look old = redis.awaitWhole("before");
        kubectl.ask("delete", "-f", RedisDeployment.YAML.toString());
        redis = RedisDeployment.create(kubectl);
        String pods = kubectl.ask("get", "pods", "-o", "name");
        assertThat(old.pods()).as("old pods are still there: " + pods).anyMatch(pod -> pods.contains(pod.name()));
        Look fresh = redis.awaitWhole("created again", Patience.HEALED, look -> mixed(look, old.ids()).or(() -> Keys.remaining(look)));
        redis.check();
        assertThat(fresh.named()).doesNotContainAnyElementsOf(old.ids());
        Patience.until("the old pods have ended", Patience.HEALED, () -> {
            String left = kubectl.ask("get", "pods", "-o", "name");
            return old.pods().stream().map(PodSeen::name).filter(left::contains).findFirst();
        });
        assertThat(redis.awaitWhole("after the old pods have ended").ids()).isEqualTo(fresh.ids());
    }

    /** One with labels of its own, and one whose pods bear the first one's label too: they find each other, and do not mix. */
    @Test
    @Order(2)
    void threeDeploymentsInOneNamespaceNeverMix() {
        redis.awaitWhole("before");
        Keys keys = new Keys(kubectl, "first", 1000);
        keys.write(redis);
        RedisDeployment other = createCopy("other", "other", false, 3, 0);
        RedisDeployment alike = createCopy("alike", "redis", true, 6, 1);
        SortedSet<NodeId> first = redis.look().ids();
        Look others = other.awaitWhole("created with other labels", Patience.HEALED, look -> mixed(look, first));
        Look likes = alike.awaitWhole("created with the same label and one more", Patience.HEALED, look -> mixed(look, first));
        new Keys(kubectl, "other", 100).write(other);
        new Keys(kubectl, "alike", 100).write(alike);

        Look before = redis.awaitWhole("beside two others");
        List<PodSeen> victims = List.of(before.masters().getFirst().pod(), likes.masters().getFirst().pod());
        new Blow(kubectl).deleteByForce(victims);
        Look healedFirst = redis.awaitWhole("a master's pod of each deleted", Patience.HEALED, gone(victims));
        Look healedAlike = alike.awaitWhole("a master's pod of each deleted", Patience.HEALED, gone(victims));
        redis.check();
        alike.check();
        other.check();
        keys.assertAllThere(healedFirst);
        new Keys(kubectl, "alike", 100).assertAllThere(healedAlike);
        new Keys(kubectl, "other", 100).assertAllThere(other.awaitWhole("untouched"));
        assertThat(other.look().ids()).as("nothing happened here").isEqualTo(others.ids());
        assertThat(keysOf(healedFirst)).isEqualTo(1000);
        assertThat(keysOf(healedAlike)).isEqualTo(100);
        SortedSet<NodeId> all = new TreeSet<>(healedFirst.named());
        all.addAll(healedAlike.named());
        all.addAll(others.named());
        assertThat(all).hasSize(6 + 6 + 3);
    }

    /** The first Deployment under another name. @param more whether its pods have one label more than those of the first */
    private RedisDeployment createCopy(String name, String label, boolean more, int nodes, int replicas) {
        JsonObject copy = kubectl.json("get", "deployment", "redis", "-o", "json");
        copy.remove("status");
        JsonObject meta = new JsonObject();
        meta.addProperty("name", name);
        copy.add("metadata", meta);
        JsonObject spec = copy.getAsJsonObject("spec");
        spec.addProperty("replicas", nodes);
        JsonObject template = spec.getAsJsonObject("template");
        for (JsonObject labels : List.of(spec.getAsJsonObject("selector").getAsJsonObject("matchLabels"),
            template.getAsJsonObject("metadata").getAsJsonObject("labels"))) {
            labels.addProperty(LABEL, label);
            if (more) {
                labels.addProperty("app.kubernetes.io/instance", name);
            }
        }
        for (JsonElement element : template.getAsJsonObject("spec").getAsJsonArray("containers")) {
            JsonObject container = element.getAsJsonObject();
            // So that 15 pods fit on one small node.
            container.getAsJsonObject("resources").getAsJsonObject("requests").addProperty("cpu", "10m");
            if (container.get("name").getAsString().equals("coordinator")) {
                JsonArray env = container.getAsJsonArray("env");
                set(env, "GROUP_LABELS", LABEL + "=" + label);
                set(env, "REDIS_CLUSTER_REPLICA", Integer.toString(replicas));
            }
        }
        kubectl.run(Duration.ofSeconds(60), copy.toString(), "create", "-f", "-").output();
        return new RedisDeployment(kubectl, name, nodes, replicas);
    }

    private static void set(JsonArray env, String name, String value) {
        for (JsonElement element : env) {
            if (element.getAsJsonObject().get("name").getAsString().equals(name)) {
                element.getAsJsonObject().addProperty("value", value);
                return;
            }
        }
        throw new AssertionError("k8s/deployment.yaml does not set " + name);
    }

    private static Optional<String> mixed(Look look, SortedSet<NodeId> strangers) {
        SortedSet<NodeId> both = new TreeSet<>(look.named());
        both.retainAll(strangers);
        if (!both.isEmpty()) {
            throw new AssertionError("nodes of another Deployment are named: " + both);
        }
        return Optional.empty();
    }

    private static java.util.function.Function<Look, Optional<String>> gone(List<PodSeen> pods) {
        return look -> pods.stream().filter(p -> !look.isGone(p)).map(p -> p.name() + " is still there").findFirst();
    }

    private static long keysOf(Look look) {
        return look.masters().stream().map(Node::answer).mapToLong(Look.Answer::keys).sum();
    }
}
