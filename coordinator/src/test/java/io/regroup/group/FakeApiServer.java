package io.regroup.group;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lists pods as an API server does, counts how often it is asked, and fails on demand. */
final class FakeApiServer implements AutoCloseable {

    enum Mood { WELL, FORBIDS, SILENT }

    record FakePod(String name, String ip, String phase) {
        String json() {
            return "{\"metadata\":{\"name\":\"" + name + "\",\"labels\":{\"pod-template-hash\":\"5d4f\"}},\"spec\":{},\"status\":{\"phase\":\"" + phase + "\""
                + (ip == null ? "" : ",\"podIP\":\"" + ip + "\"") + "}}";
        }
    }

    final AtomicInteger asked = new AtomicInteger();
    final List<String> tokens = new CopyOnWriteArrayList<>();
    final List<FakePod> pods = new CopyOnWriteArrayList<>();
    volatile Mood mood = Mood.WELL;
    volatile String otherAnswer;
    volatile URI lastRequest;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final int port;
    /** What outlives a container's restart, a file for each member. */
    private final Path volumes = Files.createTempDirectory("regroup-test");
    private HttpServer server;

    FakeApiServer() throws IOException {
        server = start(0);
        port = server.getAddress().getPort();
    }

    private HttpServer start(int port) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 50);
        http.setExecutor(threads);
        http.createContext("/", this::answer);
        http.start();
        return http;
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        lastRequest = exchange.getRequestURI();
        tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        if (mood == Mood.SILENT) {
            try {
                closing.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
            return;
        }
        String body = mood == Mood.FORBIDS
            ? "{\"kind\":\"Status\",\"message\":\"pods is forbidden: User \\\"system:serviceaccount:shop:redis\\\" cannot list resource \\\"pods\\\"\",\"code\":403}"
            : otherAnswer != null ? otherAnswer
            : "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" + pods.stream().map(FakePod::json).collect(Collectors.joining(",")) + "]}";
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(mood == Mood.FORBIDS ? 403 : 200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    FakeApiServer running(Loopback loopback, int count) {
        for (int member = 1; member <= count; member++)
            pods.add(new FakePod("redis-" + member, loopback.ip(member), "Running"));
        return this;
    }

    /** Connections are refused from now on. */
    void down() {
        server.stop(0);
    }

    void up() throws IOException {
        server = start(port);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    Discovery.Kubernetes discovery() {
        return discovery(new Discovery.Token.Literal("secret"));
    }

    Discovery.Kubernetes discovery(Discovery.Token token) {
        return discovery(token, "pods");
    }

    private Discovery.Kubernetes discovery(Discovery.Token token, String memory) {
        return new Discovery.Kubernetes(uri(), "shop", "app.kubernetes.io/name=redis", token, Path.of("/nowhere/ca.crt"), volumes.resolve(memory));
    }

    GroupSettings member(Loopback loopback, int member) {
        return new GroupSettings("regroup-test", "redis-" + member, loopback.ip(member), loopback.port(),
            discovery(new Discovery.Token.Literal("secret"), "pods-" + member));
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
        try (Stream<Path> files = Files.list(volumes)) {
            for (Path file : files.toList())
                Files.delete(file);
            Files.delete(volumes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
