package io.regroup.group;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Whether a port refuses connections. Then no process listens there: the kernel keeps accepting for one that is paused, throttled or collecting garbage.
 */
final class Refusal {

    private Refusal() {
    }

    /** @param timeout how long to wait for an answer, in ms */
    static boolean of(InetSocketAddress to, int timeout) {
        try (Socket socket = new Socket()) {
            socket.connect(to, timeout);
            return false;
        } catch (ConnectException e) {
            // "No route to host" and a time-out inside the kernel come as the same class or its subclasses.
            return e.getClass() == ConnectException.class && String.valueOf(e.getMessage()).contains("refused");
        } catch (IOException e) {
            return false;
        }
    }
}
