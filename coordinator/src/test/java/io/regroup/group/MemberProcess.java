package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link MemberMain} in a process of its own, and the views that it prints. */
final class MemberProcess {

    private final String name;
    private final Process process;
    private final Thread reader;
    private volatile List<String> view = List.of();
    private volatile long viewedAt;

    static MemberProcess start(Loopback loopback, int number, int of) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
            MemberMain.class.getName(), "m" + number, loopback.ip(number), Integer.toString(loopback.port())));
        command.addAll(loopback.hosts(of));
        return new MemberProcess("m" + number, new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private MemberProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.reader = new Thread(this::read, "views of " + process.pid());
        reader.start();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine())
                if (line.startsWith("VIEW ")) {
                    viewedAt = System.nanoTime();
                    view = List.of(line.substring("VIEW ".length()).split(","));
                }
        } catch (IOException e) {
            if (process.isAlive())
                throw new UncheckedIOException(e);
        }
    }

    /** Waits until all see the same view with these members. @return how long after {@code since} the last of them saw it */
    static Duration awaitView(long since, Duration atMost, List<MemberProcess> members, String... expected) {
        await().pollInterval(Duration.ofMillis(5)).atMost(atMost).untilAsserted(() -> {
            for (MemberProcess member : members)
                assertThat(member.view).containsExactlyInAnyOrder(expected);
            assertThat(members.stream().map(member -> member.view).distinct()).hasSize(1);
        });
        return Duration.ofNanos(members.stream().mapToLong(member -> member.viewedAt - since).max().orElseThrow());
    }

    String name() {
        return name;
    }

    List<String> view() {
        return view;
    }

    void kill() {
        process.destroyForcibly();
    }

    /** SIGSTOP: it falls silent, but its sockets stay open, as if its host were gone. */
    void stop() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor()).isZero();
    }

    /** Ends the process by its own id, whatever its state. */
    void end() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        reader.join(TimeUnit.SECONDS.toMillis(10));
    }
}
