package io.regroup.kube;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;

/** What the API server last said of the deployment. */
public sealed interface DeploymentSeen {

    /**
     * It stands, and asks for this many pods.
     *
     * @param first its specification is the one that it was created with ({@code metadata.generation} 1)
     */
    record Asked(int replicas, boolean first) implements DeploymentSeen {
    }

    /** It is being deleted, or is gone, or another one of its name has taken its place: this cluster has no future. */
    record Ending(String reason) implements DeploymentSeen {
    }

    /** From a list of at most the one controller of that name. */
    static DeploymentSeen inList(Identity identity, List<JsonObject> items) {
        return items.isEmpty() ? gone(identity) : of(identity, items.getFirst());
    }

    static DeploymentSeen of(Identity identity, JsonObject controller) {
        Optional<String> uid = Fields.text(controller, "metadata", "uid");
        if (!uid.equals(Optional.of(identity.deploymentUid()))) {
            return new Ending(identity.title() + " (" + identity.deploymentUid() + ") is gone, and another one has its name");
        }
        return Fields.text(controller, "metadata", "deletionTimestamp")
                .<DeploymentSeen>map(since -> new Ending(identity.title() + " is being deleted since " + since))
                // The API server fills in 1 where nothing is asked for.
                .orElseGet(() -> new Asked(Fields.number(controller, "spec", "replicas").orElse(1),
                    Fields.number(controller, "metadata", "generation").filter(number -> number == 1).isPresent()));
    }

    static DeploymentSeen gone(Identity identity) {
        return new Ending(identity.title() + " (" + identity.deploymentUid() + ") is gone");
    }
}
