package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code k8s/statefulset.yaml}: all pods are gone at once, and come back with other addresses and their volumes. */
@Tag("nobody-beside")
@ExtendWith(Evidence.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatefulSetKubeIT {

    private static final Path YAML = Path.of("..", "k8s", "statefulset.yaml").toAbsolutePath().normalize();
    private static final int PODS = 6;
    private static final int KEYS = 10_000;
    /**
     * So long after the start of the last pod's containers a restart of everything may take; where the machine is so slow that a new cluster takes more than
     * half of that, twice as long as that did: the old pods are taken down beside it.
     */
    private static final Duration EXPECTED = Duration.ofSeconds(15);
    /** For one call of kubectl. */
    private static final Duration CALL = Duration.ofSeconds(15);
    private static final Duration QUIET = Duration.ofSeconds(20);

    /** Volumes for a cluster that has nothing that makes them; the folders are the node's, and go when it goes. */
    private static final String VOLUME = """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: NAME, labels: {regroup-it: NAMESPACE}}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: Retain
          claimRef: {namespace: NAMESPACE, name: data-redis-NUMBER}
          hostPath: {path: /tmp/regroup-it/NAME, type: DirectoryOrCreate}
        ---
        """;
    /** A hostPath is root's, whatever fsGroup says. */
    private static final String OWNER = """
        apiVersion: v1
        kind: Pod
        metadata: {name: owner}
        spec:
          restartPolicy: Never
          containers:
            - name: chown
              image: local:kubernetes-replicated-redis-cluster-auto-restart
              imagePullPolicy: IfNotPresent
              command: [bash, -c, "DO"]
              securityContext: {runAsUser: 0}
              volumeMounts: [{name: volumes, mountPath: /volumes}]
          volumes: [{name: volumes, hostPath: {path: /tmp/regroup-it, type: DirectoryOrCreate}}]
        """;

    private TestNamespace namespace;
    private Kubectl kubectl;
    private Duration formed;

    @BeforeAll
    void aWholeCluster() {
        namespace = TestNamespace.create(StatefulSetKubeIT.class);
        kubectl = namespace.kubectl();
        StringBuilder volumes = new StringBuilder();
        for (int i = 0; i < PODS; i++) {
            volumes.append(VOLUME.replace("NAMESPACE", kubectl.namespace()).replace("NAME", volume(i)).replace("NUMBER", Integer.toString(i)));
        }
        kubectl.run(CALL, volumes.toString(), "create", "-f", "-").output();
        inVolumes("mkdir -p " + folders() + " && chown 1000:1000 " + folders());
        kubectl.ask("create", "-f", YAML.toString());
        awaitWhole("created");
        formed = Duration.between(lastStart(), lastWhole());
    }

    @AfterAll
    void removeAll() {
        kubectl.run("delete", "statefulset", "redis", "--cascade=foreground", "--grace-period=0", "--force");
        inVolumes("rm -rf " + folders());
        namespace.close();
        kubectl.ask("delete", "persistentvolume", "-l", "regroup-it=" + kubectl.namespace());
    }

    private String volume(int number) {
        return kubectl.namespace() + "-" + number;
    }

    private String folders() {
        return "/volumes/" + kubectl.namespace() + "-{0..5}";
    }

    private void inVolumes(String command) {
        kubectl.run(CALL, OWNER.replace("DO", command), "create", "-f", "-").output();
        Patience.until("volumes: " + command, Patience.HEALED, () -> {
            String phase = kubectl.ask("get", "pod", "owner", "-o", "jsonpath={.status.phase}");
            return phase.equals("Succeeded") ? Optional.empty() : Optional.of(phase);
        });
        kubectl.ask("delete", "pod", "owner", "--grace-period=0", "--force");
    }

    @Test
    void allPodsComeBackWithOtherAddressesAndEveryKeyIsThere() {
        StringBuilder writes = new StringBuilder();
        for (int i = 0; i < KEYS; i++) {
            writes.append("SET key:").append(i).append(" value:").append(i).append('\n');
        }
        assertThat(client(writes.toString()).filter("OK"::equals)).hasSize(KEYS);
        List<PodSeen> before = pods();
        SortedSet<String> ids = ids();

        kubectl.ask("delete", "pod", "-l", "app.kubernetes.io/name=redis", "--force", "--grace-period=0", "--wait=false");
        Patience.until("all pods are new", Patience.HEALED, () -> {
            List<PodSeen> now = pods();
            return now.size() == PODS && now.stream().allMatch(p -> p.runs() && before.stream().noneMatch(b -> b.uid().equals(p.uid())))
                ? Optional.empty() : Optional.of(now.toString());
        });
        awaitWhole("all pods deleted by force at once");

        assertThat(ids()).as("the same nodes").isEqualTo(ids);
        StringBuilder reads = new StringBuilder();
        for (int i = 0; i < KEYS; i++) {
            reads.append("GET key:").append(i).append('\n');
        }
        long there = client(reads.toString()).filter(line -> line.startsWith("value:")).count();
        Duration took = Duration.between(lastStart(), lastWhole());
        System.out.printf("    all pods of a StatefulSet deleted by force at once: whole %.1f s after the last pod's containers ran (a new cluster: %.1f s), %d of %d keys there%n",
            took.toMillis() / 1000.0, formed.toMillis() / 1000.0, there, KEYS);
        assertThat(there).as("keys that are there").isEqualTo(KEYS);
        assertThat(took).isLessThan(Collections.max(List.of(EXPECTED, formed.multipliedBy(2))));
        staysWhole();
    }

    private java.util.stream.Stream<String> client(String commands) {
        return kubectl.run(Duration.ofMinutes(2), commands, "exec", "-i", "redis-0", "-c", "redis", "--", "redis-cli", "-c").output().lines();
    }

    private List<PodSeen> pods() {
        List<PodSeen> pods = new ArrayList<>();
        for (JsonElement item : kubectl.json("get", "pods", "-l", "app.kubernetes.io/name=redis", "-o", "json").getAsJsonArray("items")) {
            pods.add(PodSeen.of((JsonObject) item));
        }
        return pods;
    }

    private SortedSet<String> ids() {
        SortedSet<String> ids = new TreeSet<>();
        kubectl.ask("exec", "redis-0", "-c", "redis", "--", "redis-cli", "cluster", "nodes").lines().forEach(line -> ids.add(line.split(" ")[0]));
        return ids;
    }

    private void awaitWhole(String story) {
        Patience.until(story + ": whole", Patience.HEALED, () -> pods().size() == PODS && pods().stream().allMatch(PodSeen::ready) ? check()
            : Optional.of("not ready: " + pods().stream().filter(p -> !p.ready()).map(PodSeen::name).toList()));
    }

    /** {@code redis-cli --cluster check}: all agree, all slots are covered. */
    private Optional<String> check() {
        Program.Ran ran = kubectl.run("exec", "redis-0", "-c", "redis", "--", "redis-cli", "--cluster", "check", pods().getFirst().ip() + ":6379");
        return ran.ok() && ran.out().contains("[OK] All 16384 slots covered") && !ran.out().contains("[WARNING]") ? Optional.empty() : Optional.of(ran.out());
    }

    private Instant lastStart() {
        return pods().stream().flatMap(p -> p.containers().values().stream()).map(c -> c.since().orElseThrow()).max(Instant::compareTo).orElseThrow();
    }

    /** When a leader of these pods wrote last that the cluster is whole. */
    private Instant lastWhole() {
        List<Instant> whole = new ArrayList<>();
        for (PodSeen pod : pods()) {
            String log = kubectl.ask("logs", pod.name(), "-c", "coordinator", "--timestamps");
            log.lines().filter(line -> line.contains("the cluster is whole")).forEach(line -> whole.add(Instant.parse(line.split(" ")[0])));
        }
        return whole.stream().max(Instant::compareTo).orElseThrow();
    }

    /** And then nothing is done any more. */
    private void staysWhole() {
        List<String> decisions = decisions();
        Instant since = Instant.now();
        Patience.until("quiet for " + QUIET, QUIET.multipliedBy(3), () -> {
            assertThat(decisions()).as("what leaders decided").isEqualTo(decisions);
            return Duration.between(since, Instant.now()).compareTo(QUIET) >= 0 ? Optional.empty() : Optional.of("not yet");
        });
    }

    private List<String> decisions() {
        List<String> decisions = new ArrayList<>();
        for (PodSeen pod : pods()) {
            kubectl.ask("logs", pod.name(), "-c", "coordinator").lines().filter(line -> line.contains("LeaderLoop: round")).forEach(decisions::add);
        }
        return decisions;
    }
}
