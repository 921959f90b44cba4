package io.regroup.bench;

import io.regroup.model.Address;
import io.regroup.model.Probe;
import io.regroup.redis.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Blank redis-servers on loopback, with the product's redis.conf, and nothing else: what both sides of a comparison start from. */
final class BareServers implements AutoCloseable {

    private final Path dir;
    private final List<Process> processes = new ArrayList<>();
    private final List<Address> addresses = new ArrayList<>();

    /** @param options more words of redis-server's command line */
    BareServers(int count, int firstPort, String... options) throws IOException {
        dir = Files.createTempDirectory("regroup-bench");
        Path conf = Path.of("..", "config", "redis.conf").toAbsolutePath().normalize();
        for (int i = 0; i < count; i++) {
            int port = firstPort + i;
            Path home = Files.createDirectories(dir.resolve(Integer.toString(port)));
            List<String> command = new ArrayList<>(List.of("redis-server", conf.toString(), "--port", Integer.toString(port), "--bind", "127.0.0.1",
                "--dir", home.toString(), "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
                "--cluster-announce-ip", "127.0.0.1"));
            command.addAll(List.of(options));
            processes.add(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(home.resolve("log").toFile()).start());
            addresses.add(new Address("127.0.0.1", port));
        }
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() ->
            addresses.stream().allMatch(address -> Port.probe(address, 500) == Probe.ANSWERS));
    }

    List<Address> addresses() {
        return List.copyOf(addresses);
    }

    Process process(int number) {
        return processes.get(number);
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        try {
            for (Process process : processes) {
                process.waitFor(10, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
