package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EventsTest {
    private static final String EVENTS = "/api/v1/namespaces/shop/events";
    private static final Identity IDENTITY =
            new Identity("Deployment", "redis", "dep-uid", Optional.empty(), "regroup-dep-uid");

    /** A clock that stands until it is moved. */
    private static final class Hands extends Clock {
        private volatile Instant now = Instant.parse("2030-01-01T00:00:00.987Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private final Hands clock = new Hands();
    private final AtomicInteger made = new AtomicInteger();
    private FakeApi api;
    private LeaderApi leader;
    private Events events;

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        taking();
        leader = new LeaderApi(api.settings());
        events = new Events(leader, IDENTITY, "redis-7d-x", clock);
    }

    @AfterEach
    void stop() {
        events.close();
        leader.close();
        api.close();
    }

    private void taking() {
        api.on(EVENTS, (asked, exchange) -> {
            String name = "redis." + made.incrementAndGet();
            api.on(EVENTS + "/" + name, 200, "{\"kind\":\"Event\",\"metadata\":{\"name\":\"" + name + "\"}}");
            FakeApi.reply(exchange, 201, "{\"kind\":\"Event\",\"metadata\":{\"name\":\"" + name + "\"}}");
        });
    }

    private List<FakeApi.Asked> requests(int count) {
        await().until(() -> api.asked().size() >= count);
        return api.asked();
    }

    private static JsonObject body(FakeApi.Asked asked) {
        return JsonParser.parseString(asked.body()).getAsJsonObject();
    }

    @Test
    void anEventOnTheDeploymentIsMade() {
        events.onDeployment(Events.Kind.NORMAL, "ClusterFormed", "6 nodes in 0.9 s");
        FakeApi.Asked asked = requests(1).getFirst();
        assertThat(asked.method()).isEqualTo("POST");
        assertThat(body(asked)).isEqualTo(JsonParser.parseString("""
                {"apiVersion":"v1","kind":"Event","metadata":{"generateName":"redis.","namespace":"shop"},
                 "involvedObject":{"apiVersion":"apps/v1","kind":"Deployment","name":"redis","uid":"dep-uid","namespace":"shop"},
                 "type":"Normal","reason":"ClusterFormed","message":"6 nodes in 0.9 s","source":{"component":"regroup"},
                 "reportingComponent":"regroup","reportingInstance":"redis-7d-x",
                 "firstTimestamp":"2030-01-01T00:00:00Z","lastTimestamp":"2030-01-01T00:00:00Z","count":1}"""));
    }

    @Test
    void anEventOnAPodIsMade() {
        events.onPod("p", "pod-uid", Events.Kind.WARNING, "MasterLost", "…");
        JsonObject event = body(requests(1).getFirst());
        assertThat(event.get("type").getAsString()).isEqualTo("Warning");
        assertThat(event.getAsJsonObject("involvedObject")).isEqualTo(JsonParser.parseString(
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"pod-uid\",\"namespace\":\"shop\"}"));
    }

    @Test
    void theSameAgainIsCountedUp() {
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        requests(1);
        clock.now = clock.now.plus(Duration.ofMinutes(9));
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        requests(2);
        clock.now = clock.now.plus(Duration.ofMinutes(9));
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        List<FakeApi.Asked> asked = requests(3);
        assertThat(asked).extracting(FakeApi.Asked::method).containsExactly("POST", "PATCH", "PATCH");
        assertThat(asked.get(2).path()).isEqualTo(EVENTS + "/redis.1");
        assertThat(asked.get(2).contentType()).get().asString().startsWith("application/merge-patch+json");
        assertThat(body(asked.get(2))).isEqualTo(
                JsonParser.parseString("{\"count\":3,\"lastTimestamp\":\"2030-01-01T00:18:00Z\"}"));
    }

    @Test
    void anotherMessageOrALongTimeMakesANewOne() {
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "2 of 6");
        requests(2);
        clock.now = clock.now.plus(Duration.ofMinutes(10));
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        assertThat(requests(3)).extracting(FakeApi.Asked::method).containsOnly("POST");
    }

    @Test
    void anEventThatIsNoLongerThereIsMadeAgain() {
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        requests(1);
        api.on(EVENTS + "/redis.1", 404, FakeApi.status(404, "NotFound", "gone", "redis.1"));
        events.onDeployment(Events.Kind.WARNING, "NoQuorum", "3 of 6");
        assertThat(requests(3)).extracting(FakeApi.Asked::method).containsExactly("POST", "PATCH", "POST");
    }

    @Test
    void aRefusalIsLoggedOnceAndLaterEventsAreTriedAgain() {
        api.on(EVENTS, 403, "");
        try (Logged log = new Logged(Events.class)) {
            for (int i = 0; i < 3; i++) {
                events.onDeployment(Events.Kind.NORMAL, "Promoted", "number " + i);
            }
            requests(3);
            taking();
            events.onDeployment(Events.Kind.NORMAL, "Promoted", "number 3");
            await().until(() -> log.lines().stream().anyMatch(l -> l.contains("recorded again")));
            assertThat(log.warnings()).singleElement().asString()
                    .contains("events are lost").contains("resources [\"events\"], verbs [\"create\"]");
        }
    }

    @Test
    void nobodyWaitsForAnApiServerThatHangs() {
        api.on(EVENTS, (asked, exchange) -> api.hang());
        IntStream.range(0, 200).forEach(i -> events.onDeployment(Events.Kind.NORMAL, "Promoted", "number " + i));
        assertThat(api.asked()).as("the first is still not answered").hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void aLongMessageIsCut() {
        events.onDeployment(Events.Kind.NORMAL, "Promoted", "x".repeat(5000));
        assertThat(body(requests(1).getFirst()).get("message").getAsString()).hasSize(1024).endsWith("…");
    }

    @Test
    void afterCloseTheThreadEndsAndEventsAreDropped() {
        api.on(EVENTS, (asked, exchange) -> api.hang());
        events.onDeployment(Events.Kind.NORMAL, "Promoted", "first");
        requests(1);
        events.close();
        leader.close();
        await().atMost(Duration.ofSeconds(2)).until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().equals("events")));
        events.onDeployment(Events.Kind.NORMAL, "Promoted", "second");
        assertThat(api.asked()).hasSize(1);
    }
}
