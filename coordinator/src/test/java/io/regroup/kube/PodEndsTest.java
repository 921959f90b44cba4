package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.kube.PodEnds.Answer.Gone;
import io.regroup.kube.PodEnds.Answer.NotEnded;
import io.regroup.kube.PodEnds.Answer.Unknown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodEndsTest extends LeaderApiTest {
    private static final String POD = "/api/v1/namespaces/shop/pods/p";
    private static final String RUNNING = """
            {"kind":"Pod","metadata":{"name":"p","uid":"u"},"status":{"phase":"Running","containerStatuses":[
              {"name":"redis","state":{"running":{}}}]}}""";

    private PodEnds.Answer ask() {
        return new PodEnds(leader).ask("p", "u");
    }

    @Test
    void asksForThePodAsItIsNow() {
        api.on(POD, 200, RUNNING);
        assertThat(ask()).isInstanceOf(NotEnded.class);
        assertThat(api.asked()).singleElement().satisfies(a -> {
            assertThat(a.query()).as("a resource version would allow an old answer").doesNotContain("resourceVersion");
            assertThat(a.authorization()).contains("Bearer secret");
        });
    }

    @Test
    void aPodThatTheApiServerDoesNotHaveIsGone() {
        api.on(POD, 404, FakeApi.status(404, "NotFound", "pods p not found", "p"));
        assertThat(ask()).isEqualTo(new Gone("pod p is gone: the API server has no such pod"));
    }

    @Test
    void anyOther404SaysNothingOfThePod() {
        api.on(POD, 404, "<html>Not here</html>");
        assertThat(ask()).isEqualTo(
                new Unknown("whether pod p has ended is not known: the API server answers 404"));
        api.on(POD, 404, FakeApi.status(404, "NotFound", "the server could not find the requested resource", ""));
        assertThat(ask()).isInstanceOf(Unknown.class);
    }

    @Test
    void aRefusalIsNotAnAnswer() {
        api.on(POD, 403, "");
        assertThat(ask().reason()).contains("may not get pods in namespace shop");
        api.on(POD, 503, FakeApi.status(503, "ServiceUnavailable", "etcd is away", "p"));
        assertThat(ask()).isEqualTo(
                new Unknown("whether pod p has ended is not known: the API server answers 503: etcd is away"));
    }

    @Test
    void whatIsNoPodIsNotAnAnswer() {
        api.on(POD, 200, "{\"kind\":\"Pod\"}");
        assertThat(ask()).isInstanceOf(Unknown.class);
        api.on(POD, 200, "Welcome");
        assertThat(ask()).isInstanceOf(Unknown.class);
        api.on(POD, 200, RUNNING.substring(0, 40));
        assertThat(ask()).isInstanceOf(Unknown.class);
    }

    @Test
    void anApiServerThatHangsCostsABoundedTime() {
        api.on(POD, (asked, exchange) -> api.hang());
        try (LeaderApi hasty = new LeaderApi(api.settings(), Duration.ofMillis(300))) {
            assertThat(new PodEnds(hasty).ask("p", "u").reason()).contains("gives no answer in time");
        }
    }

    @Test
    void anApiServerThatIsDownIsNoProof() {
        api.close();
        assertThat(ask()).isInstanceOf(Unknown.class);
    }

    @Test
    void aTokenThatWasRenewedIsReadWhenTheOldOneIsRefused(@TempDir Path dir) throws Exception {
        Path token = Files.writeString(dir.resolve("token"), "old");
        api.on(POD, (asked, exchange) -> {
            if (asked.authorization().equals(Optional.of("Bearer new"))) {
                FakeApi.reply(exchange, 200, RUNNING);
            } else {
                Files.writeString(token, "new");
                FakeApi.reply(exchange, 401, "");
            }
        });
        try (LeaderApi renewing = new LeaderApi(
                new ApiSettings(api.uri(), Optional.empty(), token, dir.resolve("none"), "shop"))) {
            assertThat(new PodEnds(renewing).ask("p", "u")).isInstanceOf(NotEnded.class);
        }
        assertThat(api.asked()).hasSize(2);
    }
}
