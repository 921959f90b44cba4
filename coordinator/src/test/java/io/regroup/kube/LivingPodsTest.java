package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A node that no pod has is gone: so the list has to be whole, and of now. */
class LivingPodsTest extends LeaderApiTest {

    private static final String PODS = "/api/v1/namespaces/shop/pods";

    private Optional<SortedSet<String>> ask() {
        return new LivingPods(leader, "app.kubernetes.io/name=redis").ask();
    }

    private static String pod(String name, String phase) {
        return "{\"metadata\":{\"name\":\"" + name + "\"},\"status\":{\"phase\":\"" + phase + "\"}}";
    }

    @Test
    void allThatMayRunOrStartAsTheyAreNow() {
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",", pod("a", "Running"), pod("b", "Pending"),
            pod("c", "Failed"), pod("d", "Succeeded"), pod("e", "Unknown")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("a", "b", "e")));
        assertThat(api.asked()).singleElement().satisfies(asked -> assertThat(asked.query()).contains("labelSelector=app.kubernetes.io")
            .as("a resource version would allow an old answer").doesNotContain("resourceVersion"));
    }

    @Test
    void aListThatGoesOnIsNotAllOfThem() {
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{\"continue\":\"abc\"},\"items\":[" + pod("a", "Running") + "]}");
        assertThat(ask()).isEmpty();
    }

    @Test
    void whatIsNoListTellsNothing() {
        api.on(PODS, 200, "{\"hello\":\"world\"}");
        assertThat(ask()).isEmpty();
    }

    @Test
    void aRefusalTellsNothing() {
        api.on(PODS, 403, FakeApi.status(403, "Forbidden", "pods is forbidden", ""));
        assertThat(ask()).isEmpty();
    }
}
