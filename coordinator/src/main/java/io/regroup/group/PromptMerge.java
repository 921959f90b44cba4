package io.regroup.group;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jgroups.Address;
import org.jgroups.EmptyMessage;
import org.jgroups.Event;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.View;
import org.jgroups.ViewId;
import org.jgroups.annotations.MBean;
import org.jgroups.annotations.Property;
import org.jgroups.conf.AttributeType;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.MERGE3;

/**
 * MERGE3, and who leads a view does not wait for the next round once it has heard of another one.
 *
 * <p>MERGE3 compares views every {@code check_interval}, and of all the leaders only one may begin the merge, in a round of its own: groups
 * that pods have begun apart, because none knew the others' addresses yet, stayed apart for 5 to 10 s on a busy machine. Here a leader
 * tells the others of a new view at once, answers the first word of another view with its own, and compares both a moment later. The
 * rounds go on as they were.
 */
@MBean(description = "Merges groups; a leader that hears of another one does not wait for the next round")
public final class PromptMerge extends MERGE3 {

    private static final short ID = 2119;

    static {
        ClassConfigurator.addProtocol(ID, PromptMerge.class);
    }

    @Property(description = "Time from the first word of another view, or from a new view of one's own, until something is done about it", type = AttributeType.TIME)
    private long pause = 200;

    @Property(description = "Time between two comparisons out of turn", type = AttributeType.TIME)
    private long at_most_every = 2000;

    private final AtomicBoolean planned = new AtomicBoolean();
    private final Set<Address> answered = ConcurrentHashMap.newKeySet();
    /** The answers of a comparison are collected in one place. */
    private final Lock comparing = new ReentrantLock();

    @Override
    public Object down(Event event) {
        Object result = super.down(event);
        if (event.getType() == Event.VIEW_CHANGE) {
            answered.clear();
            if (is_coord)
                timer.schedule(this::tell, pause, TimeUnit.MILLISECONDS);
        }
        return result;
    }

    private void tell() {
        if (is_coord)
            sendInfo();
    }

    @Override
    protected void addInfo(Address sender, ViewId itsView, String name, PhysicalAddress at) {
        super.addInfo(sender, itsView, name, at);
        View own = view;
        if (!is_coord || own == null || own.getViewId().equals(itsView) || own.containsMember(sender))
            return;
        if (at != null && answered.add(sender))
            down_prot.down(new EmptyMessage(at).putHeader(getId(), createInfo()).setFlag(Message.TransientFlag.DONT_BLOCK));
        if (planned.compareAndSet(false, true)) {
            timer.schedule(this::compare, pause, TimeUnit.MILLISECONDS);
            timer.schedule(() -> planned.set(false), at_most_every, TimeUnit.MILLISECONDS);
        }
    }

    private void compare() {
        if (is_coord && !isMergeRunning())
            new Comparison().run();
    }

    @Override
    protected synchronized void startViewConsistencyChecker() {
        if (!isViewConsistencyCheckerRunning())
            view_consistency_checker = timer.scheduleWithDynamicInterval(new Comparison());
    }

    private final class Comparison extends ViewConsistencyChecker {

        @Override
        public void run() {
            if (!comparing.tryLock())
                return;
            try {
                super.run();
            } finally {
                comparing.unlock();
            }
        }
    }
}
