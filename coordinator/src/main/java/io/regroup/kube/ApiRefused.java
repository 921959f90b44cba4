package io.regroup.kube;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Optional;

/** The API server answered, and the answer is no. The message is one sentence that says what and why. */
final class ApiRefused extends Exception {
    private final int code;
    private final Optional<JsonObject> status;

    private ApiRefused(int code, Optional<JsonObject> status, String message) {
        super(message);
        this.code = code;
        this.status = status;
    }

    /** @param body what came with the answer; a {@code Status} object when it was really the API server that spoke */
    static ApiRefused of(int code, String body, Right right, String namespace) {
        return of(code, statusIn(body), right, namespace);
    }

    static ApiRefused of(int code, Optional<JsonObject> status, Right right, String namespace) {
        String said = status.flatMap(s -> Fields.text(s, "message")).map(m -> ": " + m).orElse("");
        String message = switch (code) {
            case 401 -> "the API server does not accept this pod's token (401)" + said;
            // Not every 403 is a lack of rights: a namespace that is being deleted takes nothing new either.
            case 403 -> said.isEmpty() || said.contains("cannot " + right.verb() + " resource")
                    ? "the API server answers 403: this pod " + right.missing(namespace)
                    : "the API server answers 403" + said;
            default -> "the API server answers " + code + said;
        };
        return new ApiRefused(code, status, message);
    }

    int code() {
        return code;
    }

    /** The resource version that was asked for is too old to go on from. */
    boolean expired() {
        return code == 410;
    }

    /**
     * The API server itself says that the object named so does not exist. Any other 404 (a wrong URL, a proxy's page)
     * says nothing about the object.
     */
    boolean saysAbsent(String name) {
        return code == 404 && status.isPresent()
                && Fields.text(status.get(), "reason").equals(Optional.of("NotFound"))
                && Fields.text(status.get(), "details", "name").equals(Optional.of(name));
    }

    private static Optional<JsonObject> statusIn(String body) {
        try {
            return JsonParser.parseString(body) instanceof JsonObject object
                    && Fields.text(object, "kind").equals(Optional.of("Status")) ? Optional.of(object) : Optional.empty();
        } catch (JsonParseException notJson) {
            return Optional.empty();
        }
    }
}
