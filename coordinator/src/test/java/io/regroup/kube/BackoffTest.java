package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {

    @Test
    void doublesUpToItsLimitAndStaysInTheUpperHalf() {
        for (int seed = 0; seed < 100; seed++) {
            Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), new Random(seed));
            for (long whole : new long[] {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000}) {
                assertThat(backoff.next().toMillis()).isBetween(whole / 2, whole);
            }
            backoff.reset();
            assertThat(backoff.next().toMillis()).isBetween(250L, 500L);
        }
    }
}
