package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.kubernetes.Look.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client that writes to one shard all the time, and measures for how long it cannot: from the first write that the old
 * master did not take to the first that its replica took. It runs in the pod of a third node, on one clock.
 */
final class WriteGap implements AutoCloseable {

    private static final Duration LONGEST = Duration.ofMinutes(4);
    private static final String SCRIPT = """
        old=$0 new=$1 key=$2 longest=$3
        exec {never}<> <(:)
        write() { [[ $(timeout 0.5 redis-cli -h "$1" set "$key" x 2>/dev/null) == OK ]]; }
        pause() { read -rt 0.01 -u $never || true; }
        write "$old" || { echo "no write before it began"; exit 1; }
        echo writing
        while last=$EPOCHREALTIME; write "$old"; do pause; ((SECONDS < longest)) || { echo "the old master never stopped"; exit 1; }; done
        until write "$new"; do pause; ((SECONDS < longest)) || { echo "nobody took over"; exit 1; }; done
        now=$EPOCHREALTIME
        echo "gap $(((${now/[.,]/} - ${last/[.,]/}) / 1000)) ms"
        """;
    private static final Pattern GAP = Pattern.compile("gap (\\d+) ms");

    private final Process process;
    private final Path output;

    /** Returns when the first write was acknowledged. @param observer a node that nothing happens to */
    WriteGap(Kubectl kubectl, Node observer, Node master, Node replica) {
        try {
            output = Files.createTempFile("regroup-it-gap", ".txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process = kubectl.start(output, "exec", observer.name(), "-c", "redis", "--", "bash", "-c", SCRIPT,
            master.ip(), replica.ip(), Keys.ownedBy(master), Long.toString(LONGEST.toSeconds()));
        Patience.until("a write to " + master.name(), Duration.ofSeconds(60), () ->
            said().contains("writing") ? Optional.empty() : Optional.of(said()));
    }

    /** Waits for the first write that the replica takes. */
    Duration await() throws InterruptedException {
        assertThat(process.waitFor(LONGEST.toSeconds() + 30, TimeUnit.SECONDS)).as("the writing client ended").isTrue();
        Matcher gap = GAP.matcher(said());
        assertThat(gap.find()).as("what the writing client says: " + said()).isTrue();
        return Duration.ofMillis(Long.parseLong(gap.group(1)));
    }

    private String said() {
        try {
            return Files.readString(output).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            Files.deleteIfExists(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
