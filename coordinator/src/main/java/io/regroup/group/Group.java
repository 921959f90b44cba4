package io.regroup.group;

import io.regroup.model.View;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jgroups.Address;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.jmx.JmxConfigurator;
import org.jgroups.stack.Protocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This member's place in the group of coordinators: who else is there, and messages to them.
 *
 * <p>A message arrives once, and those of one sender in their order, as long as both are in the same view; to a member that is
 * lost at that moment it may not arrive at all. The JGroups channel and its protocols are in JMX under {@code jgroups:*}
 * while the group is joined.
 *
 * <p>All methods may be called from any thread.
 */
public final class Group implements AutoCloseable {

    /**
     * What a member hears. Called on JGroups' threads, also before {@link #join} has returned: a callback must never block, and
     * never wait for anything that another member answers. An exception is logged and goes no further.
     */
    public interface Listener {

        /** The membership changed. Views come one after the other, in the order in which they were installed. */
        void viewChanged(View view);

        /** A message came. @param from the sender's name, perhaps of one that left meanwhile; perhaps our own */
        void received(String from, byte[] payload);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Group.class);
    private static final long REJOIN_PAUSE_MS = 2000;

    private final GroupSettings settings;
    private final Listener listener;
    private final JChannel channel;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean rejoining = new AtomicBoolean();
    private volatile Membership membership;
    private boolean registered;

    private Group(GroupSettings settings, Listener listener, JChannel channel) {
        this.settings = settings;
        this.listener = listener;
        this.channel = channel;
    }

    /**
     * Joins the group, or starts it when nobody answers. Returns when this member is in a view: typically after a second, and
     * after some seconds if the API server does not answer (then alone: others are found later).
     *
     * @throws GroupException if it cannot, say because a port is taken; nothing stays behind
     */
    public static Group join(GroupSettings settings, Listener listener) throws GroupException {
        // JGroups names neither the port nor the reason when it cannot listen.
        requireFree(settings.bindAddress(), settings.port(), "the group's port");
        requireFree(settings.bindAddress(), settings.port() + GroupSettings.FAILURE_DETECTION_OFFSET, "the port of the group's failure detection");
        JChannel channel = Stack.channel(settings);
        Group group = new Group(settings, listener, channel);
        try {
            channel.setName(settings.self());
            // Each time that it joins: one that joins anew is newer than itself before.
            channel.addAddressGenerator(() -> MemberAddress.create(settings.self(), System.currentTimeMillis()));
            channel.setReceiver(group.new Upcalls());
            group.protocol(PromptMerge.class).ifPresent(merge -> merge.whenStranded(group::rejoin));
            channel.connect(settings.name());
        } catch (Exception e) {
            channel.close();
            throw new GroupException("the group " + settings.name() + " cannot be joined from " + settings.bindAddress() + ":"
                + settings.port() + ": " + Causes.sentence(e), e);
        }
        group.register();
        return group;
    }

