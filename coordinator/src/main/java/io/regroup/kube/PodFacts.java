package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/**
 * What the API server says of a pod, as far as it bears on whether its Redis has ended.
 *
 * @param graceUntil it is being deleted, and this is when its grace period ends ({@code metadata.deletionTimestamp} of a pod); its processes may run
 *                   on for any time after that
 * @param isOver     all its containers have ended, and the kubelet starts none of them again: the pod's phase is final (it was evicted), or it is being
 *                   deleted, and they have ended since that was asked for. A kubelet of before 1.22 keeps such a pod for up to a minute, and in the phase
 *                   {@code Running}
 */
record PodFacts(String uid, Phase phase, Optional<String> graceUntil, Container redis, boolean isOver) {
    /** The container that runs redis-server. */
    static final String CONTAINER = "redis";

    enum Phase {
        PENDING, RUNNING, SUCCEEDED, FAILED, UNKNOWN;

        static Phase of(JsonObject pod) {
            return switch (Fields.text(pod, "status", "phase").orElse("")) {
                case "Pending" -> PENDING;
                case "Running" -> RUNNING;
                case "Succeeded" -> SUCCEEDED;
                case "Failed" -> FAILED;
                default -> UNKNOWN;
            };
        }

        boolean isFinal() {
            return this == SUCCEEDED || this == FAILED;
        }
    }

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
            /** What a kubelet writes when it has lost sight of a container, not when it saw it end. */
            private static final String LOST = "ContainerStatusUnknown";

            boolean isSeen() {
                return !reason.equals(LOST);
            }
        }
    }

    /** @throws IOException when this is no pod */
    static PodFacts of(JsonObject pod) throws IOException {
        Container redis = new Container.Unreported();
        for (JsonObject container : Fields.objects(pod, "status", "containerStatuses")) {
            if (Fields.text(container, "name").equals(Optional.of(CONTAINER))) {
                redis = container(container);
            }
        }
        return new PodFacts(Fields.required(pod, "metadata", "uid"), Phase.of(pod),
                Fields.text(pod, "metadata", "deletionTimestamp"), redis, isOver(pod));
    }

    /** See the parameter of that name. A container that ended before may have been started again by a kubelet that did not know of the deletion yet. */
    static boolean isOver(JsonObject pod) {
        Optional<Instant> asked = Fields.text(pod, "metadata", "deletionTimestamp").flatMap(PodFacts::time)
            .map(end -> end.minusSeconds(Fields.number(pod, "metadata", "deletionGracePeriodSeconds").orElse(0)));
        List<JsonObject> containers = Fields.objects(pod, "status", "containerStatuses");
        boolean isFinal = Phase.of(pod).isFinal();
        return (isFinal || asked.isPresent()) && !containers.isEmpty() && containers.size() == Fields.objects(pod, "spec", "containers").size()
            && containers.stream().allMatch(status -> container(status) instanceof Container.Terminated end && end.isSeen()
                && (isFinal || Fields.text(status, "state", "terminated", "finishedAt").flatMap(PodFacts::time).filter(at -> !at.isBefore(asked.get())).isPresent()));
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
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
