package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Annotates pods with what their loss would cost, so that a scale-down takes the cheapest (Kubernetes 1.22 and newer). Older ones
 * ignore it, and nothing depends on it: what a pod holds is moved before it ends, whichever it is.
 */
final class DeletionCosts {

    private static final Logger log = LoggerFactory.getLogger(DeletionCosts.class);
    static final String ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

    private final LeaderApi api;

    DeletionCosts(LeaderApi api) {
        this.api = api;
    }

    /** @return whether all have been told; those that have not may be tried again */
    boolean set(SortedMap<String, Integer> costs) {
        boolean all = true;
        for (var cost : costs.entrySet()) {
            JsonObject annotations = new JsonObject();
            annotations.addProperty(ANNOTATION, Integer.toString(cost.getValue()));
            JsonObject metadata = new JsonObject();
            metadata.add("annotations", annotations);
            JsonObject changes = new JsonObject();
            changes.add("metadata", metadata);
            try {
                api.patchPod(cost.getKey(), changes);
            } catch (ApiRefused e) {
                // A pod that has gone needs no price; a right that is missing is told, and not asked for again and again.
                if (!e.saysAbsent(cost.getKey())) {
                    log.warn("{} is not annotated with its deletion cost: {}", cost.getKey(), e.getMessage());
                }
            } catch (IOException e) {
                log.debug("{} is not annotated with its deletion cost: {}", cost.getKey(), e.getMessage());
                all = false;
            }
        }
        return all;
    }
}
