package io.regroup.kube;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** An API server that answers what a test tells it to: objects, refusals, silence, watches. */
final class FakeApi implements AutoCloseable {

    /** One request as it arrived. */
    record Asked(String method, String path, String query, Optional<String> authorization, Optional<String> contentType,
                 String body) {

        boolean watches() {
            return query.contains("watch=true");
        }
    }

    interface Answer {
        void to(Asked asked, HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final String scheme;
    private final ExecutorService threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Watcher> watchers = new LinkedBlockingQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    FakeApi() throws IOException {
        this(0);
    }

    /** @param port 0 for any */
    FakeApi(int port) throws IOException {
        this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0), "http");
    }

    FakeApi(SSLContext tls) throws IOException {
        this(encrypted(tls), "https");
    }

    private FakeApi(HttpServer server, String scheme) {
        this.server = server;
        this.scheme = scheme;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private static HttpServer encrypted(SSLContext tls) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return server;
    }

    int port() {
        return server.getAddress().getPort();
    }

    URI uri() {
        return URI.create(scheme + "://127.0.0.1:" + port());
    }

    /** Settings that reach this server with a fixed token. */
    ApiSettings settings() {
        Path none = Path.of("/nonexistent");
        return new ApiSettings(uri(), Optional.of("secret"), none, none, "shop");
    }

    FakeApi on(String path, Answer answer) {
        answers.put(path, answer);
        return this;
    }

    FakeApi on(String path, int code, String body) {
        return on(path, (a, exchange) -> reply(exchange, code, body));
    }

    List<Asked> asked() {
        return List.copyOf(asked);
    }

    List<Asked> asked(String path) {
        return asked.stream().filter(a -> a.path().equals(path)).toList();
    }

    static void reply(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
        try (exchange; OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** Takes the request and never answers. */
    void hang() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Opens a watch that the test goes on with: see {@link #nextWatch}. */
    void watch(Asked request, HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        watchers.add(new Watcher(request, exchange));
    }

    /** The next watch that was opened, in their order. */
    Watcher nextWatch() throws InterruptedException {
        Watcher watcher = watchers.poll(60, TimeUnit.SECONDS);
        if (watcher == null) {
            throw new AssertionError("no watch was opened within 60 s; asked: " + asked);
        }
        return watcher;
    }

    boolean noFurtherWatch() {
        return watchers.isEmpty();
    }

    /** The server's end of one watch. */
    record Watcher(Asked request, HttpExchange exchange) {

        void tell(String type, String object) throws IOException {
            line("{\"type\":\"" + type + "\",\"object\":" + object + "}");
        }

        void line(String text) throws IOException {
            exchange.getResponseBody().write((text + "\n").getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
        }

        void end() {
            exchange.close();
        }
    }

    /** A {@code Status}, as the API server words its refusals. */
    static String status(int code, String reason, String message, String name) {
        return """
                {"kind":"Status","apiVersion":"v1","status":"Failure","message":"%s","reason":"%s",
                 "details":{"name":"%s"},"code":%d}""".formatted(message, reason, name, code);
    }

    private void handle(HttpExchange exchange) throws IOException {
        URI uri = exchange.getRequestURI();
        Asked request = new Asked(exchange.getRequestMethod(), uri.getPath(), Optional.ofNullable(uri.getQuery()).orElse(""),
                Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")),
                Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type")),
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        asked.add(request);
        Answer answer = answers.get(request.path());
        if (answer == null) {
            reply(exchange, 404, status(404, "NotFound", "nothing at " + request.path(),
                    request.path().substring(request.path().lastIndexOf('/') + 1)));
        } else {
            answer.to(request, exchange);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
