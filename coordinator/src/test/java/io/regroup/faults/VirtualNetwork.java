package io.regroup.faults;

import io.regroup.local.Places;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;

/**
 * A network namespace for each pod, and a {@link Switch} between them. A kernel without netem and without iptables' modules cannot do
 * by itself what this does. Each cable is a tun device whose other end {@code socat} carries here over UDP, one packet a datagram.
 * Needs root, {@code ip} and {@code socat}.
 */
public final class VirtualNetwork implements Places, AutoCloseable {

    private static final String NETWORKS = "10.77.";
    private static final int MTU = 1500;
    /** This process's own place: what goes there or comes from there is neither late nor lost. */
    static final int HERE = 254;

    private final String name = "rg" + ProcessHandle.current().pid() % 1_000_000;
    private final List<Integer> namespaces = new ArrayList<>();
    private final List<Process> cables = new ArrayList<>();
    private final Switch middle = new Switch(HERE);
    /** A run that is interrupted leaves no namespaces and no cables behind either. */
    private final Thread atExit = Thread.ofPlatform().name("unplug").unstarted(this::unplug);
    private final String network = NETWORKS + middle.number() + ".";

    public VirtualNetwork(int pods) throws IOException {
        Runtime.getRuntime().addShutdownHook(atExit);
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
        middle.start();
    }

    /** From now on between any two pods, each way. */
    public void disturb(Duration delay, double share) {
        middle.disturb(delay, share);
    }

    /**
     * Nothing goes from these pods to those any more; the other way it does.
     *
     * @param ports only TCP from or to one of these is cut; empty: all is
     * @return mends it
     */
    Runnable cut(Set<Integer> from, Set<Integer> to, Set<Integer> ports) {
        Switch.Cut cut = new Switch.Cut(Set.copyOf(from), Set.copyOf(to), Set.copyOf(ports));
        middle.cut(cut);
        return () -> middle.mend(cut);
    }

    public long carried() {
        return middle.carried();
    }

    public long lost() {
        return middle.lost();
    }

    @Override
    public String host(int pod) {
        return network + pod;
    }

    /** As on Kubernetes: each pod has an address of its own, and all have the same ports. */
    @Override
    public int ports(int pod) {
        return 1;
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
        middle.plug(pod, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        cables.add(new ProcessBuilder("socat", "-b", "4096", "TUN,tun-name=" + device(pod) + ",tun-type=tun,iff-no-pi",
            "UDP4:" + middle.address().getAddress().getHostAddress() + ":" + middle.address().getPort() + ",bind=127.0.0.1:" + port).inheritIO().start());
        Path there = Path.of("/sys/class/net", device(pod));
        Awaitility.await("the device " + device(pod) + " (this needs root and socat)").atMost(Duration.ofSeconds(10)).until(() -> Files.exists(there));
    }

    /** What runs there has to be ended first. */
    @Override
    public void close() {
        unplug();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // It is the shutdown that ended the test, and the hook does the same.
            return;
        }
    }

    private void unplug() {
        middle.close();
        cables.forEach(Process::destroyForcibly);
        namespaces.forEach(pod -> Shell.run("ip netns delete " + namespace(pod)));
    }
}
