package io.regroup.local;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One of the 16 million loopback addresses, drawn: who starts beside others shares no port with them. Between the look at ports that are free
 * and the start of whoever is to have them lie seconds, in which another test's servers have found them free too.
 */
public final class OwnLoopback implements Places {

    private final String host = address();

    /** Another one each time, and never 127.0.0.1. */
    public static String address() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "127." + random.nextInt(1, 255) + "." + random.nextInt(255) + "." + random.nextInt(1, 255);
    }

    @Override
    public String host(int pod) {
        return host;
    }

    @Override
    public List<String> enter(int pod) {
        return List.of();
    }
}
