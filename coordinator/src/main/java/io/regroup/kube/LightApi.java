package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;

/**
 * GET with what the JDK has. Every pod asks who it is, and most pods never ask anything else: the Kubernetes client would cost each of
 * them 11 MB for that. And a leader that waits for the answer does not wait for that client to be loaded first.
 */
final class LightApi {
    private static final int CONNECT_MILLIS = 2_000;
    private static final int READ_MILLIS = 5_000;

    private final ApiSettings settings;
    private final Optional<ClusterTrust> trust;
    private final BearerToken token;
    private volatile Optional<HttpURLConnection> running = Optional.empty();
    private volatile boolean aborted;

    /** @throws UnusableSettings when the server is https and its CA file cannot be used */
    LightApi(ApiSettings settings) {
        this.settings = settings;
        this.trust = settings.encrypted() ? Optional.of(ClusterTrust.read(settings.caFile())) : Optional.empty();
        this.token = new BearerToken(settings, System::nanoTime);
    }

    /**
     * Blocks for at most the 2 s to connect and 5 s for each part of the answer.
     *
     * @throws ApiRefused  when the server answers anything but 200
     * @throws IOException when there is no answer, or {@link #abort} was called
     */
    JsonObject get(String path, Right right) throws IOException, ApiRefused {
        Optional<String> sent = token.value();
        try {
            return ask(path, sent, right);
        } catch (ApiRefused e) {
            if (e.code() == 401 && token.refused(sent)) {
                return ask(path, token.value(), right);
            }
            throw e;
        }
    }

    ApiSettings settings() {
        return settings;
    }

    /** Ends a request that is under way, from another thread; every later one fails. */
    void abort() {
        aborted = true;
        running.ifPresent(HttpURLConnection::disconnect);
    }

    private JsonObject ask(String path, Optional<String> bearer, Right right) throws IOException, ApiRefused {
        HttpURLConnection connection = open(path);
        bearer.ifPresent(b -> connection.setRequestProperty("Authorization", "Bearer " + b));
        running = Optional.of(connection);
        try {
            if (aborted) {
                throw new IOException("no longer wanted");
            }
            int code = connection.getResponseCode();
            if (code != 200) {
                throw ApiRefused.of(code, errorBody(connection), right, settings.namespace());
            }
            // Read to its end and closed, the connection serves the next question; the group asks the same server in a moment.
            try (Reader body = new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8)) {
                return Fields.object(body);
            }
        } catch (IOException | ApiRefused e) {
            connection.disconnect();
            throw e;
        } finally {
            running = Optional.empty();
        }
    }

    private HttpURLConnection open(String path) throws IOException {
        // A proxy from the environment is for the world outside; the API server is reached directly.
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(settings.server() + path).toURL().openConnection(Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection encrypted) {
            encrypted.setSSLSocketFactory(trust.orElseThrow().sockets());
        }
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(READ_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestProperty("Accept", "application/json");
        connection.setRequestProperty("User-Agent", "regroup");
        return connection;
    }

    private static String errorBody(HttpURLConnection connection) throws IOException {
        try (InputStream body = connection.getErrorStream()) {
            return body == null ? "" : new String(body.readNBytes(64 * 1024), StandardCharsets.UTF_8);
        }
    }
}