    private static void requireFree(String address, int port, String what) throws GroupException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);   // as JGroups does: connections of a predecessor that linger are no obstacle
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
        } catch (IOException e) {
            throw new GroupException("cannot listen on " + address + ":" + port + " (" + what + "): " + Causes.sentence(e), e);
        }
    }

    /** The membership as last heard. */
    public View view() {
        return membership.view();
    }

    /** Sends to one member, ourselves included; does not wait. A message to one that is not in the view is dropped. */
    public void send(String to, byte[] payload) {
        Optional<Address> address = membership.address(to);
        if (address.isPresent())
            deliver(address.get(), payload);
        else
            LOG.debug("dropped a message to {}, which is not in the view", to);
    }

    /** Sends to all members, ourselves included; does not wait. */
    public void broadcast(byte[] payload) {
        deliver(null, payload);
    }

    private void deliver(Address to, byte[] payload) {
        try {
            channel.send(to, payload);
        } catch (Exception e) {
            // Only a channel that is being closed refuses; what cannot be delivered JGroups drops by itself.
            LOG.debug("dropped a message to {}: {}", to == null ? "all" : to, Causes.sentence(e));
        }
    }

    /**
     * Lets the leader make a view of the same members with a new id: all learn again who is in the view, and whoever has another view of the
     * old id is found. Nobody is excluded by it. Does not wait; does nothing where another member leads.
     *
     * @param why for the log
     */
    public void renewView(String why) {
        protocol(OneViewAtATime.class).ifPresent(views -> views.renew(views.getViewId(), why));
    }

    /** How well others can be found. */
    public DiscoveryStatus discovery() {
        int hosts = settings.discovery() instanceof Discovery.Static given ? given.hosts().size() : 0;
        return protocol(CachingKubePing.class).map(CachingKubePing::status)
            .orElseGet(() -> new DiscoveryStatus(0, Optional.empty(), hosts, Optional.empty(), Optional.empty()));
    }

    /** Empty where the stack is of somebody's own making. */
    private <T extends Protocol> Optional<T> protocol(Class<T> type) {
        return Optional.ofNullable(channel.getProtocolStack().findProtocol(type));
    }

    /** Leaves and joins again: the group's leader has a view without us, and merges have not ended that. */
    private void rejoin() {
        if (!closed.get() && rejoining.compareAndSet(false, true))
            Thread.ofPlatform().daemon().name("rejoin").start(this::joinAnew);
    }

    private void joinAnew() {
        try {
            LOG.warn("joins the group anew: {} leads this member's view {}, and has one without it", membership.view().members().getFirst(), membership.view());
            channel.disconnect();
            while (!closed.get()) {
                try {
                    channel.connect(settings.name());
                    return;
                } catch (Exception e) {
                    if (!closed.get())
                        LOG.warn("the group cannot be joined: {}", Causes.sentence(e));
                    TimeUnit.MILLISECONDS.sleep(REJOIN_PAUSE_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            rejoining.set(false);
        }
    }

    /** Leaves the group: the others have a view without us at once. May be called more than once. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true))
            return;
        unregister();
        channel.close();
    }

    /** For tests, which put losses between members. */
    JChannel channel() {
        return channel;
    }

    /** The first group of its name in this JVM is the one that JMX shows; a product's JVM has one. */
    private void register() {
        synchronized (Group.class) {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            try {
                if (server.isRegistered(new ObjectName("jgroups:type=channel,cluster=" + ObjectName.quote(settings.name()))))
                    return;
                JmxConfigurator.registerChannel(channel, server, settings.name());
                registered = true;
            } catch (Exception e) {
                LOG.warn("the group is not visible in JMX: {}", Causes.sentence(e));
            }
        }
    }

    private void unregister() {
        synchronized (Group.class) {
            if (!registered)
                return;
            registered = false;
            try {
                JmxConfigurator.unregisterChannel(channel, ManagementFactory.getPlatformMBeanServer(), settings.name());
            } catch (Exception e) {
                LOG.debug("the group could not be taken out of JMX: {}", Causes.sentence(e));
            }
        }
    }

    private final class Upcalls implements Receiver {

        @Override
        public void viewAccepted(org.jgroups.View view) {
            try {
                membership = Membership.of(view, settings.self());
                listener.viewChanged(membership.view());
            } catch (RuntimeException e) {
                LOG.error("a change of the view failed: {}", view, e);
            }
        }

        @Override
        public void receive(Message message) {
            try {
                Address sender = message.getSrc();
                Membership current = membership;
                if (current != null && current.outdated(sender)) {
                    LOG.debug("dropped a message of an earlier incarnation of {}", MemberAddress.name(sender));
                    return;
                }
                byte[] payload = message.getArray() == null ? new byte[0]
                    : Arrays.copyOfRange(message.getArray(), message.getOffset(), message.getOffset() + message.getLength());
                listener.received(MemberAddress.name(sender), payload);
            } catch (RuntimeException e) {
                LOG.error("a message of {} failed", message.getSrc(), e);
            }
        }
    }
}
