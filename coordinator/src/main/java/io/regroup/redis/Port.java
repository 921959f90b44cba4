package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.model.Probe;
import io.regroup.model.Seat;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Tries a port: the evidence of S3, and half of the proof of S2. */
public final class Port {

    private Port() {
    }

    /**
     * A server that answers anything to PING (an error too) answers; a refused connection (RST) shows that the host is there and no
     * process listens; all else is silence.
     */
    public static Probe probe(Address address, int timeoutMs) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host(), address.port()), timeoutMs);
            socket.setSoTimeout(timeoutMs);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return in.read() >= 0 ? Probe.ANSWERS : Probe.SILENT;
        } catch (ConnectException e) {
            return isRefused(e) ? Probe.REFUSES : Probe.SILENT;
        } catch (IOException e) {
            return Probe.SILENT;
        }
    }

    /** Whether nobody listens there, for ports that speak another protocol. */
    public static boolean refuses(Address address, int timeoutMs) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host(), address.port()), timeoutMs);
            return false;
        } catch (ConnectException e) {
            return isRefused(e);
        } catch (IOException e) {
            return false;
        }
    }

    /** The proof that needs no API server (S2): both ports of a member's pod refuse, so neither of its processes is there. */
    public static Optional<String> bothRefuse(String member, Seat seat, int timeoutMs) {
        return refuses(seat.redis(), timeoutMs) && refuses(seat.group(), timeoutMs)
            ? Optional.of("both ports of " + member + " refuse connections, so its processes have ended") : Optional.empty();
    }

    private static boolean isRefused(ConnectException e) {
        return e.getMessage() != null && e.getMessage().contains("refused");
    }
}
