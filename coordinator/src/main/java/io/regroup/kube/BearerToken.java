package io.regroup.kube;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The token to send. Kubernetes renews the file in place well before the old token expires, so it is read again every
 * minute, and at once when the server refused the one that was sent.
 */
final class BearerToken {
    private static final long FRESH_NANOS = Duration.ofMinutes(1).toNanos();

    private final Optional<String> fixed;
    private final Path file;
    private final LongSupplier nanoTime;
    private Optional<String> read = Optional.empty();
    private boolean known;
    private long readAt;

    BearerToken(ApiSettings settings, LongSupplier nanoTime) {
        this.fixed = settings.token();
        this.file = settings.tokenFile();
        this.nanoTime = nanoTime;
    }

    /** Empty when there is neither a fixed token nor a file: then the request goes without one. */
    synchronized Optional<String> value() {
        if (fixed.isPresent()) {
            return fixed;
        }
        long now = nanoTime.getAsLong();
        if (!known || now - readAt >= FRESH_NANOS) {
            readAgain(now);
        }
        return read;
    }

    /**
     * The server answered 401 to {@code sent}.
     *
     * @return true when there is another token now, so that asking again makes sense
     */
    synchronized boolean refused(Optional<String> sent) {
        if (fixed.isEmpty()) {
            readAgain(nanoTime.getAsLong());
        }
        return !value().equals(sent);
    }

    private void readAgain(long now) {
        try {
            String text = Files.readString(file).strip();
            read = text.isEmpty() ? Optional.empty() : Optional.of(text);
        } catch (IOException absent) {
            // Without a file there may still be a proxy that adds the token. If not, the server's 401 says so.
            read = Optional.empty();
        }
        known = true;
        readAt = now;
    }
}
