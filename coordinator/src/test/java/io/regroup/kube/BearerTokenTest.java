package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BearerTokenTest {
    @TempDir
    private Path dir;
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private Path file;

    @BeforeEach
    void aTokenFile() throws Exception {
        file = Files.writeString(dir.resolve("token"), "one\n");
    }

    private BearerToken token(Optional<String> fixed) {
        return new BearerToken(new ApiSettings(URI.create("http://127.0.0.1:1/"), fixed, file, dir, "shop"), now::get);
    }

    @Test
    void isReadAgainEveryMinute() throws Exception {
        BearerToken token = token(Optional.empty());
        assertThat(token.value()).contains("one");
        Files.writeString(file, "two");
        now.addAndGet(Duration.ofSeconds(59).toNanos());
        assertThat(token.value()).contains("one");
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(token.value()).contains("two");
    }

    @Test
    void isReadAgainWhenItWasRefused() throws Exception {
        BearerToken token = token(Optional.empty());
        Optional<String> sent = token.value();
        assertThat(token.refused(sent)).as("the same token would be refused again").isFalse();
        Files.writeString(file, "two");
        assertThat(token.refused(sent)).isTrue();
        assertThat(token.value()).contains("two");
    }

    @Test
    void aFixedOneStays() {
        BearerToken token = token(Optional.of("fixed"));
        assertThat(token.value()).contains("fixed");
        assertThat(token.refused(Optional.of("fixed"))).isFalse();
    }

    @Test
    void withoutAFileThereIsNone() throws Exception {
        Files.delete(file);
        assertThat(token(Optional.empty()).value()).isEmpty();
    }
}
