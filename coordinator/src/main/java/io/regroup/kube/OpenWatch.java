package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.util.Optional;
import okhttp3.Call;
import okhttp3.Response;
import okio.BufferedSource;

/** One watch request: lines of JSON that come as things change, until the server or somebody here ends it. */
final class OpenWatch {

    /** @param type {@code ADDED}, {@code MODIFIED}, {@code DELETED} or {@code BOOKMARK} */
    record Event(String type, JsonObject object) {
    }

    /** What a watch tells whoever reads it, on the reader's thread. */
    interface Listener {
        /** The server has accepted the watch. */
        void opened();

        /** @throws IOException when the event makes no sense */
        void event(Event event) throws IOException;
    }

    private final Call call;
    private final Right right;
    private final String namespace;

    OpenWatch(Call call, Right right, String namespace) {
        this.call = call;
        this.right = right;
        this.namespace = namespace;
    }

    /**
     * Reads until the server ends the watch.
     *
     * @throws ApiRefused  when it refuses the watch, or breaks it off with an error, such as 410
     * @throws IOException when the connection breaks or the watch is cancelled
     */
    void read(Listener listener) throws IOException, ApiRefused {
        try (Response response = call.execute()) {
            if (!response.isSuccessful()) {
                throw ApiRefused.of(response.code(), beginning(response), right, namespace);
            }
            listener.opened();
            BufferedSource lines = response.body().source();
            for (String line = lines.readUtf8Line(); line != null; line = lines.readUtf8Line()) {
                JsonObject event = Fields.object(new StringReader(line));
                String type = Fields.required(event, "type");
                JsonObject object = Fields.object(event, "object")
                        .orElseThrow(() -> new IOException("a watch event of type " + type + " has no object"));
                if (type.equals("ERROR")) {
                    throw ApiRefused.of(Fields.number(object, "code").orElse(500), Optional.of(object), right, namespace);
                }
                listener.event(new Event(type, object));
            }
        }
    }

    /** As much of a refusal as it takes to say why. */
    static String beginning(Response response) throws IOException {
        return response.peekBody(64 * 1024).string();
    }

    /** Ends it, from any thread. */
    void cancel() {
        call.cancel();
    }
}
