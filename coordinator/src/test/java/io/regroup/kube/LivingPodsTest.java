package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A node that no pod has is gone: so the list has to be whole, and of now. */
class LivingPodsTest extends LeaderApiTest {

    private static final String PODS = "/api/v1/namespaces/shop/pods";

    private static final String CREATED = "2026-11-25T10:00:00Z";

    private Optional<Set<String>> ask() {
        return ask("regroup-123");
    }

    private Optional<Set<String>> ask(String group) {
        return created(group).map(SortedMap::keySet);
    }

    private Optional<SortedMap<String, Long>> created(String group) {
        return new LivingPods(new LightApi(api.settings()), "app.kubernetes.io/name=redis", new Identity("Deployment", "redis", "123", Optional.empty(), group)).ask();
    }

    private static String pod(String name, String phase) {
        return "{\"metadata\":{\"name\":\"" + name + "\",\"creationTimestamp\":\"" + CREATED + "\"},\"status\":{\"phase\":\"" + phase + "\"}}";
    }

    @Test
    void allThatMayRunOrStartAsTheyAreNow() {
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",", pod("a", "Running"), pod("b", "Pending"),
            pod("c", "Failed"), pod("d", "Succeeded"), pod("e", "Unknown")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("a", "b", "e")));
        assertThat(api.asked()).singleElement().satisfies(asked -> assertThat(asked.query()).contains("labelSelector=app.kubernetes.io")
            .as("a resource version would allow an old answer").doesNotContain("resourceVersion"));
    }

    private static String owned(String name, String replicaSet, String hash) {
        return "{\"metadata\":{\"name\":\"" + name + "\",\"creationTimestamp\":\"" + CREATED + "\",\"labels\":{\"pod-template-hash\":\"" + hash + "\"},\"ownerReferences\":[{\"controller\":true,"
            + "\"kind\":\"ReplicaSet\",\"name\":\"" + replicaSet + "\"}]},\"status\":{\"phase\":\"Running\"}}";
    }

    @Test
    void notThoseOfAnotherDeploymentOrOfAnotherTemplateThatIsAClusterOfItsOwn() {
        ourDeployment();
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",", owned("old", "redis-aa", "aa"), owned("new", "redis-bb", "bb"),
            owned("other", "cache-aa", "aa"), pod("nobodys", "Running")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("nobodys", "new", "old")));
        assertThat(ask("regroup-123-bb")).contains(new TreeSet<>(List.of("nobodys", "new")));
    }

    private void ourDeployment() {
        api.on("/apis/apps/v1/namespaces/shop/deployments", 200, "{\"kind\":\"DeploymentList\",\"items\":[{\"metadata\":{\"name\":\"redis\",\"uid\":\"123\","
            + "\"creationTimestamp\":\"" + CREATED + "\"}}]}");
    }

    /** Deleted and created again: the pods of before have its name, labels and template, and take half a minute to end. */
    @Test
    void notThoseOfAnEarlierDeploymentOfTheSameName() {
        ourDeployment();
        api.on("/apis/apps/v1/namespaces/shop/replicasets/redis-aa", 200, "{\"kind\":\"ReplicaSet\",\"metadata\":{\"name\":\"redis-aa\",\"uid\":\"new-aa\","
            + "\"ownerReferences\":[{\"controller\":true,\"kind\":\"Deployment\",\"name\":\"redis\",\"uid\":\"123\"}]}}");
        api.on("/apis/apps/v1/namespaces/shop/replicasets/redis-bb", 404, FakeApi.status(404, "NotFound", "no such", "redis-bb"));
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",",
            ownedBy("same-template", "old-aa", "aa", "2026-11-25T09:59:59Z"), ownedBy("other-template", "old-bb", "bb", "2026-11-25T09:59:59Z"),
            ownedBy("adopted", "new-aa", "aa", "2026-11-25T09:59:59Z"), ownedBy("new", "new-aa", "aa", "2026-11-25T10:00:00Z"),
            ownedBy("of-a-deleted-replica-set", "gone-bb", "bb", "2026-11-25T10:00:01Z")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("adopted", "new", "of-a-deleted-replica-set")));
    }

    @Test
    void whereItIsNotKnownWhoseTheyAreNothingIsKnown() {
        api.on("/apis/apps/v1/namespaces/shop/deployments", 403, FakeApi.status(403, "Forbidden", "deployments is forbidden", ""));
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + ownedBy("a", "old-aa", "aa", "2026-11-25T09:59:59Z") + "]}");
        assertThat(ask()).isEmpty();
    }

    @Test
    void notThoseOfAnEarlierStatefulSetOfTheSameName() {
        String pod = "{\"metadata\":{\"name\":\"%s\",\"creationTimestamp\":\"" + CREATED + "\",\"ownerReferences\":[{\"controller\":true,\"kind\":\"StatefulSet\",\"name\":\"redis\",\"uid\":\"%s\"}]},"
            + "\"status\":{\"phase\":\"Running\"}}";
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + pod.formatted("redis-0", "123") + "," + pod.formatted("redis-1", "old") + "]}");
        assertThat(new LivingPods(new LightApi(api.settings()), "a=b", new Identity("StatefulSet", "redis", "123", Optional.empty(), "regroup-123")).ask())
            .contains(new TreeMap<>(Map.of("redis-0", Instant.parse(CREATED).toEpochMilli())));
    }

    private static String ownedBy(String name, String uid, String hash, String created) {
        return "{\"metadata\":{\"name\":\"" + name + "\",\"creationTimestamp\":\"" + created + "\",\"labels\":{\"pod-template-hash\":\"" + hash
            + "\"},\"ownerReferences\":[{\"controller\":true,\"kind\":\"ReplicaSet\",\"name\":\"redis-" + hash + "\",\"uid\":\"" + uid
            + "\"}]},\"status\":{\"phase\":\"Running\"}}";
    }

    @Test
    void notThoseThatWaitForAMachineAndHaveNoVolume() {
        String spec = "{\"metadata\":{\"name\":\"%s\",\"creationTimestamp\":\"" + CREATED + "\"},\"spec\":%s,\"status\":{\"phase\":\"Pending\"}}";
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",",
            spec.formatted("waits", "{\"volumes\":[{\"emptyDir\":{}}]}"), spec.formatted("starts", "{\"nodeName\":\"node-1\"}"),
            spec.formatted("kept", "{\"volumes\":[{\"persistentVolumeClaim\":{\"claimName\":\"data\"}}]}")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("kept", "starts")));
    }

    @Test
    void notThoseThatAreDeletedAndHaveEnded() {
        String pod = "{\"metadata\":{\"name\":\"%s\",\"creationTimestamp\":\"" + CREATED + "\",\"deletionTimestamp\":\"2030-01-01T00:01:00Z\",\"deletionGracePeriodSeconds\":60},"
            + "\"spec\":{\"nodeName\":\"node-1\",\"containers\":[{\"name\":\"redis\"}]},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"redis\",\"state\":%s}]}}";
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + String.join(",",
            pod.formatted("ended", "{\"terminated\":{\"reason\":\"Completed\",\"finishedAt\":\"2030-01-01T00:00:02Z\"}}"),
            pod.formatted("ends", "{\"running\":{}}")) + "]}");
        assertThat(ask()).contains(new TreeSet<>(List.of("ends")));
    }

    @Test
    void whenEachWasCreated() {
        String before = "2026-11-25T09:00:00Z";
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + pod("new", "Running") + "," + pod("old", "Running").replace(CREATED, before) + "]}");
        assertThat(created("regroup-123")).contains(new TreeMap<>(Map.of("old", Instant.parse(before).toEpochMilli(), "new", Instant.parse(CREATED).toEpochMilli())));
    }

    @Test
    void aPodThatWasCreatedAtNoTimeIsNone() {
        api.on(PODS, 200, "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[" + pod("a", "Running").replace(CREATED, "yesterday") + "]}");
        assertThat(ask()).isEmpty();
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
