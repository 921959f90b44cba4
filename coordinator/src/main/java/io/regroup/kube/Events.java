package io.regroup.kube;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kubernetes events of what the leader did, for {@code kubectl describe} and {@code kubectl get events}. Best effort:
 * each is tried once on a thread of its own, what does not fit into the queue or is not taken is lost, and nobody
 * waits. They are {@code core/v1} events, which every Kubernetes from 1.20 on takes.
 */
public final class Events implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Events.class);
    private static final int QUEUE = 64;
    /** The API server refuses longer messages in newer kinds of events, and {@code kubectl} shows no more anyway. */
    private static final int MESSAGE_CHARS = 1024;

    /** As {@code kubectl} shows it. */
    public enum Kind {
        NORMAL("Normal"),
        WARNING("Warning");

        private final String type;

        Kind(String type) {
            this.type = type;
        }
    }

    private record Subject(String apiVersion, String kind, String name, String uid) {
    }

    private record Happened(Subject subject, Kind kind, String reason, String message, Instant at) {

        EventBook.Key key() {
            return new EventBook.Key(subject.uid(), kind, reason, message);
        }
    }

    private final LeaderApi api;
    private final Subject deployment;
    private final String reporter;
    private final Clock clock;
    private final EventBook book = new EventBook();
    private final BlockingQueue<Happened> queue = new ArrayBlockingQueue<>(QUEUE);
    private final TroubleLog trouble = new TroubleLog(log, System::nanoTime);
    private final Thread thread;
    private volatile boolean closed;

    /** @param reporter the pod that reports: the leader's own name */
    public Events(LeaderApi api, Identity identity, String reporter) {
        this(api, identity, reporter, Clock.systemUTC());
    }

    Events(LeaderApi api, Identity identity, String reporter, Clock clock) {
        this.api = api;
        this.deployment = new Subject("apps/v1", identity.kind(), identity.deploymentName(), identity.deploymentUid());
        this.reporter = reporter;
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("events").start(this::run);
    }

    /** @param reason what happened in one word, as in {@code ReplicaPromoted} */
    public void onDeployment(Kind kind, String reason, String message) {
        offer(deployment, kind, reason, message);
    }

    /** @param reason what happened in one word, as in {@code ReplicaPromoted} */
    public void onPod(String podName, String podUid, Kind kind, String reason, String message) {
        offer(new Subject("v1", "Pod", podName, podUid), kind, reason, message);
    }

    /** What is still queued is lost. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void offer(Subject subject, Kind kind, String reason, String message) {
        String text = message.length() <= MESSAGE_CHARS ? message : message.substring(0, MESSAGE_CHARS - 1) + "…";
        if (!queue.offer(new Happened(subject, kind, reason, text, clock.instant().truncatedTo(ChronoUnit.SECONDS)))) {
            log.debug("event {} on {} is lost: too many wait", reason, subject.name());
        }
    }

    private void run() {
        try {
            while (!closed) {
                report(queue.take());
            }
        } catch (InterruptedException e) {
            // By close: nothing is owed to anybody.
            queue.clear();
        }
    }

    private void report(Happened happened) {
        try {
            if (!countUp(happened)) {
                create(happened);
            }
            trouble.over("events are recorded again");
        } catch (ApiRefused e) {
            lost(e.getMessage());
        } catch (IOException e) {
            lost(Failure.noAnswer(e));
        } catch (RuntimeException e) {
            log.error("event {} could not be recorded", happened, e);
        }
    }

    private void lost(String why) {
        if (!closed) {
            trouble.trouble("events are lost: " + why);
        }
    }

    /** @return whether there was such an event to count up */
    private boolean countUp(Happened happened) throws IOException, ApiRefused {
        Optional<EventBook.Made> lately = book.lately(happened.key(), happened.at());
        if (lately.isEmpty()) {
            return false;
        }
        EventBook.Made entry = new EventBook.Made(lately.get().name(), lately.get().count() + 1, happened.at());
        JsonObject changes = new JsonObject();
        changes.addProperty("count", entry.count());
        changes.addProperty("lastTimestamp", happened.at().toString());
        try {
            api.patchEvent(entry.name(), changes);
        } catch (ApiRefused e) {
            if (e.code() == 404) {
                // Kubernetes keeps events for an hour, and anybody may delete them.
                book.lost(happened.key());
                return false;
            }
            throw e;
        }
        book.made(happened.key(), entry);
        return true;
    }

    private void create(Happened happened) throws IOException, ApiRefused {
        JsonObject made = api.createEvent(event(happened));
        book.made(happened.key(), new EventBook.Made(Fields.required(made, "metadata", "name"), 1, happened.at()));
    }

    private JsonObject event(Happened happened) {
        JsonObject metadata = new JsonObject();
        // The server completes the name, so that two leaders, or one that was leader before, never clash.
        metadata.addProperty("generateName", happened.subject().name() + ".");
        metadata.addProperty("namespace", api.namespace());
        JsonObject involved = new JsonObject();
        involved.addProperty("apiVersion", happened.subject().apiVersion());
        involved.addProperty("kind", happened.subject().kind());
        involved.addProperty("name", happened.subject().name());
        involved.addProperty("uid", happened.subject().uid());
        involved.addProperty("namespace", api.namespace());
        JsonObject source = new JsonObject();
        source.addProperty("component", "regroup");
        JsonObject event = new JsonObject();
        event.addProperty("apiVersion", "v1");
        event.addProperty("kind", "Event");
        event.add("metadata", metadata);
        event.add("involvedObject", involved);
        event.addProperty("type", happened.kind().type);
        event.addProperty("reason", happened.reason());
        event.addProperty("message", happened.message());
        event.add("source", source);
        event.addProperty("reportingComponent", "regroup");
        event.addProperty("reportingInstance", reporter);
        event.addProperty("firstTimestamp", happened.at().toString());
        event.addProperty("lastTimestamp", happened.at().toString());
        event.addProperty("count", 1);
        return event;
    }
}
