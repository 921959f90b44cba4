package io.regroup.faults;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.regroup.local.LocalCluster;
import io.regroup.local.LocalPod;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * As much of an API server as coordinators ask: the pods of all clusters in one namespace with one label, each owned by a ReplicaSet of a
 * Deployment of its own. It is at this process's place in the network, so that cutting that off takes it away as a broken network does.
 */
final class ApiServer implements AutoCloseable {

    private static final String NAMESPACE = "faults";
    private static final String CORE = "/api/v1/namespaces/" + NAMESPACE + "/";
    private static final String APPS = "/apis/apps/v1/namespaces/" + NAMESPACE + "/";
    /** Nothing about the Deployments changes in these stories. */
    private static final String VERSION = "1";
    /** Of the one template that each Deployment has. */
    private static final String HASH = "5d4f";

    private record Owner(String kind, String name) {
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
    /** By the Deployment's name. */
    private final Map<String, LocalCluster> deployments = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final LongAdder asked = new LongAdder();

    ApiServer(VirtualNetwork network) throws IOException {
        server = HttpServer.create(new InetSocketAddress(network.host(VirtualNetwork.HERE), 0), 100);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** How many requests have come. */
    long asked() {
        return asked.sum();
    }

    /** What a pod needs to find it; without a pod's own UID its name is that. */
    Map<String, String> environment() {
        return Map.of("DISCOVERY", "kube", "APISERVER", "http://" + server.getAddress().getAddress().getHostAddress() + ":" + port(),
            "POD_NAMESPACE", NAMESPACE, "TOKEN", "secret");
    }

    /** Pods of this cluster are this Deployment's, from now on. To be called before they start. */
    void deploy(String deployment, LocalCluster cluster) {
        deployments.put(deployment, cluster);
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.increment();
        String path = exchange.getRequestURI().getPath();
        String query = Optional.ofNullable(exchange.getRequestURI().getQuery()).orElse("");
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (query.contains("watch=true")) {
            watch(exchange, query);
            return;
        }
        Optional<JsonObject> found = switch (path) {
            case CORE + "pods" -> Optional.of(list("PodList", pods().map(this::pod)));
            case APPS + "deployments" -> Optional.of(list("DeploymentList",
                deployments.keySet().stream().filter(name -> query.equals("fieldSelector=metadata.name=" + name)).map(this::deployment)));
            default -> path.startsWith(CORE + "events") ? Optional.of(JsonParser.parseString(body).getAsJsonObject()) : one(path);
        };
        reply(exchange, found.isPresent() ? 200 : 404, found.orElseGet(() -> absent(path)));
    }

    private Optional<JsonObject> one(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (path.startsWith(CORE + "pods/")) {
            return pods().filter(pod -> name.equals(pod.getValue().name())).map(this::pod).findFirst();
        }
        if (path.startsWith(APPS + "replicasets/")) {
            return deployments.keySet().stream().filter(deployment -> name.equals(replicaSet(deployment))).map(this::replicaSetOf).findFirst();
        }
        return Optional.empty();
    }

    private Stream<Map.Entry<String, LocalPod>> pods() {
        return deployments.entrySet().stream().flatMap(deployed -> deployed.getValue().pods().stream()
            .filter(pod -> pod.name() != null).map(pod -> Map.entry(deployed.getKey(), pod)));
    }

    private JsonObject pod(Map.Entry<String, LocalPod> entry) {
        LocalPod pod = entry.getValue();
        JsonObject json = object("Pod", pod.name(), pod.name(), Optional.of(new Owner("ReplicaSet", replicaSet(entry.getKey()))));
        json.getAsJsonObject("metadata").add("labels", JsonParser.parseString("{\"pod-template-hash\":\"" + HASH + "\"}"));
        json.add("status", JsonParser.parseString("{\"phase\":\"Running\",\"podIP\":\"" + pod.host()
            + "\",\"containerStatuses\":[{\"name\":\"redis\",\"state\":{\"running\":{}}}]}"));
        return json;
    }

    private static String replicaSet(String deployment) {
        return deployment + "-" + HASH;
    }

    private JsonObject replicaSetOf(String deployment) {
        String name = replicaSet(deployment);
        JsonObject json = object("ReplicaSet", name, uid(name), Optional.of(new Owner("Deployment", deployment)));
        JsonObject annotations = new JsonObject();
        annotations.addProperty("deployment.kubernetes.io/desired-replicas", Integer.toString(asks(deployment)));
        json.getAsJsonObject("metadata").add("annotations", annotations);
        return json;
    }

    private JsonObject deployment(String name) {
        JsonObject json = object("Deployment", name, uid(name), Optional.empty());
        JsonObject spec = new JsonObject();
        spec.addProperty("replicas", asks(name));
        json.add("spec", spec);
        return json;
    }

    private int asks(String deployment) {
        return deployments.get(deployment).pods().size();
    }

    private static String uid(String name) {
        return "uid-of-" + name;
    }

    private static JsonObject object(String kind, String name, String uid, Optional<Owner> owner) {
        JsonObject metadata = new JsonObject();
        metadata.addProperty("name", name);
        metadata.addProperty("uid", uid);
        metadata.addProperty("resourceVersion", VERSION);
        metadata.addProperty("creationTimestamp", "2026-11-25T10:00:00Z");
        owner.ifPresent(of -> metadata.add("ownerReferences", JsonParser.parseString("[{\"apiVersion\":\"apps/v1\",\"kind\":\"" + of.kind()
            + "\",\"name\":\"" + of.name() + "\",\"uid\":\"" + uid(of.name()) + "\",\"controller\":true}]")));
        JsonObject json = new JsonObject();
        json.addProperty("kind", kind);
        json.add("metadata", metadata);
        return json;
    }

    private static JsonObject list(String kind, Stream<JsonObject> items) {
        JsonArray array = new JsonArray();
        items.forEach(array::add);
        JsonObject list = new JsonObject();
        list.addProperty("kind", kind);
        list.add("metadata", JsonParser.parseString("{\"resourceVersion\":\"" + VERSION + "\"}"));
        list.add("items", array);
        return list;
    }

    private static JsonObject absent(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return JsonParser.parseString("{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"message\":\"" + name
            + " not found\",\"details\":{\"name\":\"" + name + "\"},\"code\":404}").getAsJsonObject();
    }

    /** Silent until the time is over that the request allows, for nothing changes. */
    private void watch(HttpExchange exchange, String query) throws IOException {
        long seconds = Stream.of(query.split("&")).filter(part -> part.startsWith("timeoutSeconds="))
            .mapToLong(part -> Long.parseLong(part.substring(part.indexOf('=') + 1))).findFirst().orElseThrow();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        try (exchange) {
            closed.await(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reply(HttpExchange exchange, int code, JsonObject body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        try (exchange; OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
