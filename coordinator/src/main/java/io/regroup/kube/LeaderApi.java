package io.regroup.kube;

import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.Pair;
import java.io.IOException;
import java.net.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/**
 * What the leader asks of the API server, with the Kubernetes client, and the only class that knows that client:
 * loading it costs a coordinator 11 MB, so it is made when a member becomes leader. The client's {@code ApiClient} builds
 * and sends the requests; its model classes and its {@code Watch}, 14 MB more, are left alone, and the answers are read
 * by {@link Fields}.
 *
 * <p>Loading it also takes half a second of CPU, and a member that becomes leader has something better to do with that: a
 * master may have died with the old leader. So it is loaded by whoever asks first, which is never the leader's loop.
 *
 * <p>One instance serves the watch, the proofs and the events of one leadership. Thread-safe.
 */
public final class LeaderApi implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration READ = Duration.ofSeconds(5);
    private static final Duration WHOLE_CALL = Duration.ofSeconds(8);
    /** How much longer than the server promised to close a watch its silence is borne. */
    private static final Duration WATCH_GRACE = Duration.ofSeconds(15);

    private final ApiSettings settings;
    private final Duration read;
    private final Optional<ClusterTrust> trust;
    private final BearerToken token;
    private final Object making = new Object();
    private volatile Optional<Client> made = Optional.empty();
    private volatile boolean closed;

    /** @param http what sends; {@code requests} is made with it, and only builds requests */
    private record Client(OkHttpClient http, ApiClient requests) {
    }

    /** @throws UnusableSettings when the server is https and its CA file cannot be used */
    public LeaderApi(ApiSettings settings) {
        this(settings, READ);
    }

    /** @param read how long the server may be silent within a request */
    LeaderApi(ApiSettings settings, Duration read) {
        this.settings = settings;
        this.read = read;
        this.trust = settings.encrypted() ? Optional.of(ClusterTrust.read(settings.caFile())) : Optional.empty();
        this.token = new BearerToken(settings, System::nanoTime);
    }

    /** Ends every request that is under way and lets go of all connections; every later request fails. Never waits. */
    @Override
    public void close() {
        closed = true;
        made.ifPresent(client -> {
            client.http().dispatcher().cancelAll();
            client.http().connectionPool().evictAll();
        });
    }

    private Client client() throws IOException {
        synchronized (making) {
            if (made.isEmpty() && !closed) {
                made = Optional.of(make());
            }
            if (closed) {
                throw new IOException("no longer wanted");
            }
            return made.orElseThrow();
        }
    }

    private Client make() {
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .connectTimeout(CONNECT).readTimeout(read).writeTimeout(read).callTimeout(WHOLE_CALL)
                // One connection a request under way: a proof must not queue behind a watch whose connection is dead.
                .protocols(List.of(Protocol.HTTP_1_1))
                .socketFactory(new LiveSockets())
                .proxy(Proxy.NO_PROXY)
                .followRedirects(false)
                .addInterceptor(this::authorized);
        trust.ifPresent(t -> builder.sslSocketFactory(t.sockets(), t.manager()));
        OkHttpClient http = builder.build();
        ApiClient requests = new ApiClient(http);
        requests.setBasePath(settings.server().toString());
        requests.setUserAgent("regroup");
        return new Client(http, requests);
    }

    /**
     * The pod as the API server's storage has it now, not as a cache had it once.
     *
     * @throws ApiRefused  when the server answers anything but 2xx; {@link ApiRefused#saysAbsent} tells a pod that is gone
     * @throws IOException when there is no answer within 8 s
     */
    JsonObject pod(String name) throws IOException, ApiRefused {
        return send(call("GET", settings.core("pods/" + name), List.of()), Right.GET_POD);
    }

    /** The list of the one controller of this name: one item, or none. It carries the version to watch from. */
    JsonObject list(ControllerKind kind, String name) throws IOException, ApiRefused {
        return send(call("GET", settings.apps(kind.resource()), List.of(only(name))), kind.list());
    }

    /** @param length after how long the server is asked to end the watch by itself */
    OpenWatch watch(ControllerKind kind, String name, String fromVersion, Duration length) throws IOException {
        Call call = call("GET", settings.apps(kind.resource()), List.of(only(name),
                new Pair("watch", "true"),
                new Pair("resourceVersion", fromVersion),
                new Pair("allowWatchBookmarks", "true"),
                new Pair("timeoutSeconds", Long.toString(length.toSeconds()))));
        OkHttpClient patient = client().http().newBuilder().readTimeout(length.plus(WATCH_GRACE)).callTimeout(Duration.ZERO).build();
        return new OpenWatch(patient.newCall(call.request()), kind.watch(), settings.namespace());
    }

    JsonObject createEvent(JsonObject event) throws IOException, ApiRefused {
        return send(call("POST", settings.core("events"), "application/json", event), Right.CREATE_EVENT);
    }

    JsonObject patchEvent(String name, JsonObject changes) throws IOException, ApiRefused {
        return send(call("PATCH", settings.core("events/" + name), "application/merge-patch+json", changes), Right.PATCH_EVENT);
    }

    JsonObject patchPod(String name, JsonObject changes) throws IOException, ApiRefused {
        return send(call("PATCH", settings.core("pods/" + name), "application/merge-patch+json", changes), Right.PATCH_POD);
    }

    String namespace() {
        return settings.namespace();
    }

    private JsonObject send(Call call, Right right) throws IOException, ApiRefused {
        try (Response response = call.execute()) {
            if (!response.isSuccessful()) {
                throw ApiRefused.of(response.code(), OpenWatch.beginning(response), right, settings.namespace());
            }
            return Fields.object(response.body().charStream());
        }
    }

    /** Adds the token; a token that is refused is read again, and if it is a new one, the request sent once more. */
    private Response authorized(Interceptor.Chain chain) throws IOException {
        Optional<String> sent = token.value();
        Response response = chain.proceed(with(sent, chain.request()));
        if (response.code() == 401 && token.refused(sent)) {
            response.close();
            return chain.proceed(with(token.value(), chain.request()));
        }
        return response;
    }

    private static Request with(Optional<String> bearer, Request request) {
        return bearer.map(b -> request.newBuilder().header("Authorization", "Bearer " + b).build()).orElse(request);
    }

    private static Pair only(String name) {
        return new Pair("fieldSelector", "metadata.name=" + name);
    }

    private Call call(String method, String path, List<Pair> query) throws IOException {
        return call(method, path, query, null, Map.of());
    }

    private Call call(String method, String path, String contentType, JsonObject body) throws IOException {
        return call(method, path, List.of(), body, Map.of("Content-Type", contentType));
    }

    /** @param body what the client writes as it is, being JSON already; null for none, as the client has it */
    private Call call(String method, String path, List<Pair> query, JsonObject body, Map<String, String> headers)
            throws IOException {
        Map<String, String> all = new HashMap<>(headers);
        all.put("Accept", "application/json");
        try {
            return client().requests().buildCall(null, path, method, query, List.of(), body, all, new HashMap<>(), new HashMap<>(),
                    new String[0], null);
        } catch (ApiException e) {
            throw new IOException("the request could not be built: " + e.getMessage(), e);
        }
    }
}
