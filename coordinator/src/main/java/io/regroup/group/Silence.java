package io.regroup.group;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.ConnectException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says why a member is alone although there are other pods: most often a NetworkPolicy or a service mesh that keeps the
 * group's ports closed, which otherwise looks like a group that just does not form.
 */
final class Silence {

    private static final Logger LOG = LoggerFactory.getLogger(Silence.class);

    /** How long nobody must have answered, in milliseconds: two rounds of MERGE3, and a JVM that starts beside us. */
    static final long PATIENCE = 8_000;
    private static final int CONNECT_TIMEOUT = 300;
    private static final int ASKED_AT_MOST = 5;

    private boolean silent;
    private long since;
    private Optional<String> reason = Optional.empty();

    /** Somebody answered. */
    synchronized void broken() {
        silent = false;
        if (reason.isPresent())
            LOG.info("another member answers now");
        reason = Optional.empty();
    }

    /**
     * Nobody is in our view but ourselves. Connects to some of the others once they have been silent for long enough, so it may
     * take a second or two.
     *
     * @param now    milliseconds
     * @param others the other pods' IPs
     */
    void look(long now, List<String> others, int port) {
        synchronized (this) {
            if (!silent || others.isEmpty()) {
                silent = !others.isEmpty();
                since = now;
                return;
            }
            if (now - since < PATIENCE || reason.isPresent())
                return;
        }
        String found = diagnose(others, port);
        synchronized (this) {
            if (!silent || reason.isPresent())
                return;
            reason = Optional.of(found);
        }
        LOG.warn("alone for {} s: {}", PATIENCE / 1000, found);
    }

    synchronized Optional<String> reason() {
        return reason;
    }

    private static String diagnose(List<String> others, int port) {
        int accepted = 0;
        int refused = 0;
        List<String> asked = others.stream().limit(ASKED_AT_MOST).toList();
        for (String ip : asked) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(ip, port), CONNECT_TIMEOUT);
                accepted++;
            } catch (ConnectException e) {
                refused++;
            } catch (IOException e) {
                // No answer at all: what remains.
            }
        }
        String ports = "port " + port + " (and " + (port + GroupSettings.FAILURE_DETECTION_OFFSET) + ", which is needed as well)";
        if (accepted > 0)
            return "pods " + asked + " accept connections on " + ports + " but do not answer as members of this group: they belong to another"
                + " group with the same labels, or a service mesh takes the connections";
        if (refused > 0)
            return "pods " + asked + " refuse connections on " + ports + ": their coordinators do not run, or a network policy rejects us";
        return "pods " + asked + " do not answer on " + ports + ": a network policy or a service mesh may block it";
    }
}
