package io.regroup.kube;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Which events were made lately, so that the same one is counted up rather than made again. */
final class EventBook {
    private static final Duration LATELY = Duration.ofMinutes(10);
    private static final int ENTRIES = 128;

    /** What makes two events the same. */
    record Key(String objectUid, Events.Kind kind, String reason, String message) {
    }

    /** An event that the API server has: its name there and how often it has happened. */
    record Made(String name, int count, Instant last) {
    }

    private final Map<Key, Made> entries = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Made> eldest) {
            return size() > ENTRIES;
        }
    };

    /** The event to count up; empty when there is none, or it last happened more than 10 minutes ago. */
    Optional<Made> lately(Key key, Instant now) {
        return Optional.ofNullable(entries.get(key)).filter(e -> e.last().plus(LATELY).isAfter(now));
    }

    void made(Key key, Made made) {
        entries.put(key, made);
    }

    void lost(Key key) {
        entries.remove(key);
    }
}
