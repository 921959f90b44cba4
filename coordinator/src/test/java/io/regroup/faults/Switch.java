package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a switch does, as a thread of this process: packets come in as datagrams, and go out where their address says; late, or never,
 * where a test wants that. A place is the last byte of an IPv4 address.
 */
final class Switch implements AutoCloseable {

    private static final int TCP = 6;
    private static final int NETWORKS = 256;
    private static final int PORT = 7700;

    private record Parcel(long due, long number, ByteBuffer packet, InetSocketAddress to) implements Comparable<Parcel> {
        @Override
        public int compareTo(Parcel other) {
            return due == other.due ? Long.compare(number, other.number) : Long.compare(due, other.due);
        }
    }

    /** Nothing goes this way. @param ports where it is TCP from or to one of these; empty: nothing at all */
    record Cut(Set<Integer> from, Set<Integer> to, Set<Integer> ports) {

        private boolean drops(int source, int target, ByteBuffer packet) {
            return from.contains(source) && to.contains(target) && (ports.isEmpty() || isTo(ports, packet));
        }

        private static boolean isTo(Set<Integer> ports, ByteBuffer packet) {
            int header = (packet.get(0) & 0xf) * 4;
            return packet.get(9) == TCP && packet.limit() >= header + 4
                && (ports.contains(packet.getShort(header) & 0xffff) || ports.contains(packet.getShort(header + 2) & 0xffff));
        }
    }

    private final int here;
    private final int number;
    private final DatagramChannel channel;
    private final Map<Integer, InetSocketAddress> ends = new ConcurrentHashMap<>();
    private final List<Cut> cuts = new CopyOnWriteArrayList<>();
    private final Random random = new Random();
    private final LongAdder carried = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final Thread thread = Thread.ofPlatform().daemon().name("switch").unstarted(this::carry);
    private volatile long delayNs;
    private volatile double loss;
    private volatile boolean closed;

    /** @param here the place whose packets are neither late nor lost */
    Switch(int here) throws IOException {
        this.here = here;
        channel = DatagramChannel.open();
        number = bind();
        channel.configureBlocking(false);
    }

    /** Who has the address has the number, until its process ends. */
    private int bind() throws IOException {
        for (int free = 0; free < NETWORKS; free++) {
            try {
                channel.bind(new InetSocketAddress("127.77." + free + ".1", PORT));
                return free;
            } catch (BindException e) {
                // Another network of this machine has this number.
            }
        }
        throw new IOException("all " + NETWORKS + " numbers are in use");
    }

    /** No other network of this machine has it. */
    int number() {
        return number;
    }

    InetSocketAddress address() throws IOException {
        return (InetSocketAddress) channel.getLocalAddress();
    }

    /** Packets to this place go there. */
    void plug(int place, InetSocketAddress end) {
        ends.put(place, end);
    }

    void start() {
        thread.start();
    }

    void disturb(Duration delay, double share) {
        delayNs = delay.toNanos();
        loss = share;
    }

    void cut(Cut cut) {
        cuts.add(cut);
    }

    void mend(Cut cut) {
        cuts.remove(cut);
    }

    long carried() {
        return carried.sum();
    }

    long lost() {
        return lost.sum();
    }

    private void carry() {
        PriorityQueue<Parcel> late = new PriorityQueue<>();
        long number = 0;
        try (Selector selector = Selector.open()) {
            channel.register(selector, SelectionKey.OP_READ);
            while (!closed) {
                long wait = late.isEmpty() ? 1000 : TimeUnit.NANOSECONDS.toMillis(late.peek().due() - System.nanoTime());
                if (wait > 0) {
                    selector.select(wait);
                } else {
                    selector.selectNow();
                }
                selector.selectedKeys().clear();
                ByteBuffer packet = ByteBuffer.allocate(4096);
                while (channel.receive(packet) != null) {
                    packet.flip();
                    accept(packet, number++, late);
                    packet = ByteBuffer.allocate(4096);
                }
                while (!late.isEmpty() && late.peek().due() <= System.nanoTime()) {
                    Parcel parcel = late.poll();
                    channel.send(parcel.packet(), parcel.to());
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** IPv4 has the source's last byte at 15 and the destination's at 19; the rest is a host's talk to all. */
    private void accept(ByteBuffer packet, long number, PriorityQueue<Parcel> late) {
        if (packet.limit() < 20 || packet.get(0) >> 4 != 4) {
            return;
        }
        int from = packet.get(15) & 0xff;
        int to = packet.get(19) & 0xff;
        InetSocketAddress end = ends.get(to);
        if (end == null || cuts.stream().anyMatch(cut -> cut.drops(from, to, packet))) {
            return;
        }
        boolean ours = from == here || to == here;
        if (!ours) {
            carried.increment();
            if (random.nextDouble() < loss) {
                lost.increment();
                return;
            }
        }
        late.add(new Parcel(System.nanoTime() + (ours ? 0 : delayNs), number, packet, end));
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
