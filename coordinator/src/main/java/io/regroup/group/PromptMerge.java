package io.regroup.group;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
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
 *
 * <p>MERGE3 compares ids, and takes two views of one id for the same, whoever is in them. Here a leader that hears of its own id from somebody who
 * is not in its view, or who has other members in it, makes its view anew ({@link OneViewAtATime#renew}): then the ids differ. So that it hears,
 * each member tells it its view in every round and asks for the leader's, both in MERGE3's own messages. A member that is not in
 * the leader's view, and that no merge takes in, joins anew ({@link Stranded}).
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

    @Property(description = "How long this member waits for a merge while whoever leads its view has a view without it; then it joins anew",
        type = AttributeType.TIME)
    private long stranded_after = 30_000;

    private final AtomicBoolean planned = new AtomicBoolean();
    private final Set<Address> answered = ConcurrentHashMap.newKeySet();
    /** The answers of a comparison are collected in one place. */
    private final Lock comparing = new ReentrantLock();
    private final Stranded stranded = new Stranded();
    private volatile Runnable rejoin = () -> { };

    /** @param how joins the group anew; must not block */
    void whenStranded(Runnable how) {
        rejoin = how;
    }

    @Override
    public Object down(Event event) {
        // MERGE3 stops at the word of a view to come, and goes on when it is installed: where another one came first, never.
        if (event.getType() == Event.TMP_VIEW)
            return down_prot.down(event);
        Object result = super.down(event);
        if (event.getType() == Event.VIEW_CHANGE) {
            answered.clear();
            synchronized (stranded) {
                stranded.viewChanged();
            }
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
        if (!is_coord || own == null || own.containsMember(sender))
            return;
        if (isContested(own, sender, itsView)) {
            renew(own, sender + ", which is not in it, has a view of this id");
            return;
        }
        if (at != null && answered.add(sender))
            down_prot.down(new EmptyMessage(at).putHeader(getId(), createInfo()).setFlag(Message.TransientFlag.DONT_BLOCK));
        if (planned.compareAndSet(false, true)) {
            timer.schedule(this::compare, pause, TimeUnit.MILLISECONDS);
            timer.schedule(() -> planned.set(false), at_most_every, TimeUnit.MILLISECONDS);
        }
    }

    /** Whether somebody has another view of the same id: who is in a view has it with itself in it. */
    static boolean isContested(View own, Address sender, ViewId its) {
        return own.getViewId().equals(its) && !own.containsMember(sender);
    }

    /** Whether these are two views of one id. */
    static boolean isContested(View own, View its) {
        return own.getViewId().equals(its.getViewId()) && !View.sameMembersOrdered(own, its);
    }

    private void renew(View contested, String why) {
        OneViewAtATime gms = stack.findProtocol(OneViewAtATime.class);
        if (gms != null)
            gms.renew(contested.getViewId(), why);
    }

    @Override
    protected Object handle(MergeHeader header, Message message) {
        // Only an answer, with the sender's view, has a content.
        if (message.getLength() > 0) {
            View its = readView(message.getArray(), message.getOffset(), message.getLength());
            if (its != null)
                told(message.getSrc(), its);
        }
        return super.handle(header, message);
    }

    private void told(Address sender, View its) {
        View own = view;
        if (own == null || sender.equals(local_addr))
            return;
        if (is_coord && isContested(own, its))
            renew(own, sender + " has a view of this id with other members: " + its.getMembers());
        if (!sender.equals(own.getCoord()))
            return;
        boolean isOut;
        synchronized (stranded) {
            isOut = stranded.told(its.containsMember(local_addr), TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), stranded_after);
        }
        if (isOut)
            rejoin.run();
    }

    /** Tells who leads our view which view that is, and asks for its own. */
    private void tellLeader() {
        View own = view;
        if (own == null || is_coord)
            return;
        Address leader = own.getCoord();
        down_prot.down(new BytesMessage(leader).setFlag(Message.TransientFlag.DONT_BLOCK)
            .putHeader(getId(), MergeHeader.createViewResponse()).setArray(marshal(own)));
        down_prot.down(new EmptyMessage(leader).setFlag(Message.TransientFlag.DONT_BLOCK).putHeader(getId(), MergeHeader.createViewRequest()));
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
            tellLeader();
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
