package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.kubernetes.Program.Ran;
import io.regroup.model.NodeId;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A changed template: {@code ROLLOUT=carry} takes the data along, {@code ROLLOUT=fresh} leaves it behind. And JMX, which is such a change. */
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RolloutKubeIT {

    private static final String NO_IMAGE = "local:there-is-no-such-image";
    /** Six pods come and six go, one after the other. */
    private static final Duration ROLLED_OUT = Duration.ofMinutes(10);

    private TestNamespace namespace;
    private Kubectl kubectl;
    private RedisDeployment redis;
    private Keys keys;
    private int jmxPort;

    @BeforeAll
    void aClusterWithData() throws IOException {
        namespace = TestNamespace.create(RolloutKubeIT.class);
        kubectl = namespace.kubectl();
        keys = new Keys(kubectl, "carried", 10_000);
        redis = RedisDeployment.create(kubectl);
        redis.awaitWhole("created");
        keys.write(redis);
        // RMI names a port to its client: the local end of the forward must have the number of the other end.
        try (ServerSocket free = new ServerSocket(0)) {
            jmxPort = free.getLocalPort();
        }
    }

    @AfterAll
    void removeAll() {
        namespace.close();
    }

    @Test
    @Order(1)
    void carryTakesTheDataAlong() throws InterruptedException {
        Look before = redis.awaitWhole("before");
        Look after;
        try (SteadyClients clients = new SteadyClients(kubectl, before)) {
            Instant began = Instant.now();
            kubectl.ask("set", "env", "deployment/redis", "-c", "coordinator", "JMX_PORT=" + jmxPort);
            after = redis.awaitWhole("rolled out", ROLLED_OUT, look -> before.pods().stream().filter(p -> !look.isGone(p))
                .map(p -> p.name() + " of the old template is still there").findFirst());
            double took = Duration.between(began, Instant.now()).toMillis() / 1000.0;
            SteadyClients.Outcome outcome = clients.end();
            tell(String.format(Locale.ROOT, "ROLLOUT=carry: 6 pods replaced in %.0f s; of %d writes acknowledged meanwhile %d lost, at most %d ms from one to the next",
                took, outcome.acknowledged(), outcome.lost(), outcome.longest().toMillis()));
            assertThat(outcome.lost()).as("acknowledged writes that are not there any more").isZero();
        }
        redis.check();
        keys.assertAllThere(after);
        assertThat(after.ids()).doesNotContainAnyElementsOf(before.ids());
    }

    @Test
    @Order(2)
    void aBadImageStopsTheRolloutAndTheOldPodsGoOnServing() throws InterruptedException {
        Look before = redis.awaitWhole("before");
        try (SteadyClients clients = new SteadyClients(kubectl, before)) {
            kubectl.ask("set", "image", "deployment/redis", "redis=" + NO_IMAGE, "coordinator=" + NO_IMAGE);
            Patience.until("a pod of the bad image", Duration.ofSeconds(60), () -> redis.pods().size() > before.pods().size()
                ? Optional.empty() : Optional.of("there are " + redis.pods().size() + " pods"));
            Ran status = kubectl.run("rollout", "status", "deployment/redis", "--timeout=20s");
            assertThat(status.ok()).as("what rollout status says: " + status.out() + status.err()).isFalse();
            Look meanwhile = redis.look();
            before.pods().forEach(pod -> assertThat(meanwhile.pods()).as(pod.name() + " stays and is Ready")
                .anyMatch(now -> now.uid().equals(pod.uid()) && now.ready() && !now.terminating()));
            kubectl.ask("rollout", "undo", "deployment/redis");
            kubectl.ask("rollout", "status", "deployment/redis", "--timeout=60s");
            assertThat(clients.end()).extracting(SteadyClients.Outcome::lost).isEqualTo(0);
        }
        assertThat(redis.awaitWhole("undone").ids()).isEqualTo(before.ids());
    }

    @Test
    @Order(3)
    void theGroupIsSeenOverJmx() throws IOException, JMException {
        Look look = redis.awaitWhole("before");
        String leader = redis.awaitLeader();
        List<String> pods = look.pods().stream().map(PodSeen::name).toList();
        for (String pod : List.of(leader, pods.stream().filter(p -> !p.equals(leader)).findFirst().orElseThrow())) {
            Path said = Files.createTempFile("regroup-it-forward", ".txt");
            Process forward = kubectl.start(said, "port-forward", "pod/" + pod, jmxPort + ":" + jmxPort);
            try {
                Patience.until("kubectl port-forward listens", Duration.ofSeconds(60), () ->
                    read(said).contains("Forwarding from 127.0.0.1") ? Optional.empty() : Optional.of(read(said)));
                try (JMXConnector jmx = JMXConnectorFactory.connect(
                    new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + jmxPort + "/jmxrmi"))) {
                    assertGroupIsSeen(jmx.getMBeanServerConnection(), leader, pod, pods);
                }
            } finally {
                forward.destroy();
                Files.deleteIfExists(said);
            }
        }
    }

    private static void assertGroupIsSeen(MBeanServerConnection beans, String leader, String pod, List<String> pods)
        throws IOException, JMException {
        Set<ObjectName> channels = beans.queryNames(new ObjectName("jgroups:type=channel,*"), null);
        assertThat(channels).as("JGroups' channel at " + pod).hasSize(1);
        assertThat(beans.getAttribute(channels.iterator().next(), "view").toString()).contains(pods);
        Set<ObjectName> gms = beans.queryNames(new ObjectName("jgroups:type=protocol,protocol=GMS,*"), null);
        assertThat(gms).as("JGroups' GMS at " + pod).hasSize(1);
        // Its attribute "members" is of a class that JGroups cannot send to a client.
        assertThat(beans.getAttribute(gms.iterator().next(), "view").toString()).contains(pods);
        assertThat(beans.queryNames(new ObjectName("jgroups:type=protocol,*"), null)).hasSizeGreaterThan(8);

        ObjectName regroup = new ObjectName("io.regroup:type=Regroup");
        assertThat(beans.getAttribute(regroup, "Leader")).isEqualTo(leader);
        assertThat(beans.getAttribute(regroup, "Leading")).isEqualTo(pod.equals(leader));
        assertThat(beans.getAttribute(regroup, "Whole")).isEqualTo(true);
        assertThat(beans.getAttribute(regroup, "Pending")).isEqualTo("");
        assertThat((String) beans.getAttribute(regroup, "Reason")).isNotBlank();
        assertThat(beans.getAttribute(regroup, "Counters")).isNotNull();
        List<String> members = new ArrayList<>();
        for (CompositeData member : (CompositeData[]) beans.getAttribute(regroup, "Members")) {
            members.add((String) member.get("pod"));
            assertThat((String) member.get("nodeId")).hasSize(40);
            assertThat((String) member.get("role")).isIn("master", "replica");
            assertThat((String) member.get("ip")).isNotBlank();
            assertThat((String) member.get("kubernetesNode")).isNotBlank();
        }
        assertThat(members).containsExactlyInAnyOrderElementsOf(pods);
    }

    /**
     * The new cluster needs all its pods before it is one, so the Deployment must be allowed to start them all beside the
     * old ones: maxSurge 100%.
     */
    @Test
    @Order(4)
    void freshMakesANewClusterBesideTheOld() {
        Look old = redis.awaitWhole("before");
        Instant began = Instant.now();
        kubectl.ask("patch", "deployment", "redis", "-p", """
            {"spec": {
              "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}},
              "template": {"spec": {"containers": [{"name": "coordinator", "env": [{"name": "ROLLOUT", "value": "fresh"}]}]}}
            }}""");
        Look fresh = redis.awaitWhole("rolled out", ROLLED_OUT, look -> {
            assertApart(look);
            return old.pods().stream().filter(p -> !look.isGone(p)).map(p -> p.name() + " of the old template is still there").findFirst();
        });
        tell(String.format(Locale.ROOT, "ROLLOUT=fresh: a new cluster stands alone after %.0f s", Duration.between(began, Instant.now()).toMillis() / 1000.0));
        redis.check();
        assertThat(fresh.named()).doesNotContainAnyElementsOf(old.ids());
        assertThat(Keys.remaining(fresh)).isEmpty();
    }

    /** No node of one template is named by one of the other. */
    private static void assertApart(Look look) {
        SortedMap<String, SortedSet<NodeId>> byHash = new TreeMap<>();
        look.nodes().forEach(node -> byHash.computeIfAbsent(node.pod().hash(), hash -> new TreeSet<>()).add(node.id()));
        look.nodes().forEach(node -> byHash.forEach((hash, ids) -> {
            if (!hash.equals(node.pod().hash())) {
                assertThat(node.answer().table().others().keySet()).as("what " + node.name() + " names").doesNotContainAnyElementsOf(ids);
            }
        }));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void tell(String what) {
        System.out.println("[kube] " + what);
    }
}
