package io.regroup.bench;

import io.regroup.local.Places;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.awaitility.Awaitility;

/**
 * A network namespace for each pod, and between them a switch that is a thread of this process: what goes from one pod to another
 * comes late, and some of it never. A kernel without netem cannot do that by itself. Each cable is a tun device whose other end
 * {@code socat} carries here over UDP, one packet a datagram. Needs root, {@code ip} and {@code socat}.
 */
final class VirtualNetwork implements Places, AutoCloseable {

    private static final String NETWORK = "10.77.0.";
    private static final int MTU = 1500;
    /** This process's own place: what goes there or comes from there is neither late nor lost. */
    private static final int HERE = 254;

    private record Parcel(long due, long number, ByteBuffer packet, InetSocketAddress to) implements Comparable<Parcel> {
        @Override
        public int compareTo(Parcel other) {
            return due == other.due ? Long.compare(number, other.number) : Long.compare(due, other.due);
        }
    }

    private final String name = "rg" + ProcessHandle.current().pid() % 1_000_000;
    private final List<Integer> namespaces = new ArrayList<>();
    private final List<Process> cables = new ArrayList<>();
    private final Map<Integer, InetSocketAddress> ends = new HashMap<>();
    private final DatagramChannel channel;
    private final Random random = new Random();
    private final LongAdder carried = new LongAdder();
    private final LongAdder lost = new LongAdder();
    private final Thread thread = Thread.ofPlatform().daemon().name("switch").unstarted(this::carry);
    private volatile long delayNs;
    private volatile double loss;
    private volatile boolean closed;

    VirtualNetwork(int pods) throws IOException {
        channel = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        channel.configureBlocking(false);
        try {
            for (int pod = 1; pod <= pods; pod++) {
                plug(pod);
                Shell.run("ip netns add " + namespace(pod));
                namespaces.add(pod);
                Shell.run("ip link set " + device(pod) + " netns " + namespace(pod));
                Shell.run("ip -n " + namespace(pod) + " link set lo up");
                Shell.run("ip -n " + namespace(pod) + " addr add " + host(pod) + "/24 dev " + device(pod));
                Shell.run("ip -n " + namespace(pod) + " link set " + device(pod) + " mtu " + MTU + " up");
            }
            plug(HERE);
            Shell.run("ip addr add " + host(HERE) + "/24 dev " + device(HERE));
            Shell.run("ip link set " + device(HERE) + " mtu " + MTU + " up");
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
        thread.start();
    }

    /** From now on between any two pods, each way. */
    void disturb(Duration delay, double share) {
        delayNs = delay.toNanos();
        loss = share;
    }

    long carried() {
        return carried.sum();
    }

    long lost() {
        return lost.sum();
    }

    @Override
    public String host(int pod) {
        return NETWORK + pod;
    }

    @Override
    public List<String> enter(int pod) {
        return List.of("ip", "netns", "exec", namespace(pod));
    }

    private String namespace(int pod) {
        return name + "-" + pod;
    }

    private String device(int pod) {
        return name + "-" + pod;
    }

    private void plug(int pod) throws IOException {
        int port;
        try (DatagramSocket free = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ends.put(pod, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        int here = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        cables.add(new ProcessBuilder("socat", "-b", "4096", "TUN,tun-name=" + device(pod) + ",tun-type=tun,iff-no-pi",
            "UDP4:127.0.0.1:" + here + ",bind=127.0.0.1:" + port).inheritIO().start());
        Path there = Path.of("/sys/class/net", device(pod));
        Awaitility.await("the device " + device(pod) + " (this needs root and socat)").atMost(Duration.ofSeconds(10)).until(() -> Files.exists(there));
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
        if (end == null) {
            return;
        }
        boolean ours = from == HERE || to == HERE;
        if (!ours) {
            carried.increment();
            if (random.nextDouble() < loss) {
                lost.increment();
                return;
            }
        }
        late.add(new Parcel(System.nanoTime() + (ours ? 0 : delayNs), number, packet, end));
    }

    /** What runs there has to be ended first. */
    @Override
    public void close() {
        closed = true;
        cables.forEach(Process::destroyForcibly);
        namespaces.forEach(pod -> Shell.run("ip netns delete " + namespace(pod)));
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
