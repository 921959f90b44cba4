package io.regroup.group;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Addresses of a test's own: a network 127.a.b.0 and a port that is free there. Members differ in the last number, as pods do. */
record Loopback(String prefix, int port) {

    static Loopback pick() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int attempt = 0; attempt < 100; attempt++) {
            // Below the range that the kernel takes ports of outgoing connections from.
            Loopback loopback = new Loopback("127." + random.nextInt(1, 250) + "." + random.nextInt(250) + ".", random.nextInt(10_000, 30_000));
            if (loopback.free(1, loopback.port) && loopback.free(1, loopback.port + GroupSettings.FAILURE_DETECTION_OFFSET))
                return loopback;
        }
        throw new IllegalStateException("no free port found");
    }

    private boolean free(int member, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(ip(member)), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    String ip(int member) {
        return prefix + member;
    }

    List<String> hosts(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(member -> ip(member) + "[" + port + "]").toList();
    }
}
