package io.regroup.redis;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads the {@code name:value} lines of {@code INFO} and {@code CLUSTER INFO}. */
final class InfoText {

    private final SortedMap<String, String> fields = new TreeMap<>();

    InfoText(String... texts) {
        for (String text : texts) {
            for (String line : text.split("\r?\n")) {
                int colon = line.indexOf(':');
                if (colon > 0 && !line.startsWith("#")) {
                    fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }
        }
    }

    Optional<String> find(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    /** @throws IllegalArgumentException when the server did not say it */
    String text(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("INFO says nothing of " + name));
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    boolean is(String name, String value) {
        return value.equals(fields.get(name));
    }

    /** Keys of all databases: {@code db0:keys=10,expires=0,…}. A cluster has only db0 before Redis 9. */
    long keys() {
        return fields.entrySet().stream().filter(e -> e.getKey().matches("db\\d+"))
            .mapToLong(e -> Long.parseLong(e.getValue().replaceFirst("keys=(\\d+).*", "$1"))).sum();
    }
}
