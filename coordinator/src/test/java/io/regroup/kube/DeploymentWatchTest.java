package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import io.regroup.kube.DeploymentSeen.Asked;
import io.regroup.kube.DeploymentSeen.Ending;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class DeploymentWatchTest {
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
    private static final Identity IDENTITY =
            new Identity("Deployment", "redis", "dep-uid", Optional.empty(), "regroup-dep-uid");

    private final BlockingQueue<DeploymentSeen> seen = new LinkedBlockingQueue<>();
    private FakeApi api;
    private LeaderApi leader;
    private DeploymentWatch watch;
    private volatile FakeApi.Answer list;
    private volatile FakeApi.Answer watching;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        list = (asked, exchange) -> FakeApi.reply(exchange, 200, listOf("7", deployment("dep-uid", 6, "5")));
        watching = api::watch;
        api.on(DEPLOYMENTS, this::answer);
        leader = new LeaderApi(api.settings());
        watch = watchOf(IDENTITY);
    }

    @AfterEach
    void stop() {
        watch.close();
        leader.close();
        api.close();
    }

    private void answer(FakeApi.Asked asked, HttpExchange exchange) throws IOException {
        (asked.watches() ? watching : list).to(asked, exchange);
    }

    private DeploymentWatch watchOf(Identity identity) {
        return new DeploymentWatch(leader, identity, seen::add,
                new Backoff(Duration.ofMillis(10), Duration.ofMillis(40), new Random(1)), Duration.ofMinutes(5));
    }

    private static String deployment(String uid, int replicas, String version) {
        return """
                {"kind":"Deployment","metadata":{"name":"redis","uid":"%s","resourceVersion":"%s"},
                 "spec":{"replicas":%d}}""".formatted(uid, version, replicas).replace("\n", "");
    }

    private static String bookmark(String version) {
        return "{\"kind\":\"Deployment\",\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"spec\":{}}";
    }

    private static String listOf(String version, String... items) {
        return "{\"kind\":\"DeploymentList\",\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"items\":["
                + String.join(",", items) + "]}";
    }

    private DeploymentSeen next() throws InterruptedException {
        DeploymentSeen next = seen.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("something seen within 10 s; requests: %s", api.asked()).isNotNull();
        return next;
    }

    private List<FakeApi.Asked> lists() {
        return api.asked().stream().filter(a -> !a.watches()).toList();
    }

    @Test
    void whatIsAskedForIsTheFirstWhileTheDeploymentIsAsItWasCreated() throws IOException {
        String created = deployment("dep-uid", 6, "5").replace("\"uid\"", "\"generation\":1,\"uid\"");
        assertThat(DeploymentSeen.of(IDENTITY, Fields.object(new StringReader(created)))).isEqualTo(new Asked(6, true));
        String scaled = created.replace("\"generation\":1", "\"generation\":2");
        assertThat(DeploymentSeen.of(IDENTITY, Fields.object(new StringReader(scaled)))).isEqualTo(new Asked(6, false));
    }

    @Test
    void listsOnceAndThenOnlyWatches() throws Exception {
        watch.start();
        FakeApi.Watcher watcher = api.nextWatch();
        assertThat(next()).isEqualTo(new Asked(6, false));
        assertThat(watcher.request().query())
                .contains("fieldSelector=metadata.name=redis", "resourceVersion=7", "allowWatchBookmarks=true", "timeoutSeconds=300");
        assertThat(watcher.request().authorization()).contains("Bearer secret");
        watcher.tell("MODIFIED", deployment("dep-uid", 9, "11"));
        assertThat(next()).isEqualTo(new Asked(9, false));
        assertThat(watch.seen()).contains(new Asked(9, false));
        assertThat(api.asked()).hasSize(2);
    }

    @Test
    void whatDoesNotChangeWhatIsAskedForIsNotTold() throws Exception {
        watch.start();
        FakeApi.Watcher watcher = api.nextWatch();
        next();
        watcher.tell("MODIFIED", deployment("dep-uid", 6, "11"));
        watcher.tell("BOOKMARK", bookmark("12"));
        watcher.tell("MODIFIED", deployment("dep-uid", 7, "13"));
        assertThat(next()).isEqualTo(new Asked(7, false));
    }

    @Test
    void goesOnWhereTheServerEndedTheWatch() throws Exception {
        watch.start();
        FakeApi.Watcher first = api.nextWatch();
        first.tell("BOOKMARK", bookmark("42"));
        first.end();
        FakeApi.Watcher second = api.nextWatch();
        assertThat(second.request().query()).contains("resourceVersion=42");
        second.tell("MODIFIED", deployment("dep-uid", 8, "43"));
        second.line("{\"type\":\"MODI");
        second.end();
        assertThat(api.nextWatch().request().query()).contains("resourceVersion=43");
        assertThat(lists()).hasSize(1);
    }

    @Test
    void listsAgainWhenItsVersionIsTooOld() throws Exception {
        watch.start();
        FakeApi.Watcher first = api.nextWatch();
        assertThat(next()).isEqualTo(new Asked(6, false));
        list = (asked, exchange) -> FakeApi.reply(exchange, 200, listOf("99", deployment("dep-uid", 12, "90")));
        first.tell("ERROR", FakeApi.status(410, "Expired", "too old resource version: 7", "").replace("\n", ""));
        assertThat(next()).isEqualTo(new Asked(12, false));
        assertThat(api.nextWatch().request().query()).contains("resourceVersion=99");
    }

    @Test
    void listsAgainWhenTheWatchIsRefusedAsTooOld() throws Exception {
        watching = (asked, exchange) -> {
            if (asked.query().contains("resourceVersion=7&") || asked.query().endsWith("resourceVersion=7")) {
                list = (a, x) -> FakeApi.reply(x, 200, listOf("99", deployment("dep-uid", 6, "90")));
                FakeApi.reply(exchange, 410, FakeApi.status(410, "Expired", "too old resource version", ""));
            } else {
                api.watch(asked, exchange);
            }
        };
        watch.start();
        assertThat(api.nextWatch().request().query()).contains("resourceVersion=99");
        assertThat(lists()).hasSize(2);
    }

    @Test
    void anExpiryThatAListDoesNotPutRightIsSpacedOutAndLoggedOnce() throws Exception {
        watching = (asked, exchange) ->
                FakeApi.reply(exchange, 410, FakeApi.status(410, "Expired", "too old resource version", ""));
        try (Logged log = new Logged(DeploymentWatch.class)) {
            watch.start();
            await().until(() -> lists().size() >= 5);
            assertThat(log.warnings()).singleElement().asString().contains("410: too old resource version");
        }
    }

    @Test
    void aDeploymentBeingDeletedIsEnding() throws Exception {
        watch.start();
        FakeApi.Watcher watcher = api.nextWatch();
        next();
        watcher.tell("MODIFIED", deployment("dep-uid", 6, "11")
                .replace("\"uid\"", "\"deletionTimestamp\":\"2030-01-01T00:00:00Z\",\"uid\""));
        assertThat(next()).isEqualTo(new Ending("Deployment redis is being deleted since 2030-01-01T00:00:00Z"));
        watcher.tell("DELETED", deployment("dep-uid", 6, "12"));
        assertThat(next()).isEqualTo(new Ending("Deployment redis (dep-uid) is gone"));
        watcher.tell("ADDED", deployment("new-uid", 6, "13"));
        assertThat(next()).isEqualTo(new Ending("Deployment redis (dep-uid) is gone, and another one has its name"));
    }

    @Test
    void aDeploymentThatIsNotListedIsGone() throws Exception {
        list = (asked, exchange) -> FakeApi.reply(exchange, 200, listOf("7"));
        watch.start();
        assertThat(next()).isEqualTo(new Ending("Deployment redis (dep-uid) is gone"));
    }

    @Test
    void aMissingRightIsLoggedOnceAndAskedForAgain() throws Exception {
        list = (asked, exchange) -> FakeApi.reply(exchange, 403, "");
        try (Logged log = new Logged(DeploymentWatch.class)) {
            watch.start();
            await().until(() -> lists().size() >= 4);
            assertThat(log.warnings()).singleElement().asString()
                    .contains("resources [\"deployments\"], verbs [\"list\"]");
            assertThat(watch.trouble()).get().asString().contains("may not list deployments");
            assertThat(seen).isEmpty();
            list = (asked, exchange) -> FakeApi.reply(exchange, 200, listOf("7", deployment("dep-uid", 6, "5")));
            assertThat(next()).isEqualTo(new Asked(6, false));
            api.nextWatch();
            await().until(() -> watch.trouble().isEmpty());
            assertThat(log.lines()).anyMatch(l -> l.startsWith("INFO the replicas of Deployment redis are watched again"));
        }
    }

    @Test
    void anApiServerThatGoesAndComesBackLosesNothing() throws Exception {
        watch.start();
        FakeApi.Watcher watcher = api.nextWatch();
        assertThat(next()).isEqualTo(new Asked(6, false));
        watcher.tell("BOOKMARK", bookmark("50"));
        int port = api.port();
        api.close();
        await().until(() -> watch.trouble().isPresent());
        api = new FakeApi(port).on(DEPLOYMENTS, this::answer);
        watching = api::watch;
        FakeApi.Watcher again = api.nextWatch();
        assertThat(again.request().query()).contains("resourceVersion=50");
        again.tell("MODIFIED", deployment("dep-uid", 3, "51"));
        assertThat(next()).isEqualTo(new Asked(3, false));
        assertThat(lists()).isEmpty();
    }

    @Test
    void watchesThatEndAtOnceAreSpacedOutAndLoggedOnce() throws Exception {
        watching = (asked, exchange) -> FakeApi.reply(exchange, 200, "");
        try (Logged log = new Logged(DeploymentWatch.class)) {
            watch.start();
            await().until(() -> api.asked().size() >= 6);
            assertThat(log.warnings()).singleElement().asString().contains("ends every watch at once");
        }
    }

    @Test
    void closeEndsASilentWatch() throws Exception {
        watch.start();
        api.nextWatch();
        next();
        watch.close();
        await().atMost(Duration.ofSeconds(2)).until(this::noWatchThread);
        assertThat(seen).isEmpty();
        assertThat(api.noFurtherWatch()).isTrue();
    }

    @Test
    void closeEndsAListThatHangs() throws Exception {
        list = (asked, exchange) -> api.hang();
        watch.start();
        await().until(() -> !api.asked().isEmpty());
        watch.close();
        leader.close();
        await().atMost(Duration.ofSeconds(2)).until(this::noWatchThread);
    }

    @Test
    void closeEndsAPause() throws Exception {
        api.close();
        watch = new DeploymentWatch(leader, IDENTITY, seen::add,
                new Backoff(Duration.ofHours(1), Duration.ofHours(1), new Random(1)), Duration.ofMinutes(5));
        watch.start();
        await().until(() -> watch.trouble().isPresent());
        watch.close();
        await().atMost(Duration.ofSeconds(2)).until(this::noWatchThread);
    }

    @Test
    void aListenerThatThrowsDoesNotEndTheWatch() throws Exception {
        watch = new DeploymentWatch(leader, IDENTITY, now -> {
            seen.add(now);
            throw new IllegalStateException("planned");
        });
        watch.start();
        FakeApi.Watcher watcher = api.nextWatch();
        next();
        watcher.tell("MODIFIED", deployment("dep-uid", 9, "11"));
        assertThat(next()).isEqualTo(new Asked(9, false));
    }

    @Test
    void otherControllersAreWatchedWhereTheyAre() throws Exception {
        String path = "/apis/apps/v1/namespaces/shop/statefulsets";
        api.on(path, this::answer);
        watch = watchOf(new Identity("StatefulSet", "redis", "dep-uid", Optional.empty(), "g"));
        watch.start();
        assertThat(next()).isEqualTo(new Asked(6, false));
        assertThat(api.nextWatch().request().path()).isEqualTo(path);
    }

    @Test
    void aControllerOfAnUnknownKindIsNotTakenForOneThatIsGone() {
        watch = watchOf(new Identity("Rollout", "redis", "dep-uid", Optional.empty(), "g"));
        watch.start();
        assertThat(watch.trouble()).get().asString().contains("set REDIS_CLUSTER_COUNT");
        assertThat(seen).isEmpty();
        assertThat(api.asked()).isEmpty();
    }

    private boolean noWatchThread() {
        return Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("deployment-watch"));
    }
}
