package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class IdentityReaderTest {
    private static final String POD = "/api/v1/namespaces/shop/pods/redis-7d-x";
    private static final String REPLICA_SET = "/apis/apps/v1/namespaces/shop/replicasets/redis-7d";
    private static final String OWNED_BY = """
            {"kind":"%s","metadata":{"name":"n","uid":"%s","labels":{"controller-revision-hash":"rev"},"ownerReferences":[
              {"apiVersion":"v1","kind":"ConfigMap","name":"aside","uid":"aside-uid"},
              {"apiVersion":"apps/v1","kind":"%s","name":"%s","uid":"%s","controller":true}]}}""";
    private static final String ALONE = "{\"kind\":\"%s\",\"metadata\":{\"name\":\"n\",\"uid\":\"%s\"}}";
    private static final Identity IDENTITY =
            new Identity("Deployment", "redis", "dep-uid", Optional.empty(), "regroup-dep-uid");

    @TempDir
    private Path dataDir;
    private FakeApi api;

    @BeforeEach
    void aPodOfADeployment() throws Exception {
        api = new FakeApi()
                .on(REPLICA_SET, 200,
                        OWNED_BY.formatted("ReplicaSet", "rs-uid", "Deployment", "redis", "dep-uid"))
                .on(POD, 200, OWNED_BY.formatted("Pod", "pod-uid", "ReplicaSet", "redis-7d", "rs-uid"));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private PodSettings pod(Rollout rollout, Optional<String> hash) {
        return new PodSettings("redis-7d-x", "pod-uid", hash, rollout, Optional.empty(), dataDir);
    }

    private PodSettings pod() {
        return pod(Rollout.CARRY, Optional.of("7d"));
    }

    private static IdentityReader reader(ApiSettings settings) {
        return new IdentityReader(settings, new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), new Random(1)));
    }

    private Identity read(PodSettings pod) throws InterruptedException {
        try (IdentityReader reader = reader(api.settings())) {
            return reader.read(pod);
        }
    }

    private static CompletableFuture<Identity> inBackground(IdentityReader reader, PodSettings pod) {
        CompletableFuture<Identity> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(reader.read(pod));
            } catch (InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    @Test
    void theReplicaSetTellsHowManyPodsItsDeploymentAskedFor() throws Exception {
        api.on(REPLICA_SET, 200, OWNED_BY.formatted("ReplicaSet", "rs-uid", "Deployment", "redis", "dep-uid")
            .replace("\"labels\"", "\"annotations\":{\"deployment.kubernetes.io/desired-replicas\":\"6\"},\"labels\""));
        assertThat(read(pod()).replicas()).hasValue(6);
        assertThat(read(pod()).replicas()).as("recalled after a restart: it may have changed since").isEmpty();
    }

    @Test
    void followsThePodToItsDeployment() throws Exception {
        assertThat(read(pod())).isEqualTo(IDENTITY);
        assertThat(api.asked()).extracting(FakeApi.Asked::path).containsExactly(POD, REPLICA_SET);
        assertThat(api.asked()).extracting(FakeApi.Asked::authorization).containsOnly(Optional.of("Bearer secret"));
    }

    @Test
    void aFreshRolloutIsAGroupOfItsOwn() throws Exception {
        assertThat(read(pod(Rollout.FRESH, Optional.of("7d"))).groupName()).isEqualTo("regroup-dep-uid-7d");
    }

    @Test
    void takesTheZoneFromTheSettings() throws Exception {
        PodSettings zoned = new PodSettings("redis-7d-x", "pod-uid", Optional.of("7d"), Rollout.CARRY,
                Optional.of("north"), dataDir);
        assertThat(read(zoned).zone()).contains("north");
    }

    @Test
    void aReplicaSetWithoutADeploymentIsTheTop() throws Exception {
        api.on(REPLICA_SET, 200, ALONE.formatted("ReplicaSet", "rs-uid"));
        assertThat(read(pod())).isEqualTo(
                new Identity("ReplicaSet", "redis-7d", "rs-uid", Optional.empty(), "regroup-rs-uid"));
    }

    @Test
    void aStatefulSetIsTheTopAndItsRevisionTellsRolloutsApart() throws Exception {
        api.on(POD, 200, OWNED_BY.formatted("Pod", "pod-uid", "StatefulSet", "redis", "sts-uid"));
        assertThat(read(pod(Rollout.FRESH, Optional.empty()))).isEqualTo(
                new Identity("StatefulSet", "redis", "sts-uid", Optional.empty(), "regroup-sts-uid-rev"));
    }

    @Test
    void aBarePodIsAnErrorAndNotAskedForAgain() {
        api.on(POD, 200, ALONE.formatted("Pod", "pod-uid"));
        assertThatThrownBy(() -> read(pod())).isInstanceOf(UnusableSettings.class)
                .hasMessageContaining("pod redis-7d-x belongs to no Deployment");
        assertThat(api.asked()).hasSize(1);
    }

    @Test
    void aMissingRightIsNamedOnceAndAskedForUntilItIsThere() throws Exception {
        api.on(REPLICA_SET, 403, FakeApi.status(403, "Forbidden",
                "replicasets.apps is forbidden: User cannot get resource in API group apps", "redis-7d")
                .replace("cannot get resource", "cannot get resource \\\"replicasets\\\""));
        try (Logged log = new Logged(IdentityReader.class); IdentityReader reader = reader(api.settings())) {
            CompletableFuture<Identity> identity = inBackground(reader, pod());
            await().until(() -> api.asked(REPLICA_SET).size() >= 5);
            assertThat(log.warnings()).singleElement().asString()
                    .contains("may not get replicasets in namespace shop")
                    .contains("apiGroups [\"apps\"], resources [\"replicasets\"], verbs [\"get\"]");
            assertThat(reader.waitsFor()).get().asString().contains("may not get replicasets");
            aPodOfADeploymentAgain();
            assertThat(identity.get(10, TimeUnit.SECONDS)).isEqualTo(IDENTITY);
            assertThat(log.lines()).filteredOn(l -> l.startsWith("INFO")).first().asString()
                    .contains("tells which deployment this pod belongs to");
        }
    }

    private void aPodOfADeploymentAgain() {
        api.on(REPLICA_SET, 200, OWNED_BY.formatted("ReplicaSet", "rs-uid", "Deployment", "redis", "dep-uid"));
    }

    @Test
    void waitsForAnApiServerThatIsDown() throws Exception {
        int port = api.port();
        ApiSettings settings = api.settings();
        api.close();
        try (IdentityReader reader = reader(settings)) {
            CompletableFuture<Identity> identity = inBackground(reader, pod());
            await().until(() -> reader.waitsFor().filter(w -> w.contains("gives no usable answer (Connection refused")).isPresent());
            api = new FakeApi(port).on(POD, 200, OWNED_BY.formatted("Pod", "pod-uid", "Deployment", "redis", "dep-uid"));
            assertThat(identity.get(10, TimeUnit.SECONDS)).isEqualTo(IDENTITY);
        }
    }

    @Test
    void whatIsNoApiServerIsNotBelieved() throws Exception {
        api.on(POD, 200, "<html>Welcome</html>");
        try (IdentityReader reader = reader(api.settings())) {
            CompletableFuture<Identity> identity = inBackground(reader, pod());
            await().until(() -> reader.waitsFor().filter(w -> w.contains("no JSON")).isPresent());
            api.on(POD, 200, "{\"kind\":\"Pod\",\"metadata\":{}}");
            await().until(() -> reader.waitsFor().filter(w -> w.contains("no metadata.uid")).isPresent());
            assertThat(identity).isNotDone();
        }
    }

    @Test
    void aNamesakeIsNotTakenForThisPod() throws Exception {
        api.on(POD, 200, OWNED_BY.formatted("Pod", "other-uid", "ReplicaSet", "redis-7d", "rs-uid"));
        try (IdentityReader reader = reader(api.settings())) {
            CompletableFuture<Identity> identity = inBackground(reader, pod());
            await().until(() -> reader.waitsFor().filter(w -> w.contains("another one of the same name")).isPresent());
            assertThat(identity).isNotDone();
        }
    }

    @Test
    void closeEndsARequestThatHangs() throws Exception {
        api.on(POD, (asked, exchange) -> api.hang());
        IdentityReader reader = reader(api.settings());
        CompletableFuture<Identity> identity = inBackground(reader, pod());
        await().until(() -> !api.asked().isEmpty());
        reader.close();
        assertThatThrownBy(() -> identity.get(1, TimeUnit.SECONDS)).hasCauseInstanceOf(CancellationException.class);
    }

    @Test
    void aTokenThatWasRenewedIsReadWhenTheOldOneIsRefused() throws Exception {
        Path token = dataDir.resolve("token");
        Files.writeString(token, "old\n");
        AtomicBoolean refused = new AtomicBoolean();
        FakeApi.Answer pod = (asked, exchange) ->
                FakeApi.reply(exchange, 200, OWNED_BY.formatted("Pod", "pod-uid", "Deployment", "redis", "dep-uid"));
        api.on(POD, (asked, exchange) -> {
            if (asked.authorization().equals(Optional.of("Bearer old"))) {
                refused.set(true);
                Files.writeString(token, "new\n");
                FakeApi.reply(exchange, 401, FakeApi.status(401, "Unauthorized", "Unauthorized", ""));
            } else {
                pod.to(asked, exchange);
            }
        });
        ApiSettings settings = new ApiSettings(api.uri(), Optional.empty(), token, dataDir.resolve("none"), "shop");
        try (IdentityReader reader = reader(settings); Logged log = new Logged(IdentityReader.class)) {
            assertThat(reader.read(pod())).isEqualTo(IDENTITY);
            assertThat(log.warnings()).isEmpty();
        }
        assertThat(refused).isTrue();
        assertThat(api.asked()).hasSize(2);
    }

    @Test
    void aRestartWithoutAnApiServerKnowsWhoItIs() throws Exception {
        read(pod());
        api.close();
        assertThat(read(pod())).isEqualTo(IDENTITY);
    }

    @Test
    void whatAnotherPodRememberedIsNotUsed() throws Exception {
        read(pod());
        PodSettings other = new PodSettings("redis-7d-x", "other-uid", Optional.of("7d"), Rollout.CARRY,
                Optional.empty(), dataDir);
        api.on(POD, 200, OWNED_BY.formatted("Pod", "other-uid", "Deployment", "redis2", "dep2-uid"));
        assertThat(read(other).deploymentUid()).isEqualTo("dep2-uid");
    }

    @Test
    void whatAnotherRolloutModeRememberedIsNotUsed() throws Exception {
        read(pod());
        assertThat(read(pod(Rollout.FRESH, Optional.of("7d"))).groupName()).isEqualTo("regroup-dep-uid-7d");
    }

    @Test
    void aFileThatWasCutOffIsNotUsed() throws Exception {
        read(pod());
        Path file = dataDir.resolve("identity");
        Files.writeString(file, Files.readString(file).replaceAll("(?m)^group=.*$", ""));
        assertThat(read(pod())).isEqualTo(IDENTITY);
        assertThat(api.asked()).hasSize(4);
    }

    @Test
    void aDataDirThatCannotBeWrittenDoesNotMatterNow() throws Exception {
        Files.writeString(dataDir.resolve("file"), "");
        PodSettings pod = new PodSettings("redis-7d-x", "pod-uid", Optional.of("7d"), Rollout.CARRY,
                Optional.empty(), dataDir.resolve("file"));
        assertThat(read(pod)).isEqualTo(IDENTITY);
    }

    @Test
    void overTlsTheServerMustBeSignedByTheClustersCa() throws Exception {
        Certificates cluster = Certificates.make(dataDir, "cluster");
        try (FakeApi encrypted = new FakeApi(cluster.server())
                .on(POD, 200, OWNED_BY.formatted("Pod", "pod-uid", "Deployment", "redis", "dep-uid"))) {
            ApiSettings right = new ApiSettings(encrypted.uri(), Optional.of("secret"), dataDir, cluster.caFile(), "shop");
            ApiSettings wrong = new ApiSettings(encrypted.uri(), Optional.of("secret"), dataDir, Certificates.stranger(dataDir), "shop");
            try (IdentityReader reader = reader(wrong)) {
                inBackground(reader, pod());
                await().until(() -> reader.waitsFor().filter(w -> w.contains("PKIX")).isPresent());
            }
            assertThat(encrypted.asked()).isEmpty();
            try (IdentityReader reader = reader(right)) {
                assertThat(reader.read(pod())).isEqualTo(IDENTITY);
            }
            try (LeaderApi leader = new LeaderApi(right)) {
                assertThat(new PodEnds(leader).ask("redis-7d-x", "another"))
                        .isInstanceOf(PodEnds.Answer.Gone.class);
            }
            try (LeaderApi leader = new LeaderApi(wrong)) {
                assertThat(new PodEnds(leader).ask("redis-7d-x", "another").reason()).contains("PKIX");
            }
        }
    }

    @Test
    void withoutTheCaFileTlsIsRefused() {
        ApiSettings settings = new ApiSettings(URI.create("https://10.96.0.1:443"), Optional.empty(), dataDir,
                dataDir.resolve("ca.crt"), "shop");
        assertThatThrownBy(() -> reader(settings)).isInstanceOf(UnusableSettings.class)
                .hasMessageContaining("ca.crt cannot be read").hasMessageContaining("cannot be told from a stranger");
        assertThatThrownBy(() -> new LeaderApi(settings)).isInstanceOf(UnusableSettings.class);
    }

    @Test
    void interruptingEndsTheWait() throws Exception {
        api.on(POD, 500, "");
        try (IdentityReader reader = new IdentityReader(api.settings(),
                new Backoff(Duration.ofHours(1), Duration.ofHours(1), new Random(1)))) {
            Thread waiting = Thread.currentThread();
            CompletableFuture<Void> interrupter = CompletableFuture.runAsync(() -> {
                await().until(() -> reader.waitsFor().isPresent());
                waiting.interrupt();
            });
            assertThatThrownBy(() -> reader.read(pod())).isInstanceOf(InterruptedException.class);
            assertThat(interrupter).succeedsWithin(Duration.ofSeconds(5));
        }
    }
}
