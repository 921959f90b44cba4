package io.regroup.kube;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.Reader;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Reads single fields out of the API server's JSON. Kubernetes' objects have hundreds of fields and this product needs
 * a dozen: binding them to model classes costs 14 MB of a coordinator's memory.
 */
final class Fields {

    private Fields() {
    }

    /** @throws IOException when what comes is cut off, or is no JSON object */
    static JsonObject object(Reader reader) throws IOException {
        try {
            if (JsonParser.parseReader(reader) instanceof JsonObject object) {
                return object;
            }
        } catch (JsonParseException e) {
            if (e.getCause() instanceof IOException broken && !(broken instanceof MalformedJsonException)) {
                throw broken;
            }
            throw new IOException("the answer is no JSON: is that URL the API server's?", e);
        }
        throw new IOException("the answer is no JSON object: is that URL the API server's?");
    }

    /** The text at this path; empty when a part of the path is absent, null or of another type. */
    static Optional<String> text(JsonObject object, String... path) {
        return element(object, path)
                .filter(e -> e instanceof JsonPrimitive p && p.isString())
                .map(JsonElement::getAsString)
                .filter(text -> !text.isEmpty());
    }

    /** @throws IOException when it is absent: no answer of the API server lacks it, so this is not one */
    static String required(JsonObject object, String... path) throws IOException {
        return text(object, path).orElseThrow(
                () -> new IOException("the answer has no " + String.join(".", path) + ": is that URL the API server's?"));
    }

    static Optional<Integer> number(JsonObject object, String... path) {
        return element(object, path)
                .filter(e -> e instanceof JsonPrimitive p && p.isNumber())
                .map(JsonElement::getAsInt);
    }

    static boolean isTrue(JsonObject object, String... path) {
        return element(object, path).filter(e -> e instanceof JsonPrimitive p && p.isBoolean() && p.getAsBoolean()).isPresent();
    }

    static Optional<JsonObject> object(JsonObject object, String... path) {
        return element(object, path).filter(JsonObject.class::isInstance).map(JsonObject.class::cast);
    }

    /** The objects in the array at this path; none when it is absent. */
    static List<JsonObject> objects(JsonObject object, String... path) {
        return element(object, path)
                .filter(JsonArray.class::isInstance)
                .map(array -> StreamSupport.stream(((JsonArray) array).spliterator(), false)
                        .filter(JsonObject.class::isInstance).map(JsonObject.class::cast).toList())
                .orElse(List.of());
    }

    /** The reference to whoever controls the object, if anybody does. */
    static Optional<JsonObject> controller(JsonObject object) {
        return objects(object, "metadata", "ownerReferences").stream().filter(owner -> isTrue(owner, "controller")).findFirst();
    }

    private static Optional<JsonElement> element(JsonObject object, String... path) {
        JsonElement at = object;
        for (String name : path) {
            if (!(at instanceof JsonObject inner) || !inner.has(name)) {
                return Optional.empty();
            }
            at = inner.get(name);
        }
        return Optional.of(at);
    }
}
