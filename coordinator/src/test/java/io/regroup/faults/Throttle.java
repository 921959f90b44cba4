package io.regroup.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** A control group whose processes get no more than a share of one core, as the limit of a container does it. Needs root. */
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
        } else {
            group = Files.createDirectory(Path.of("/sys/fs/cgroup/cpu", name));
            write("cpu.cfs_period_us", Long.toString(PERIOD_US));
            write("cpu.cfs_quota_us", Long.toString(quota));
        }
    }

    public void put(Collection<Long> pids) throws IOException {
        for (long pid : pids) {
            write("cgroup.procs", Long.toString(pid));
        }
    }

    /** Lets them go on as before. */
    public void release(Collection<Long> pids) throws IOException {
        for (long pid : pids) {
            Files.writeString(group.resolveSibling("cgroup.procs"), Long.toString(pid));
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

    /** When what was put in has ended or was released. */
    @Override
    public void close() throws IOException {
        Files.delete(group);
    }
}
