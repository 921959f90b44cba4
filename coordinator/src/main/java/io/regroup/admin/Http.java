package io.regroup.admin;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** What the coordinator tells over HTTP. Answers come from memory: nothing here waits for Redis, the group or the API server. */
public final class Http implements AutoCloseable {

    /** @param ok 200, else 503 */
    public record Health(boolean ok, String reason) {
    }

    private final HttpServer server;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(
        Thread.ofPlatform().daemon().name("http").factory());

    /** @throws IOException names the port that cannot be listened on */
    public Http(String host, int port, Supplier<Health> live, Supplier<Health> ready, Supplier<JsonObject> status,
                Supplier<String> metrics) throws IOException {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), port), 16);
        } catch (IOException e) {
            throw new IOException("cannot listen for HTTP on " + host + ":" + port + ": " + e.getMessage(), e);
        }
        server.createContext("/livez", x -> health(x, live.get()));
        server.createContext("/readyz", x -> health(x, ready.get()));
        server.createContext("/status", x -> answer(x, 200, "application/json",
            new GsonBuilder().setPrettyPrinting().create().toJson(status.get()) + "\n"));
        server.createContext("/metrics", x -> answer(x, 200, "text/plain; version=0.0.4", metrics.get()));
        server.createContext("/", x -> answer(x, 404, "text/plain", "try /livez /readyz /status /metrics\n"));
        server.setExecutor(executor);
        server.start();
    }

    /** Where it listens: any free one if it was to listen on 0. */
    public int port() {
        return server.getAddress().getPort();
    }

    private static void health(HttpExchange exchange, Health health) throws IOException {
        answer(exchange, health.ok() ? 200 : 503, "text/plain", (health.ok() ? "ok: " : "no: ") + health.reason() + "\n");
    }

    private static void answer(HttpExchange exchange, int code, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
