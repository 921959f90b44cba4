package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * Tells this Deployment's pods from those of others that have the same labels, also from those of an earlier one of the same name, which may
 * still be ending. What has no controller, or an unknown one, may be ours.
 */
final class OurPods {

    private final LightApi api;
    private final Identity identity;
    /** When the Deployment was created, which never changes; empty until somebody asks. */
    private Optional<Instant> created = Optional.empty();

    OurPods(LightApi api, Identity identity) {
        this.api = api;
        this.identity = identity;
    }

    /**
     * @throws ApiRefused  when the server refuses to say
     * @throws IOException when there is no answer
     */
    boolean isAnothers(JsonObject pod) throws IOException, ApiRefused {
        Optional<JsonObject> owner = Fields.controller(pod);
        if (owner.isEmpty()) {
            return false;
        }
        Optional<String> kind = Fields.text(owner.get(), "kind");
        String name = Fields.text(owner.get(), "name").orElse("");
        Optional<String> uid = Fields.text(owner.get(), "uid");
        if (kind.equals(Optional.of(identity.kind()))) {
            return !name.equals(identity.deploymentName()) || uid.filter(id -> !id.equals(identity.deploymentUid())).isPresent();
        }
        // A ReplicaSet has the name of its Deployment and the hash of its template.
        Optional<String> hash = Fields.text(pod, "metadata", "labels", "pod-template-hash");
        if (!kind.equals(Optional.of("ReplicaSet")) || !identity.kind().equals("Deployment") || hash.isEmpty()) {
            return false;
        }
        return !name.equals(identity.deploymentName() + "-" + hash.get()) || !identity.hasTemplate(hash.get())
            || isOlder(pod) && uid.isPresent() && isOfEarlier(name, uid.get());
    }

    /** Older than the Deployment: it is of an earlier one, or was adopted. */
    private boolean isOlder(JsonObject pod) throws IOException, ApiRefused {
        Optional<Instant> born = created(pod);
        if (created.isEmpty() && born.isPresent()) {
            ControllerKind kind = ControllerKind.of(identity).orElseThrow();
            created = Fields.objects(api.get(api.settings().apps(kind.resource() + "?fieldSelector=metadata.name=" + identity.deploymentName()), kind.list()), "items").stream()
                .filter(item -> Fields.text(item, "metadata", "uid").equals(Optional.of(identity.deploymentUid()))).findFirst().flatMap(OurPods::created);
        }
        return created.isPresent() && born.isPresent() && born.get().isBefore(created.get());
    }

    private static Optional<Instant> created(JsonObject object) {
        try {
            return Fields.text(object, "metadata", "creationTimestamp").map(Instant::parse);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The ReplicaSet of that name is gone, is another one by now, or belongs to another Deployment than this. */
    private boolean isOfEarlier(String name, String uid) throws IOException, ApiRefused {
        try {
            JsonObject replicaSet = api.get(api.settings().apps("replicasets/" + name), Right.GET_REPLICA_SET);
            return !Fields.required(replicaSet, "metadata", "uid").equals(uid)
                || Fields.controller(replicaSet).flatMap(owner -> Fields.text(owner, "uid")).filter(id -> !id.equals(identity.deploymentUid())).isPresent();
        } catch (ApiRefused e) {
            if (e.saysAbsent(name)) {
                return true;
            }
            throw e;
        }
    }
}
