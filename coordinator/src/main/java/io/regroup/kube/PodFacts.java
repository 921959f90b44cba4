package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Optional;

/**
 * What the API server says of a pod, as far as it bears on whether its Redis has ended.
 *
 * @param graceUntil it is being deleted, and this is when its grace period ends ({@code metadata.deletionTimestamp} of a pod); its processes may run
 *                   on for any time after that
 */
record PodFacts(String uid, Phase phase, Optional<String> graceUntil, Container redis) {
    /** The container that runs redis-server. */
    static final String CONTAINER = "redis";

    enum Phase { PENDING, RUNNING, SUCCEEDED, FAILED, UNKNOWN }

    /** The container's state, as the kubelet reported it last. */
    sealed interface Container {

        /** The kubelet has reported nothing of it. */
        record Unreported() implements Container {
        }

        record Running() implements Container {
        }

        /** Not running; {@code last} is how it ended before, if it ever ran. */
        record Waiting(String reason, Optional<Terminated> last) implements Container {
        }

        record Terminated(String reason, Optional<Integer> exitCode) implements Container {
        }
    }

    /** @throws IOException when this is no pod */
    static PodFacts of(JsonObject pod) throws IOException {
        Phase phase = switch (Fields.text(pod, "status", "phase").orElse("")) {
            case "Pending" -> Phase.PENDING;
            case "Running" -> Phase.RUNNING;
            case "Succeeded" -> Phase.SUCCEEDED;
            case "Failed" -> Phase.FAILED;
            default -> Phase.UNKNOWN;
        };
        Container redis = new Container.Unreported();
        for (JsonObject container : Fields.objects(pod, "status", "containerStatuses")) {
            if (Fields.text(container, "name").equals(Optional.of(CONTAINER))) {
                redis = container(container);
            }
        }
        return new PodFacts(Fields.required(pod, "metadata", "uid"), phase,
                Fields.text(pod, "metadata", "deletionTimestamp"), redis);
    }

    private static Container container(JsonObject status) {
        Optional<JsonObject> terminated = Fields.object(status, "state", "terminated");
        Optional<JsonObject> waiting = Fields.object(status, "state", "waiting");
        if (Fields.object(status, "state", "running").isPresent()) {
            return new Container.Running();
        }
        if (terminated.isPresent()) {
            return terminated(terminated.get());
        }
        if (waiting.isPresent()) {
            return new Container.Waiting(Fields.text(waiting.get(), "reason").orElse("no reason given"),
                    Fields.object(status, "lastState", "terminated").map(PodFacts::terminated));
        }
        return new Container.Unreported();
    }

    private static Container.Terminated terminated(JsonObject state) {
        return new Container.Terminated(Fields.text(state, "reason").orElse("no reason given"), Fields.number(state, "exitCode"));
    }
}
