package io.regroup.group;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.Event;
import org.jgroups.MergeView;
import org.jgroups.Message;
import org.jgroups.View;
import org.jgroups.ViewId;
import org.jgroups.annotations.MBean;
import org.jgroups.annotations.ManagedAttribute;
import org.jgroups.annotations.ManagedOperation;
import org.jgroups.conf.AttributeType;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.GmsImpl.Request;
import org.jgroups.protocols.pbcast.JoinRsp;
import org.jgroups.protocols.pbcast.MergeData;
import org.jgroups.protocols.pbcast.Merger;
import org.jgroups.util.Digest;
import org.jgroups.util.MergeId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GMS, whose coordinator makes one view at a time: a join waits for the merge that runs, and a merge for the join.
 *
 * <p>GMS suspends its queue of joins when a merge begins, but not the request that has left the queue already. The merge reads the number of
 * the coordinator's view, 4, and makes the view 5; the join makes a view 5 as well. Both have the same ViewId and other members. The
 * coordinator installs one of them; who gets the other one stays out for good, since MERGE3 compares ids. Worse, a coordinator that is
 * given the second one tells its stack of it (TMP_VIEW) and then does not install it: from then on what it says to all goes to the members of a
 * view that it never had, and its MERGE3 is stopped. So here
 * <ul>
 * <li>a request of the queue and a merge take turns;
 * <li>a view that cannot be installed is not announced, neither to the stack nor to others;
 * <li>a merge that was cancelled meanwhile sends no view.
 * </ul>
 *
 * <p>And since no cause of such views can be excluded for good (a coordinator may be stopped in the middle of a merge), the view can be made anew.
 *
 * <p>Members speak to each other with GMS' own number.
 */
@MBean(description = "Group membership; joins and merges take turns")
public final class OneViewAtATime extends GMS {

    private static final Logger LOG = LoggerFactory.getLogger(OneViewAtATime.class);
    /** When a suspicion or a leave that met a merge is looked at again, in ms. */
    private static final long AGAIN = 200;
    /** How long after its join a member may be unknown to whoever leads a merge, in ns: it asked for the views before. */
    private static final long NEW = TimeUnit.SECONDS.toNanos(10);

    /** Held by who makes a view, from reading the last one until the new one is installed. */
    private final ReentrantLock making = new ReentrantLock(true);

    /** When each member of the view came into it. */
    private final Map<Address, Long> cameAt = new ConcurrentHashMap<>();

    @ManagedAttribute(description = "Views that were made anew with the same members", type = AttributeType.SCALAR)
    private volatile int renewed;

    public OneViewAtATime() {
        setId(ClassConfigurator.getProtocolId(GMS.class));
    }

    /** In JMX it stands under the name by which it is known. */
    @Override
    public String getName() {
        return GMS.class.getSimpleName();
    }

    @Override
    public void init() throws Exception {
        super.init();
        merger = new InTurn(this);
    }

    /** Requests of the queue: joins, leaves and suspicions, or the beginning of a merge. */
    @Override
    protected void process(Collection<Request> requests) {
        making.lock();
        try {
            if (changesMembers(requests) && isMerging())
                putOff(requests);
            else
                super.process(requests);
        } finally {
            making.unlock();
        }
    }

    private static boolean changesMembers(Collection<Request> requests) {
        return requests.stream().anyMatch(request -> request.getType() != Request.MERGE && request.getType() != Request.COORD_LEAVE);
    }

    private boolean isMerging() {
        return merger.isMergeInProgress() || merger.isMergeTaskRunning();
    }

    /** As a suspended queue does; but who joins asks again, and whoever reports a dead member perhaps not. */
    private void putOff(Collection<Request> requests) {
        List<Request> kept = requests.stream().filter(request -> request.getType() == Request.LEAVE || request.getType() == Request.SUSPECT).toList();
        if (!kept.isEmpty())
            timer.schedule(() -> again(kept), AGAIN, TimeUnit.MILLISECONDS);
    }

    private void again(List<Request> kept) {
        if (isMerging())
            timer.schedule(() -> again(kept), AGAIN, TimeUnit.MILLISECONDS);
        else
            getViewHandler().add(kept);
    }

    /** For tests: whether somebody waits until a view is made. */
    boolean isWaitedFor() {
        return making.hasQueuedThreads();
    }

    @Override
    public void installView(View next, Digest digest) {
        super.installView(next, digest);
        View now = view;
        if (now != next)
            return;
        long at = System.nanoTime();
        cameAt.keySet().retainAll(now.getMembers());
        now.getMembers().forEach(member -> cameAt.putIfAbsent(member, at));
    }

    private List<Address> newMembers() {
        long now = System.nanoTime();
        return members.getMembers().stream().filter(member -> now - cameAt.getOrDefault(member, now) < NEW).toList();
    }

