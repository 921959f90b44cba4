package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A control group whose processes get no more than a share of one core, as the limit of a container does it, and no less either: what else the machine
 * has to do comes after them. Needs root.
 */
public final class Throttle implements AutoCloseable {

    private static final long PERIOD_US = 100_000;
    private static final Path SECOND_VERSION = Path.of("/sys/fs/cgroup/cgroup.controllers");

    private final Path group;

    /** @param share of one core, for all that is put in together */
    public Throttle(double share) throws IOException {
        String name = "regroup-throttle-" + ProcessHandle.current().pid();
        long quota = (long) (PERIOD_US * share);
        if (Files.exists(SECOND_VERSION)) {
            group = Files.createDirectory(Path.of("/sys/fs/cgroup", name));
            write("cpu.max", quota + " " + PERIOD_US);
            write("cpu.weight", "10000");
        } else {
            group = Files.createDirectory(Path.of("/sys/fs/cgroup/cpu", name));
            write("cpu.cfs_period_us", Long.toString(PERIOD_US));
            write("cpu.cfs_quota_us", Long.toString(quota));
            write("cpu.shares", "262144");
        }
    }

    public void put(Collection<Long> pids) throws IOException {
        for (long pid : pids) {
            write("cgroup.procs", Long.toString(pid));
        }
    }

    /** Lets all go on as before, also what they have started meanwhile: a server's child that writes a snapshot. */
    public void release() {
        Awaitility.await("nobody is throttled any more").atMost(Duration.ofSeconds(30)).pollDelay(Duration.ZERO).until(() -> {
            List<String> inside = Files.readAllLines(group.resolve("cgroup.procs"));
            inside.forEach(this::moveOut);
            return inside.isEmpty();
        });
    }

    private void moveOut(String pid) {
        try {
            Files.writeString(group.resolveSibling("cgroup.procs"), pid);
        } catch (IOException e) {
            if (ProcessHandle.of(Long.parseLong(pid)).isPresent()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** In how many of the periods the processes had to wait, from 0 to 1. */
    public double throttled() throws IOException {
        Map<String, Long> stat = new HashMap<>();
        for (String line : Files.readAllLines(group.resolve("cpu.stat"))) {
            stat.put(line.split(" ")[0], Long.parseLong(line.split(" ")[1]));
        }
        return (double) stat.get("nr_throttled") / Math.max(1, stat.get("nr_periods"));
    }

    private void write(String file, String value) throws IOException {
        Files.writeString(group.resolve(file), value);
    }

    @Override
    public void close() throws IOException {
        release();
        Files.delete(group);
    }
}
