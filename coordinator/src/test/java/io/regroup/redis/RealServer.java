package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.local.OwnLoopback;
import io.regroup.local.RedisServer;
import io.regroup.model.Address;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A redis-server of its own, in cluster mode and without a gate. */
public final class RealServer implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path dir;
    private final Address address = new Address(OwnLoopback.address(), freePort());
    private Process process;

    /** @param dir its working directory, made if it is not there */
    public RealServer(Path dir) {
        this.dir = dir;
    }

    public Address address() {
        return address;
    }

    /** Starts it, again on what is in its directory if it ran before. */
    public RealServer start(String... more) {
        List<String> command = new ArrayList<>(List.of(server(dir).file().toString(), "--port", Integer.toString(address.port()),
            "--bind", address.host(), "--dir", dir.toString(), "--cluster-enabled", "yes", "--cluster-node-timeout", "15000",
            "--cluster-announce-ip", address.host(), "--save", "", "--repl-diskless-sync-delay", "0"));
        command.addAll(List.of(more));
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Returns when it answers. */
    public RealServer awaitAnswers(Servers servers) {
        await(address + " answers").atMost(PATIENCE).until(() -> ask(servers, "PING"), new Reply.Answer("PONG")::equals);
        return this;
    }

    public Reply ask(Servers servers, String... words) {
        return servers.send(new TreeMap<>(Map.of(address, List.of(Command.of(words)))), TIMEOUT).get(address).getFirst();
    }

    /** Lets it begin to know the other one. */
    public void meet(Servers servers, RealServer peer) {
        assertThat(ask(servers, "CLUSTER", "MEET", peer.address.host(), Integer.toString(peer.address.port()))).isEqualTo(new Reply.Answer("OK"));
    }

    /**
     * What it has just said of itself on the bus comes to itself only after that: as where it talks to itself by the line of one that had its address before.
     */
    public void hearsItselfLate(Servers servers, Runnable meanwhile) {
        try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getByName(address.host()))) {
            peer.setSoTimeout((int) PATIENCE.toMillis());
            ask(servers, "CLUSTER", "MEET", address.host(), Integer.toString(address.port()), Integer.toString(peer.getLocalPort()));
            byte[] said;
            try (Socket accepted = peer.accept()) {
                said = BusPacket.read(accepted.getInputStream());
            }
            meanwhile.run();
            try (Socket itself = new Socket(address.host(), address.port() + BusPacket.PORT_OFFSET)) {
                itself.getOutputStream().write(BusPacket.asPing(said));
                BusPacket.read(itself.getInputStream());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static RedisServer server(Path dir) {
        try {
            return RedisServer.find(Files.createDirectories(dir));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends its process a signal by name. */
    public void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when it has ended. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Low enough for the bus at + 10000, and below the ports that the kernel gives to outgoing connections. */
    private static int freePort() {
        Random random = new Random();
        while (true) {
            int port = 11_000 + random.nextInt(10_000);
            if (isFree(port) && isFree(port + 10_000)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
