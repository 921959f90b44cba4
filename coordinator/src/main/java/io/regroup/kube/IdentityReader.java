package io.regroup.kube;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which deployment this pod belongs to. Nothing can be done before that is known: without it a pod could
 * join a stranger's cluster, so it asks until it is told, however long the API server takes.
 */
public final class IdentityReader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(IdentityReader.class);

    private final LightApi api;
    private final Backoff backoff;
    private final TroubleLog trouble = new TroubleLog(log, System::nanoTime);
    private final CountDownLatch closed = new CountDownLatch(1);

    /** @throws UnusableSettings when the server is https and its CA file cannot be used */
    public IdentityReader(ApiSettings settings) {
        this(settings, new Backoff(Duration.ofMillis(250), Duration.ofSeconds(10), new Random()));
    }

    IdentityReader(ApiSettings settings, Backoff backoff) {
        this.api = new LightApi(settings);
        this.backoff = backoff;
    }

    /**
     * Blocks until the identity is known: from the pod's own directory if it was found out before, otherwise from the
     * API server.
     *
     * @throws UnusableSettings      when the pod belongs to nothing, which asking again does not change
     * @throws CancellationException after {@link #close}
     * @throws InterruptedException  when the thread is interrupted; a request under way may take up to 7 s to notice,
     *                               {@link #close} is quicker
     */
    public Identity read(PodSettings pod) throws InterruptedException {
        IdentityFile file = new IdentityFile(pod);
        Optional<Identity> recalled = file.recall();
        if (recalled.isPresent()) {
            log.info("this pod belongs to {}, as it found out before", recalled.get().title());
            return recalled.get();
        }
        OwnerSearch search = new OwnerSearch(api, pod);
        for (;;) {
            try {
                Identity identity = search.find();
                trouble.over("the API server tells which deployment this pod belongs to");
                log.info("this pod belongs to {} ({})", identity.title(), identity.deploymentUid());
                file.remember(identity);
                return identity;
            } catch (ApiRefused e) {
                pauseAfter(e.getMessage());
            } catch (IOException e) {
                pauseAfter(Failure.noAnswer(e));
            }
        }
    }

    /** What {@link #read} waits for; empty when it does not wait. */
    public Optional<String> waitsFor() {
        return trouble.now();
    }

    /** Makes {@link #read} end, from any thread: at once, or within 2 s if it is connecting. */
    @Override
    public void close() {
        closed.countDown();
        api.abort();
    }

    private void pauseAfter(String reason) throws InterruptedException {
        if (closed.getCount() > 0) {
            trouble.trouble("this pod does not know yet which deployment it belongs to: " + reason + "; asking again");
        }
        if (closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
            throw new CancellationException("the question which deployment this pod belongs to was called off");
        }
    }
}
