package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server which pods there are that may have a node: a node that none of them has is gone. For nodes whose own pod nobody
 * remembers, since {@link PodEnds} asks by the pod's name.
 */
final class LivingPods {

    private static final Logger log = LoggerFactory.getLogger(LivingPods.class);

    private final LightApi api;
    private final String labels;
    private final OurPods ours;

    /**
     * @param labels   a label selector
     * @param identity whose pods are meant: another Deployment's may have the same labels
     */
    LivingPods(LightApi api, String labels, Identity identity) {
        this.api = api;
        this.labels = labels;
        this.ours = new OurPods(api, identity);
    }

    /**
     * All pods whose processes may run or may be started again, by name, and when each was created, in ms. Blocks for some seconds at most, and
     * never throws for what the network or the API server does: then nothing is known.
     */
    Optional<SortedMap<String, Long>> ask() {
        try {
            // Without a resource version: as the storage has them now, not as a cache had them once.
            JsonObject list = api.get(api.settings().core("pods?labelSelector=" + URLEncoder.encode(labels, StandardCharsets.UTF_8)), Right.LIST_PODS);
            Fields.required(list, "kind");
            SortedMap<String, Long> created = new TreeMap<>();
            for (JsonObject pod : items(list)) {
                String phase = Fields.text(pod, "status", "phase").orElse("Unknown");
                if (!phase.equals("Succeeded") && !phase.equals("Failed") && !isYetToCome(pod) && !PodFacts.isOver(pod) && !ours.isAnothers(pod)) {
                    created.put(Fields.required(pod, "metadata", "name"), created(pod));
                }
            }
            return Optional.of(created);
        } catch (ApiRefused e) {
            log.debug("which pods there are is not known: {}", e.getMessage());
        } catch (IOException e) {
            log.debug("which pods there are is not known: {}", Failure.noAnswer(e));
        }
        return Optional.empty();
    }

    /** By the API server's clock, as with all the others. */
    private static long created(JsonObject pod) throws IOException {
        String text = Fields.required(pod, "metadata", "creationTimestamp");
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException e) {
            throw new IOException("a pod was created at no time: " + text, e);
        }
    }

    /** It waits for a machine and has no volume of its own: nothing of it was ever anywhere, and perhaps there is no room for it for long. */
    private static boolean isYetToCome(JsonObject pod) {
        return Fields.object(pod, "spec").isPresent() && Fields.text(pod, "spec", "nodeName").isEmpty()
            && Fields.objects(pod, "spec", "volumes").stream().noneMatch(volume -> volume.has("persistentVolumeClaim"));
    }

    /** A server that pages its answer by itself has more than these: then they are not all. */
    private static List<JsonObject> items(JsonObject list) throws IOException {
        if (Fields.text(list, "metadata", "continue").isPresent()) {
            throw new IOException("the list of pods is not complete");
        }
        return Fields.objects(list, "items");
    }
}
