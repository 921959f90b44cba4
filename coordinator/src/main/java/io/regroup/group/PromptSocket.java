package io.regroup.group;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jgroups.Address;
import org.jgroups.EmptyMessage;
import org.jgroups.annotations.MBean;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.FD_SOCK2;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.ByteArray;

/**
 * FD_SOCK2, and whom it knows to be gone does not wait for whom it asks next.
 *
 * <p>When the connection to the next member closes, FD_SOCK2 connects to the one after it first, and tells of both when that has come about or failed. That
 * a connect is refused, or closed before it is answered, it does not hear: it waits for its {@code connect_timeout} of 1 s. So two neighbours that died at once
 * were in the view a second longer than one. Here a closed connection is told at once, and who is asked is not waited for once its port refuses connections.
 */
@MBean(description = "Suspects the next member as soon as its connection closes, and the one after it as soon as that one's port refuses connections")
public final class PromptSocket extends FD_SOCK2 {

    /** Who lives has answered by then, as a rule. In ms. */
    private static final int FIRST_LOOK = 20;
    /** In ms. */
    private static final int LOOK_AGAIN = 50;

    /** Who is asked for a connection; null: nobody is. */
    private volatile IpAddress asked;

    public PromptSocket() {
        // Members with FD_SOCK2 itself are told too.
        setId(ClassConfigurator.getProtocolId(FD_SOCK2.class));
    }

    @Override
    protected void connectToNextPingDest(Address suspect) {
        if (suspect != null)
            broadcastSuspectMessage(List.of(suspect));
        super.connectToNextPingDest(null);
    }

    @Override
    protected boolean connectTo(IpAddress to, Address member) {
        asked = to;
        Future<?> looks = timer.scheduleWithFixedDelay(() -> look(to), FIRST_LOOK, LOOK_AGAIN, TimeUnit.MILLISECONDS, true);
        try {
            return super.connectTo(to, member);
        } finally {
            looks.cancel(false);
            asked = null;
        }
    }

    private void look(IpAddress to) {
        if (Refusal.of(new InetSocketAddress(to.getIpAddress(), to.getPort()), LOOK_AGAIN) && to.equals(asked))
            endWait(to);
    }

    /** As if this one had answered that it is somebody else. */
    private void endWait(IpAddress peer) {
        try {
            ByteArray no = messageToBuffer(new EmptyMessage().setSrc(peer).putHeader(id, new FdHeader(FdHeader.CONNECT_RSP)));
            receive(peer, no.getArray(), no.getOffset(), no.getLength());
        } catch (Exception e) {
            log.warn("%s: the wait for %s goes on: %s", local_addr, peer, e);
        }
    }
}
