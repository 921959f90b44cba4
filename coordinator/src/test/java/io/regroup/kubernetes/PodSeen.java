package io.regroup.kubernetes;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A pod as the API server shows it.
 *
 * @param hash       pod-template-hash: pods of one template have the same
 * @param containers by name; those that the kubelet has told of
 */
record PodSeen(String name, String uid, String ip, String replicaSetUid, String hash, boolean ready, boolean terminating,
               SortedMap<String, Container> containers) {

    /**
     * @param id    as the runtime has it, such as {@code docker://4f1a...}
     * @param since when the running process started; absent while none runs
     */
    record Container(String name, String id, Optional<Instant> since, int restarts) {
    }

    boolean runs() {
        return !ip.isEmpty() && containers.size() == 2 && containers.values().stream().allMatch(c -> c.since().isPresent());
    }

    int restarts(String container) {
        return Optional.ofNullable(containers.get(container)).map(Container::restarts).orElse(0);
    }

    static PodSeen of(JsonObject pod) {
        JsonObject meta = pod.getAsJsonObject("metadata");
        JsonObject status = pod.getAsJsonObject("status");
        String owner = "";
        if (meta.has("ownerReferences")) {
            owner = meta.getAsJsonArray("ownerReferences").get(0).getAsJsonObject().get("uid").getAsString();
        }
        boolean ready = false;
        if (status.has("conditions")) {
            for (JsonElement condition : status.getAsJsonArray("conditions")) {
                JsonObject one = condition.getAsJsonObject();
                ready |= text(one, "type").equals("Ready") && text(one, "status").equals("True");
            }
        }
        SortedMap<String, Container> containers = new TreeMap<>();
        if (status.has("containerStatuses")) {
            for (JsonElement element : status.getAsJsonArray("containerStatuses")) {
                JsonObject one = element.getAsJsonObject();
                JsonObject running = one.getAsJsonObject("state").getAsJsonObject("running");
                containers.put(text(one, "name"), new Container(text(one, "name"), text(one, "containerID"),
                    Optional.ofNullable(running).map(r -> Instant.parse(text(r, "startedAt"))), one.get("restartCount").getAsInt()));
            }
        }
        JsonObject labels = meta.has("labels") ? meta.getAsJsonObject("labels") : new JsonObject();
        return new PodSeen(text(meta, "name"), text(meta, "uid"), text(status, "podIP"), owner, text(labels, "pod-template-hash"), ready,
            meta.has("deletionTimestamp"), containers);
    }

    private static String text(JsonObject json, String name) {
        JsonElement value = json.get(name);
        return value == null ? "" : value.getAsString();
    }
}