    @Override
    public void castViewChangeAndSendJoinRsps(View next, Digest digest, Collection<Address> acks, Collection<Address> joiners, JoinRsp answer) {
        making.lock();
        try {
            View before = view;
            if (before != null && next.getViewId().compareToIDs(before.getViewId()) <= 0) {
                LOG.info("view {} is dropped: {} is installed", next, before);
                return;
            }
            super.castViewChangeAndSendJoinRsps(next, digest, acks, joiners, answer);
            View installed = view;
            if (installed != null && installed != next)   // another coordinator's was faster: the stack was told of ours
                down_prot.down(new Event(Event.TMP_VIEW, installed));
        } finally {
            making.unlock();
        }
    }

    /**
     * Makes a view of the same members with a number of its own, and sends it in full: whoever has another view of the old number has another
     * number now, which MERGE3 sees; and all of a member's stack learns again who is in the view. Does not wait; only a coordinator's does
     * anything.
     *
     * <p>It says where each member's messages to all go on ({@code NAKACK2.mergeDigest}, which only a MergeView calls), and it goes to each member alone as
     * well, past the order of all other messages. A member that lacks a message which nobody keeps any more delivers nothing of that sender again, a view
     * neither; and one that gets a view with somebody whom it did not know waits for the first message that one ever sent ({@code adjustReceivers}).
     *
     * @param of  the view that this is about: another one is left alone
     * @param why for the log
     */
    void renew(ViewId of, String why) {
        timer.execute(() -> makeAnew(of, why));
    }

    private void makeAnew(ViewId of, String why) {
        making.lock();
        try {
            View now = view;
            if (now == null || !now.getViewId().equals(of) || !isCoord() || isMerging() || isLeaving())
                return;
            LOG.warn("view {} is made anew: {}", now, why);
            renewed++;
            View counted = getNextView(List.of(), List.of(), List.of());
            View next = new MergeView(counted.getViewId(), counted.getMembers(), List.of(now));
            Digest digest = (Digest) down_prot.down(Event.GET_DIGEST_EVT);
            castViewChangeAndSendJoinRsps(next, digest, next.getMembers(), null, null);
            if (view == next)
                next.getMembers().stream().filter(member -> !member.equals(local_addr)).forEach(member -> sendAlone(member, next, digest));
        } finally {
            making.unlock();
        }
    }

    private void sendAlone(Address member, View next, Digest digest) {
        down_prot.down(new BytesMessage(member).putHeader(getId(), new GmsHeader(GmsHeader.VIEW)).setArray(marshal(next, digest))
            .setFlag(Message.Flag.OOB).setFlag(Message.TransientFlag.DONT_BLOCK));
    }

    @ManagedOperation(description = "Makes the view anew with the same members; only the coordinator's does anything")
    public void renewView() {
        renew(getViewId(), "it was asked for");
    }

    /** Merges that wait for the view which is being made, and that let no other one be made until they have ended. */
    private final class InTurn extends Merger {

        InTurn(GMS gms) {
            super(gms);
        }

        /** Our own view may have changed since MERGE3 looked: who has joined meanwhile would be left behind. */
        @Override
        public void merge(Map<Address, View> views) {
            View own = gms.view();
            if (views == null || own == null || !views.containsKey(gms.getAddress())) {
                super.merge(views);
                return;
            }
            Map<Address, View> current = new HashMap<>(views);
            current.put(gms.getAddress(), own);
            super.merge(current);
        }

        /**
         * Answers with those of our view who take part, in the order of our view: whoever is first in it leads. The leader of the merge has put them
         * together of the views that it was told, whichever came first, and a member that missed the last view told an older one.
         *
         * @param members those of our view who take part, as far as the leader of the merge knows. Who has joined us since does too; a new
         *                member that has gone elsewhere already does not answer when it is asked for its digest, and is left out then
         */
        @Override
        protected void _handleMergeRequest(Address sender, MergeId id, Collection<? extends Address> members) throws Exception {
            making.lock();
            try {
                if (!matchMergeId(id))
                    setMergeId(null, id);   // from here on the queue changes no members
            } finally {
                making.unlock();
            }
            Set<Address> all = new HashSet<>(members);
            all.add(gms.getAddress());
            if (isCoord())
                all.addAll(newMembers());
            super._handleMergeRequest(sender, id, gms.view().getMembers().stream().filter(all::contains).toList());
        }

        @Override
        protected void sendMergeView(Collection<Address> coordinators, MergeData merged, MergeId id) {
            View own = gms.view();
            if (own != null && matchMergeId(id) && merged.getView().getViewId().compareToIDs(own.getViewId()) > 0) {
                super.sendMergeView(coordinators, merged, id);
                return;
            }
            LOG.info("the merge into {} is given up: {} is installed meanwhile", merged.getView(), own);
            sendMergeCancelledMessage(coordinators, id);
            cancelMerge(id);
        }
    }
}
