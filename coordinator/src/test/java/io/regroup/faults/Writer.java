package io.regroup.faults;

import io.regroup.model.Address;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A client of one server, as small as can be: what is measured with it is the server's time and not a client's. */
public final class Writer implements AutoCloseable {

    private static final int CONNECT_MS = 200;

    private final Address address;
    private final int timeoutMs;
    private Socket socket;
    private InputStream in;

    /** @param timeoutMs how long an answer may take */
    public Writer(Address address, int timeoutMs) {
        this.address = address;
        this.timeoutMs = timeoutMs;
    }

    /** Whether this server took the write; false when it refuses, is somebody's replica, or does not answer. */
    public boolean set(String key, String value) {
        return ask("SET " + key + " " + value).equals("+OK");
    }

    /** The answer's first line; empty when there is none. The next question uses a new connection then. */
    public String ask(String command) {
        return askAll(List.of(command)).getFirst();
    }

    /** The same for several commands that are sent together; without an answer to one there is none to those after it. */
    List<String> askAll(List<String> commands) {
        List<String> answers = new ArrayList<>();
        try {
            connect();
            socket.getOutputStream().write((String.join("\r\n", commands) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            while (answers.size() < commands.size()) {
                String answer = line();
                answers.add(answer.startsWith("$") && !answer.startsWith("$-") ? line() : answer);
            }
        } catch (IOException e) {
            close();
            answers.addAll(Collections.nCopies(commands.size() - answers.size(), ""));
        }
        return answers;
    }

    private void connect() throws IOException {
        if (socket == null) {
            socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_MS);
            socket.setSoTimeout(timeoutMs);
            in = new BufferedInputStream(socket.getInputStream());
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the server closed the connection");
            }
            line.append((char) c);
        }
        in.skipNBytes(1);
        return line.toString();
    }

    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone, and that is what was wanted.
            }
            socket = null;
        }
    }
}
