package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code kubectl scale} under writes is all that a user does: slots and keys follow, and nothing is lost. */
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ScaleKubeIT {

    private static final String COST = "{.items[*].metadata.annotations.controller\\.kubernetes\\.io/pod-deletion-cost}";

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
        redis.awaitWhole("scaled to " + pods);
        tell(String.format(Locale.ROOT, "scaled to %d pods: whole after %.1f s", pods, Duration.between(began, Instant.now()).toMillis() / 1000.0));
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

    private List<Integer> costs() {
        String said = kubectl.ask("get", "pods", "-l", "app.kubernetes.io/name=redis", "-o", "jsonpath=" + COST).strip();
        return said.isEmpty() ? List.of() : List.of(said.split(" +")).stream().map(Integer::parseInt).toList();
    }

    private static void tell(String what) {
        System.out.println("[kube] " + what);
    }
}
