package io.regroup.redis;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.model.Address;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A client of a cluster that does what it is told: follows MOVED and remembers it, follows ASK for once, and comes again after TRYAGAIN.
 * Texts are bytes, one a char.
 */
public final class Redirected implements AutoCloseable {

    private static final int REDIRECTIONS = 200;
    private static final long TRYAGAIN_NS = 1_000_000;

    private record Connection(Socket socket, InputStream in, OutputStream out) {
    }

    /** The server refused, and it was no redirection. */
    public static final class Refused extends RuntimeException {
        private Refused(String words) {
            super(words);
        }
    }

    private final Supplier<List<Address>> seeds;
    private final Map<Address, Connection> connections = new HashMap<>();
    private final Map<Integer, Address> owners = new HashMap<>();
    private int asked;
    private int moved;
    private int gone;

    public Redirected(Address seed) {
        this(() -> List.of(seed));
    }

    /** @param seeds who is there now: whoever knows nobody better begins with the first of them, and tries the next when that one is gone */
    public Redirected(Supplier<List<Address>> seeds) {
        this.seeds = seeds;
    }

    /** Who is asked for a slot of which nothing is known. */
    private Address seed() {
        List<Address> all = seeds.get();
        return all.get(gone % all.size());
    }

    /** How often it was sent on by ASK: else no slot was open when it came. */
    public int asked() {
        return asked;
    }

    public int moved() {
        return moved;
    }

    /** One command whose first key is its second word. @return a text, a number as text, null, or a list of these */
    public Object call(String... words) {
        int slot = SlotHash.getSlot(words[1].getBytes(StandardCharsets.ISO_8859_1));
        Address at = owners.getOrDefault(slot, seed());
        boolean asking = false;
        for (int i = 0; i < REDIRECTIONS; i++) {
            Object reply;
            try {
                if (asking) {
                    ask(at, "ASKING");
                }
                reply = ask(at, words);
            } catch (UncheckedIOException e) {
                // Its process has ended. What it knew of is asked of another.
                at = leave(at, e);
                asking = false;
                continue;
            }
            asking = false;
            if (!(reply instanceof Refused refused)) {
                return reply;
            }
            String[] said = refused.getMessage().split(" ");
            switch (said[0]) {
                case "MOVED" -> {
                    moved++;
                    at = Address.parse(said[2]);
                    owners.put(slot, at);
                }
                case "ASK" -> {
                    asked++;
                    at = Address.parse(said[2]);
                    asking = true;
                }
                case "TRYAGAIN" -> {
                    LockSupport.parkNanos(TRYAGAIN_NS);
                    at = owners.getOrDefault(slot, seed());
                }
                default -> throw refused;
            }
        }
        throw new IllegalStateException("sent round in a circle: " + words[0] + " to slot " + slot);
    }

    private Address leave(Address at, UncheckedIOException why) {
        connections.remove(at);
        owners.values().removeIf(at::equals);
        gone++;
        if (seeds.get().equals(List.of(at))) {
            throw why;
        }
        LockSupport.parkNanos(TRYAGAIN_NS);
        return seed();
    }

    /** Asks this one node, whatever it says. @return as {@link #call}, or a {@link Refused} */
    public Object ask(Address at, String... words) {
        try {
            Connection connection = connections.computeIfAbsent(at, Redirected::connect);
            StringBuilder line = new StringBuilder("*" + words.length + "\r\n");
            for (String word : words) {
                line.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
            }
            connection.out.write(line.toString().getBytes(StandardCharsets.ISO_8859_1));
            connection.out.flush();
            return read(connection.in);
        } catch (IOException e) {
            throw new UncheckedIOException(at.toString(), e);
        }
    }

    private static Connection connect(Address at) {
        try {
            Socket socket = new Socket(at.host(), at.port());
            socket.setTcpNoDelay(true);
            return new Connection(socket, new BufferedInputStream(socket.getInputStream()), new BufferedOutputStream(socket.getOutputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(at.toString(), e);
        }
    }

    private static Object read(InputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '-' -> new Refused(rest);
            case '$' -> {
                if (rest.equals("-1")) {
                    yield null;
                }
                byte[] bytes = in.readNBytes(Integer.parseInt(rest));
                in.skipNBytes(2);
                yield new String(bytes, StandardCharsets.ISO_8859_1);
            }
            case '*' -> {
                List<Object> items = new ArrayList<>();
                for (int i = Integer.parseInt(rest); i > 0; i--) {
                    items.add(read(in));
                }
                yield items;
            }
            default -> rest;
        };
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            line.append((char) c);
        }
        in.skipNBytes(1);
        return line.toString();
    }

    @Override
    public void close() {
        for (Connection connection : connections.values()) {
            try {
                connection.socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        connections.clear();
    }
}
