package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's one watch of its Deployment. It lists once to learn what is and from which version to watch, and then
 * holds one watch request, which the server ends every few minutes and which goes on from where it was. Only when the
 * server no longer knows that version (410) it lists again.
 *
 * <p>Made when a member becomes leader, closed when it no longer is.
 */
public final class DeploymentWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DeploymentWatch.class);
    /** A watch that ended sooner than this and told nothing has failed: a broken proxy must not make this spin. */
    private static final long SHORT_NANOS = Duration.ofSeconds(5).toNanos();

    private final LeaderApi api;
    private final Identity identity;
    private final Optional<ControllerKind> kind;
    private final Consumer<DeploymentSeen> onChange;
    private final Backoff backoff;
    private final Duration length;
    private final TroubleLog trouble = new TroubleLog(log, System::nanoTime);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private volatile Optional<OpenWatch> open = Optional.empty();
    private volatile Optional<DeploymentSeen> seen = Optional.empty();
    /** Where to watch on from; empty when a list must tell. Of the watch's own thread. */
    private Optional<String> version = Optional.empty();
    /** The last watch was accepted and of no use: being accepted again is no news. Of the watch's own thread. */
    private boolean useless;
    /** The last watch began where a list had just told it to, and that was too old. Of the watch's own thread. */
    private boolean expired;

    /**
     * @param onChange called on the watch's own thread with the first thing seen and with every change, never twice in
     *                 a row with the same; it should only wake somebody
     */
    public DeploymentWatch(LeaderApi api, Identity identity, Consumer<DeploymentSeen> onChange) {
        this(api, identity, onChange, new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), new Random()),
                Duration.ofMinutes(5));
    }

    DeploymentWatch(LeaderApi api, Identity identity, Consumer<DeploymentSeen> onChange, Backoff backoff, Duration length) {
        this.api = api;
        this.identity = identity;
        this.kind = ControllerKind.of(identity);
        this.onChange = onChange;
        this.backoff = backoff;
        this.length = length;
        this.thread = Thread.ofPlatform().daemon().name("deployment-watch").unstarted(this::run);
    }

    /** To be called once. */
    public void start() {
        if (kind.isPresent()) {
            thread.start();
        } else {
            trouble.trouble(identity.title() + " is no Deployment, ReplicaSet or StatefulSet, so how many nodes it asks"
                    + " for cannot be watched: set REDIS_CLUSTER_COUNT");
        }
    }

    /** The last thing seen; empty until the API server has answered once. */
    public Optional<DeploymentSeen> seen() {
        return seen;
    }

    /** Why nothing new can be seen at present; empty while the watch works. */
    public Optional<String> trouble() {
        return trouble.now();
    }

    /** Ends the watch at once, without waiting for its thread: one callback may still be under way. */
    @Override
    public void close() {
        closed.countDown();
        open.ifPresent(OpenWatch::cancel);
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void run() {
        ControllerKind watched = kind.orElseThrow();
        while (!isClosed()) {
            Optional<String> failure = version.isPresent() ? watch(watched, version.get()) : list(watched);
            if (failure.isPresent() && !isClosed()) {
                trouble.trouble("the replicas of " + identity.title() + " cannot be watched: " + failure.get());
                pause();
            }
        }
    }

    /** @return why it failed, if it did */
    private Optional<String> list(ControllerKind watched) {
        try {
            JsonObject list = api.list(watched, identity.deploymentName());
            String from = Fields.required(list, "metadata", "resourceVersion");
            tell(DeploymentSeen.inList(identity, Fields.objects(list, "items")));
            version = Optional.of(from);
            return Optional.empty();
        } catch (ApiRefused e) {
            return Optional.of(e.getMessage());
        } catch (IOException e) {
            return Optional.of(Failure.noAnswer(e));
        }
    }

    /** @return why it failed, if it did; a watch that worked for a while and ended in whatever way has not failed */
    private Optional<String> watch(ControllerKind watched, String from) {
        Reading reading = new Reading();
        String end = read(watched, from, reading);
        boolean worked = reading.worked();
        useless = reading.opened && !worked;
        // Once is usual after an outage, and a list puts it right. Again at once means that it does not.
        boolean expiredOnce = version.isEmpty() && !expired;
        expired = version.isEmpty() && !worked;
        if (worked) {
            backoff.reset();
            noTrouble();
        }
        if (worked || expiredOnce) {
            log.debug("the watch of {} ended and goes on: {}", identity.title(), end);
            return Optional.empty();
        }
        return Optional.of(end);
    }

    /** @return how it ended */
    private String read(ControllerKind watched, String from, Reading reading) {
        try {
            OpenWatch watch = api.watch(watched, identity.deploymentName(), from, length);
            open = Optional.of(watch);
            if (!isClosed()) {
                watch.read(reading);
            }
            return "the API server ends every watch at once";
        } catch (ApiRefused e) {
            if (e.expired()) {
                version = Optional.empty();
            }
            return e.getMessage();
        } catch (IOException e) {
            return Failure.noAnswer(e);
        } finally {
            open = Optional.empty();
        }
    }

    /** What came of one watch request. */
    private final class Reading implements OpenWatch.Listener {
        private final long began = System.nanoTime();
        private boolean opened;
        private boolean told;

        boolean worked() {
            return told || System.nanoTime() - began >= SHORT_NANOS;
        }

        @Override
        public void opened() {
            opened = true;
            if (!useless) {
                noTrouble();
            }
        }

        @Override
        public void event(OpenWatch.Event event) throws IOException {
            version = Optional.of(Fields.required(event.object(), "metadata", "resourceVersion"));
            told = true;
            noTrouble();
            switch (event.type()) {
                case "ADDED", "MODIFIED" -> tell(DeploymentSeen.of(identity, event.object()));
                case "DELETED" -> tell(DeploymentSeen.gone(identity));
                default -> log.trace("{} up to {}", event.type(), version.get());
            }
        }
    }

    private void noTrouble() {
        trouble.over("the replicas of " + identity.title() + " are watched again");
    }

    private void tell(DeploymentSeen now) {
        if (isClosed() || seen.equals(Optional.of(now))) {
            return;
        }
        seen = Optional.of(now);
        switch (now) {
            case DeploymentSeen.Asked asked -> log.info("{} asks for {} pods", identity.title(), asked.replicas());
            case DeploymentSeen.Ending ending -> log.info("{}", ending.reason());
        }
        try {
            onChange.accept(now);
        } catch (RuntimeException e) {
            log.error("what {} asks for could not be passed on", identity.title(), e);
        }
    }

    private void pause() {
        try {
            closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Nobody but close ends this thread, and whoever interrupts it can only mean that.
            close();
        }
    }
}
