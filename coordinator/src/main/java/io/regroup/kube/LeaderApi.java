package io.regroup.kube;

import com.google.gson.JsonObject;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.apis.AppsV1Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
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
 * loading it costs a coordinator 12 MB, so it is made when a member becomes leader. The client builds and sends the
 * requests; its model classes and its {@code Watch}, 13 MB more, are left alone and the answers read by {@link Fields}.
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
    private final BearerToken token;
    private final OkHttpClient http;
    private final ApiClient client;
    private final AppsV1Api apps;
    private final CoreV1Api core;

    /** @throws UnusableSettings when the server is https and its CA file cannot be used */
    public LeaderApi(ApiSettings settings) {
        this.settings = settings;
        this.token = new BearerToken(settings, System::nanoTime);
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .connectTimeout(CONNECT).readTimeout(READ).writeTimeout(READ).callTimeout(WHOLE_CALL)
                // One connection a request under way: a proof must not queue behind a watch whose connection is dead.
                .protocols(List.of(Protocol.HTTP_1_1))
                .socketFactory(new LiveSockets())
                .proxy(Proxy.NO_PROXY)
                .followRedirects(false)
                .addInterceptor(this::authorized);
        if (settings.encrypted()) {
            ClusterTrust trust = ClusterTrust.read(settings.caFile());
            builder.sslSocketFactory(trust.sockets(), trust.manager());
        }
        this.http = builder.build();
        this.client = new ApiClient(http);
        client.setBasePath(settings.server().toString());
        client.setUserAgent("regroup");
        this.apps = new AppsV1Api(client);
        this.core = new CoreV1Api(client);
    }

    /** Ends every request that is under way and lets go of all connections. */
    @Override
    public void close() {
        http.dispatcher().cancelAll();
        http.connectionPool().evictAll();
    }

    /**
     * The pod as the API server's storage has it now, not as a cache had it once.
     *
     * @throws ApiRefused  when the server answers anything but 2xx; {@link ApiRefused#saysAbsent} tells a pod that is gone
     * @throws IOException when there is no answer within 8 s
     */
    JsonObject pod(String name) throws IOException, ApiRefused {
        return send(built(() -> core.readNamespacedPod(name, settings.namespace()).buildCall(null)), Right.GET_POD);
    }

    /** The list of the one controller of this name: one item, or none. It carries the version to watch from. */
    JsonObject list(ControllerKind kind, String name) throws IOException, ApiRefused {
        String only = "metadata.name=" + name;
        String namespace = settings.namespace();
        return send(built(() -> switch (kind) {
            case DEPLOYMENT -> apps.listNamespacedDeployment(namespace).fieldSelector(only).buildCall(null);
            case STATEFUL_SET -> apps.listNamespacedStatefulSet(namespace).fieldSelector(only).buildCall(null);
            case REPLICA_SET -> apps.listNamespacedReplicaSet(namespace).fieldSelector(only).buildCall(null);
        }), kind.list());
    }

    /** @param length after how long the server is asked to end the watch by itself */
    OpenWatch watch(ControllerKind kind, String name, String fromVersion, Duration length) throws IOException {
        String only = "metadata.name=" + name;
        String namespace = settings.namespace();
        int seconds = (int) length.toSeconds();
        Call built = built(() -> switch (kind) {
            case DEPLOYMENT -> apps.listNamespacedDeployment(namespace).fieldSelector(only).watch(true)
                    .resourceVersion(fromVersion).allowWatchBookmarks(true).timeoutSeconds(seconds).buildCall(null);
            case STATEFUL_SET -> apps.listNamespacedStatefulSet(namespace).fieldSelector(only).watch(true)
                    .resourceVersion(fromVersion).allowWatchBookmarks(true).timeoutSeconds(seconds).buildCall(null);
            case REPLICA_SET -> apps.listNamespacedReplicaSet(namespace).fieldSelector(only).watch(true)
                    .resourceVersion(fromVersion).allowWatchBookmarks(true).timeoutSeconds(seconds).buildCall(null);
        });
        OkHttpClient patient = http.newBuilder().readTimeout(length.plus(WATCH_GRACE)).callTimeout(Duration.ZERO).build();
        return new OpenWatch(patient.newCall(built.request()), kind.watch(), settings.namespace());
    }

    JsonObject createEvent(JsonObject event) throws IOException, ApiRefused {
        return send(request("POST", "application/json", eventsPath(), event), Right.CREATE_EVENT);
    }

    JsonObject patchEvent(String name, JsonObject changes) throws IOException, ApiRefused {
        return send(request("PATCH", "application/merge-patch+json", eventsPath() + "/" + name, changes), Right.PATCH_EVENT);
    }

    String namespace() {
        return settings.namespace();
    }

    /**
     * Sends a call and reads the object that it is answered with.
     *
     * @throws ApiRefused  when the server answers anything but 2xx
     * @throws IOException when there is no answer in time or the call was cancelled
     */
    JsonObject send(Call call, Right right) throws IOException, ApiRefused {
        try (Response response = call.execute()) {
            accepted(response, right);
            return Fields.object(response.body().charStream());
        }
    }

    /** @throws ApiRefused when the response is anything but 2xx */
    private void accepted(Response response, Right right) throws IOException, ApiRefused {
        if (!response.isSuccessful()) {
            throw ApiRefused.of(response.code(), response.peekBody(64 * 1024).string(), right, settings.namespace());
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

    private String eventsPath() {
        return "/api/v1/namespaces/" + settings.namespace() + "/events";
    }

    /** For bodies: as JSON trees they need no model class, and the kind of patch can be named. */
    private Call request(String method, String contentType, String path, JsonObject body) throws IOException {
        return built(() -> client.buildCall(null, path, method, List.of(), List.of(), body,
                new HashMap<>(Map.of("Content-Type", contentType, "Accept", "application/json")),
                new HashMap<>(), new HashMap<>(), new String[0], null));
    }

    private interface Building {
        Call call() throws ApiException;
    }

    private static Call built(Building building) throws IOException {
        try {
            return building.call();
        } catch (ApiException e) {
            throw new IOException("the request could not be built: " + e.getMessage(), e);
        }
    }
}
