package io.regroup.group;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jgroups.Address;
import org.jgroups.View;
import org.jgroups.protocols.PerDestinationBundler;

/**
 * A sender per destination, and none for destinations that are gone.
 *
 * <p>JGroups' own lets go of the members that left the view, but not of what it never saw in one: the IP addresses that
 * discovery asks. Every pod that ever was would keep a thread and its buffers. Here a change of the view lets go of all
 * that are not members; discovery makes those it needs anew.
 */
public final class ForgettingBundler extends PerDestinationBundler {

    /** A full buffer, in bytes. Set here, since the transport sizes its streams by it before it reads the XML's value. */
    private static final int BUFFER = 8192;

    public ForgettingBundler() {
        max_size = BUFFER;
    }

    @Override
    public void viewChange(View view) {
        super.viewChange(view);
        // Later, as what was just sent to one that left or has not joined yet (a leave's or join's answer) may still be queued.
        transport.getTimer().schedule(this::forgetNonMembers, remove_delay, TimeUnit.MILLISECONDS);
    }

    private void forgetNonMembers() {
        List<Address> current = members;
        removeLeftMembers(dests.keySet().stream().filter(dest -> dest != NULL && !current.contains(dest)).toList());
    }
}
