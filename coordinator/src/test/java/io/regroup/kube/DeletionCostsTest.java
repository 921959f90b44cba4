package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DeletionCostsTest extends LeaderApiTest {
    private static final String PODS = "/api/v1/namespaces/shop/pods/";

    private boolean set(Map<String, Integer> costs) {
        return new DeletionCosts(leader).set(new TreeMap<>(costs));
    }

    @Test
    void eachPodIsAnnotatedAndNothingElseOfItIsTouched() {
        api.on(PODS + "a", 200, "{}").on(PODS + "b", 200, "{}");
        assertThat(set(Map.of("a", 100, "b", 20_001))).isTrue();
        assertThat(api.asked()).extracting(FakeApi.Asked::method).containsExactly("PATCH", "PATCH");
        assertThat(api.asked()).extracting(asked -> asked.contentType().orElseThrow()).allMatch(type -> type.startsWith("application/merge-patch+json"));
        assertThat(api.asked()).extracting(FakeApi.Asked::body).containsExactly(
            "{\"metadata\":{\"annotations\":{\"controller.kubernetes.io/pod-deletion-cost\":\"100\"}}}",
            "{\"metadata\":{\"annotations\":{\"controller.kubernetes.io/pod-deletion-cost\":\"20001\"}}}");
    }

    @Test
    void aPodThatHasGoneNeedsNone() {
        assertThat(set(Map.of("a", 100))).isTrue();
    }

    @Test
    void aRightThatIsMissingIsNotAskedForAgainAndAgain() {
        api.on(PODS + "a", 403, FakeApi.status(403, "Forbidden", "pods is forbidden", "a"));
        assertThat(set(Map.of("a", 100))).isTrue();
    }

    @Test
    void withoutAnAnswerItIsTriedAgain() {
        api.close();
        assertThat(set(Map.of("a", 100))).isFalse();
    }
}
