package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server which pods there are that may have a node: a node that none of them has is gone. For nodes whose own pod nobody
 * remembers, since {@link PodEnds} asks by the pod's name.
 */
final class LivingPods {

    private static final Logger log = LoggerFactory.getLogger(LivingPods.class);

    private final LeaderApi api;
    private final String labels;
    private final Identity identity;

    /**
     * @param labels   a label selector
     * @param identity whose pods are meant: another Deployment's may have the same labels
     */
    LivingPods(LeaderApi api, String labels, Identity identity) {
        this.api = api;
        this.labels = labels;
        this.identity = identity;
    }

    /**
     * The names of all pods whose processes may run or may be started again. Blocks as {@link PodEnds#ask} does, and never throws for what the
     * network or the API server does: then nothing is known.
     */
    Optional<SortedSet<String>> ask() {
        try {
            JsonObject list = api.pods(labels);
            Fields.required(list, "kind");
            SortedSet<String> names = new TreeSet<>();
            for (JsonObject pod : items(list)) {
                String phase = Fields.text(pod, "status", "phase").orElse("Unknown");
                if (!phase.equals("Succeeded") && !phase.equals("Failed") && !isAnothers(pod) && !isYetToCome(pod)) {
                    names.add(Fields.required(pod, "metadata", "name"));
                }
            }
            return Optional.of(names);
        } catch (ApiRefused e) {
            log.debug("which pods there are is not known: {}", e.getMessage());
        } catch (IOException e) {
            log.debug("which pods there are is not known: {}", Failure.noAnswer(e));
        }
        return Optional.empty();
    }

    /** It waits for a machine and has no volume of its own: nothing of it was ever anywhere, and perhaps there is no room for it for long. */
    private static boolean isYetToCome(JsonObject pod) {
        return Fields.object(pod, "spec").isPresent() && Fields.text(pod, "spec", "nodeName").isEmpty()
            && Fields.objects(pod, "spec", "volumes").stream().noneMatch(volume -> volume.has("persistentVolumeClaim"));
    }

    /** A ReplicaSet has the name of its Deployment and the hash of its template. What has no controller, or an unknown one, may be ours. */
    private boolean isAnothers(JsonObject pod) {
        return Fields.objects(pod, "metadata", "ownerReferences").stream().filter(owner -> Fields.isTrue(owner, "controller")).findFirst()
            .filter(owner -> {
                String kind = Fields.text(owner, "kind").orElse(identity.kind());
                String name = Fields.text(owner, "name").orElse(identity.deploymentName());
                if (kind.equals(identity.kind())) {
                    return !name.equals(identity.deploymentName());
                }
                Optional<String> hash = Fields.text(pod, "metadata", "labels", "pod-template-hash");
                return kind.equals("ReplicaSet") && identity.kind().equals("Deployment") && hash.isPresent()
                    && !(name.equals(identity.deploymentName() + "-" + hash.get()) && identity.hasTemplate(hash.get()));
            }).isPresent();
    }

    /** A server that pages its answer by itself has more than these: then they are not all. */
    private static List<JsonObject> items(JsonObject list) throws IOException {
        if (Fields.text(list, "metadata", "continue").isPresent()) {
            throw new IOException("the list of pods is not complete");
        }
        return Fields.objects(list, "items");
    }
}
