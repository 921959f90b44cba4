package io.regroup.group;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jgroups.Address;
import org.jgroups.Event;
import org.jgroups.annotations.MBean;
import org.jgroups.annotations.ManagedAttribute;
import org.jgroups.annotations.Property;
import org.jgroups.conf.AttributeType;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.stack.IpAddress;

/**
 * Checks a suspicion as VERIFY_SUSPECT2 does, and does not wait for an answer from a process that is gone.
 *
 * <p>A suspect whose port refuses connections twice has no listening socket: the kernel keeps accepting for a process that
 * is paused, throttled or collecting garbage, and refuses only when there is none. Such a suspect is passed on at once
 * instead of after one to two timeouts. Every other outcome (accepted, no answer, no route) proves nothing, and the
 * ordinary check goes on.
 *
 * <p>A process that was paused itself has heard nobody meanwhile, and those that have excluded it answer none of its questions.
 * It excludes only whose port refuses connections until the groups have had time to merge: else it would come to the merge with
 * half a group of its own.
 */
@MBean(description = "Checks suspicions; a suspect whose port refuses connections is not waited for")
public final class VerifyingSuspect extends VERIFY_SUSPECT2 {

    private static final short ID = 2118;

    static {
        ClassConfigurator.addProtocol(ID, VerifyingSuspect.class);
    }

    @Property(description = "How long a connect to a suspect's port may take", type = AttributeType.TIME)
    private int connect_timeout = 150;

    @Property(description = "Time between the two connects", type = AttributeType.TIME)
    private int connect_pause = 10;

    @Property(description = "A pause of this process that the others take for its end", type = AttributeType.TIME)
    private int own_pause = 1500;

    @Property(description = "How long after a pause of its own this process excludes nobody for not answering", type = AttributeType.TIME)
    private int after_pause = 10_000;

    private static final int TICK = 200;

    /** In ns. */
    private volatile long tickedAt = System.nanoTime();
    private volatile long wokeAt = tickedAt - TimeUnit.DAYS.toNanos(1);
    private volatile Future<?> ticks;

    @ManagedAttribute(description = "Number of suspects whose port refused connections", type = AttributeType.SCALAR)
    private final LongAdder refused = new LongAdder();

    @Override
    public void start() throws Exception {
        super.start();
        tickedAt = System.nanoTime();
        ticks = timer.scheduleAtFixedRate(this::tick, TICK, TICK, TimeUnit.MILLISECONDS, false);
    }

    @Override
    public void stop() {
        Future<?> running = ticks;
        if (running != null)
            running.cancel(false);
        super.stop();
    }

    private void tick() {
        long now = System.nanoTime();
        if (now - tickedAt > TimeUnit.MILLISECONDS.toNanos(own_pause))
            wokeAt = now;
        tickedAt = now;
    }

    /** How much longer nobody is excluded for not answering, in ms; 0 or less: not at all. */
    private long patience() {
        tick();
        return after_pause - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - wokeAt);
    }

    @Override
    protected void verifySuspect(Collection<Address> members) {
        if (members == null)
            return;
        long patience = patience();
        if (patience > 0) {
            log.debug("%s: was paused itself: suspicion of %s waits %d ms", local_addr, members, patience);
            List<Address> suspects = List.copyOf(members);
            timer.schedule(() -> verifySuspect(suspects), patience, TimeUnit.MILLISECONDS);
        } else {
            super.verifySuspect(members);
        }
        for (Address member : members) {
            Object address = down_prot.down(new Event(Event.GET_PHYSICAL_ADDRESS, member));
            if (address instanceof IpAddress ip)
                timer.execute(() -> connect(member, new InetSocketAddress(ip.getIpAddress(), ip.getPort()), false, patience > 0));
        }
    }

    private void connect(Address member, InetSocketAddress to, boolean again, boolean unlisted) {
        if (!refuses(to))
            return;
        if (!again)
            timer.schedule(() -> connect(member, to, true, unlisted), connect_pause, TimeUnit.MILLISECONDS);
        else if (unlisted || removeSuspect(member)) {   // false: it has answered or was excluded meanwhile
            refused.increment();
            log.debug("%s: %s refuses connections: it has ended", local_addr, member);
            up_prot.up(new Event(Event.SUSPECT, List.of(member)));
        }
    }

    private boolean refuses(InetSocketAddress to) {
        try (Socket socket = new Socket()) {
            socket.connect(to, connect_timeout);
            return false;
        } catch (ConnectException e) {
            // "No route to host" and a time-out inside the kernel come as the same class or its subclasses.
            return e.getClass() == ConnectException.class && String.valueOf(e.getMessage()).contains("refused");
        } catch (IOException e) {
            return false;
        }
    }
}
