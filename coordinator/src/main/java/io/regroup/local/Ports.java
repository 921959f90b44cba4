package io.regroup.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The ports of all pods on one machine, counted up from one: pod 1 has Redis at {@code first}, its cluster bus at + 10000,
 * its group at + 800 (failure detection at + 900) and HTTP at + 1080.
 */
record Ports(int first) {

    /** So many pods fit between two kinds of ports. */
    static final int MOST_PODS = 60;
    static final int PRESET = 7001;
    static final int LOWEST = 1024;
    /** The last pod's bus must still be a port. */
    static final int HIGHEST = 65535 - 10_000 - MOST_PODS;

    Ports {
        if (first < LOWEST || first > HIGHEST) {
            throw new IllegalArgumentException("the first port must be from " + LOWEST + " to " + HIGHEST + ", not " + first);
        }
    }

    int redis(int pod) {
        return first + pod - 1;
    }

    int bus(int pod) {
        return redis(pod) + 10_000;
    }

    int group(int pod) {
        return redis(pod) + 800;
    }

    int failureDetection(int pod) {
        return redis(pod) + 900;
    }

    int http(int pod) {
        return redis(pod) + 1080;
    }

    /** The first port of these pods that somebody else listens on where they are to run, in words. Nobody else does in a network of their own. */
    Optional<String> taken(Places places, int pods) {
        return taken(places, 1, pods);
    }

    Optional<String> taken(Places places, int from, int to) {
        for (int pod = from; pod <= to; pod++) {
            if (!places.enter(pod).isEmpty()) {
                continue;
            }
            Map<String, Integer> needed = new LinkedHashMap<>();
            needed.put("Redis", redis(pod));
            needed.put("Redis' cluster bus", bus(pod));
            needed.put("the coordinators' group", group(pod));
            needed.put("the group's failure detection", failureDetection(pod));
            needed.put("HTTP", http(pod));
            for (var use : needed.entrySet()) {
                if (!isFree(places.host(pod), use.getValue())) {
                    return Optional.of("port " + use.getValue() + " (" + use.getKey() + " of pod " + pod + ") is taken: choose others with --port");
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            // A connection of an earlier process that lingers in TIME_WAIT is no obstacle to the servers either.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
