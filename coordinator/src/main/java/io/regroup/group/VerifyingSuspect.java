package io.regroup.group;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Collection;
import java.util.List;
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

    @ManagedAttribute(description = "Number of suspects whose port refused connections", type = AttributeType.SCALAR)
    private final LongAdder refused = new LongAdder();

    @Override
    protected void verifySuspect(Collection<Address> members) {
        super.verifySuspect(members);
        if (members == null)
            return;
        for (Address member : members) {
            Object address = down_prot.down(new Event(Event.GET_PHYSICAL_ADDRESS, member));
            if (address instanceof IpAddress ip)
                timer.execute(() -> connect(member, new InetSocketAddress(ip.getIpAddress(), ip.getPort()), false));
        }
    }

    private void connect(Address member, InetSocketAddress to, boolean again) {
        if (!refuses(to))
            return;
        if (!again)
            timer.schedule(() -> connect(member, to, true), connect_pause, TimeUnit.MILLISECONDS);
        else if (removeSuspect(member)) {   // false: it has answered or was excluded meanwhile
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
