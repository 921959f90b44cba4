package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jgroups.Address;
import org.jgroups.Event;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.Merger;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.stack.LargestWinningPolicy;
import org.jgroups.stack.Protocol;
import org.jgroups.stack.ProtocolStack;
import org.jgroups.util.MergeId;
import org.jgroups.util.Responses;
import org.jgroups.util.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A merge and a join at the same coordinator, in the order in which a loaded machine runs them now and then. There is no MERGE3 here: each test
 * says who merges and when, and nothing puts right what has gone wrong.
 */
class OneViewAtATimeTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Loopback loopback = Loopback.pick();
    private final List<JChannel> channels = new ArrayList<>();
    private final List<View> views = new CopyOnWriteArrayList<>();
    private final List<Thread> joins = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (Thread join : joins)
            join.join(SOON);
        channels.forEach(JChannel::close);
    }

    @Test
    void aJoinThatHasBegunWhenAMergeComesIsInTheMergedView() throws Exception {
        mergeWhileAMemberJoins();

        await().atMost(SOON).until(() -> channels.stream().allMatch(channel -> channel.getView().size() == 4));
        assertNoTwoViewsHaveOneId();
        assertThat(hearsEachOther(channels)).isTrue();
    }

    @Test
    void aJoinThatStandsInTheQueueBehindAMergeWaitsForIt() throws Exception {
        List<JChannel> two = new ArrayList<>(List.of(alone(1, new OneViewAtATime()), alone(2, new OneViewAtATime())));
        two.sort((one, other) -> one.getAddress().compareTo(other.getAddress()));
        JChannel leader = two.get(0);   // of both and of the merge
        JChannel other = two.get(1);
        OneViewAtATime gms = leader.getProtocolStack().findProtocol(GMS.class);
        introduce(leader, other);
        Answers answers = watch(leader);
        HeldJoins first = new HeldJoins(() -> gms.getViewHandlerSize() >= 2);
        gms.setMembershipChangePolicy(first);

        join(3, new OneViewAtATime(), leader);
        first.awaitBegun();
        gms.up(new Event(Event.MERGE, Map.of(leader.getAddress(), leader.getView(), other.getAddress(), other.getView())));
        // From the second on each waits until the merge has read the number of our view.
        first.thenUntil(answers::sent);
        join(4, new OneViewAtATime(), leader);

        await().atMost(SOON).until(() -> channels.size() == 4 && channels.stream().allMatch(channel -> channel.getView() != null && channel.getView().size() == 4));
        assertNoTwoViewsHaveOneId();
        assertThat(hearsEachOther(channels)).isTrue();
    }

    @Test
    void aViewThatIsMadeAnewHasTheSameMembersAndAnotherIdAtAll() throws Exception {
        JChannel leader = alone(1, new OneViewAtATime());
        join(2, new OneViewAtATime(), leader);
        join(3, new OneViewAtATime(), leader);
        await().atMost(SOON).until(() -> channels.stream().allMatch(channel -> channel.getView() != null && channel.getView().size() == 3));
        View before = leader.getView();
        OneViewAtATime follower = channels.get(1).getProtocolStack().findProtocol(GMS.class);
        OneViewAtATime gms = leader.getProtocolStack().findProtocol(GMS.class);

        follower.renew(before.getViewId(), "a member that does not lead makes none");
        gms.renew(View.create(leader.getAddress(), 1, leader.getAddress()).getViewId(), "nor anybody for a view that is no more");
        gms.renew(before.getViewId(), "the test wants it");

        await().atMost(SOON).until(() -> channels.stream().allMatch(channel -> channel.getView().getViewId().getId() == before.getViewId().getId() + 1));
        assertThat(channels).allSatisfy(channel -> assertThat(channel.getView().getMembers()).isEqualTo(before.getMembers()));
        assertNoTwoViewsHaveOneId();
    }

    /**
     * Whoever leads a merge puts the members of a view together of all who told that they are in it, in the order in which it looks at them; a
     * member that missed the last view tells an older one.
     */
    @Test
    void whoeverTakesPartInAMergeKeepsItsPlaceInTheView() throws Exception {
        JChannel leader = alone(1, new OneViewAtATime());
        join(2, new OneViewAtATime(), leader);
        await().atMost(SOON).until(() -> leader.getView().size() == 2);
        join(3, new OneViewAtATime(), leader);
        await().atMost(SOON).until(() -> channels.stream().allMatch(channel -> channel.getView() != null && channel.getView().size() == 3));
        Answers answers = watch(leader);
        List<Address> inOrder = leader.getView().getMembers();
        Address absent = MemberAddress.create("of another view", 1);

        for (List<Address> asked : List.of(List.of(absent, inOrder.get(2), inOrder.get(1), inOrder.get(0)), List.of(inOrder.get(2), inOrder.get(1)))) {
            Merger merger = leader.getProtocolStack().<GMS>findProtocol(GMS.class).getMerger();
            MergeId id = MergeId.create(leader.getAddress());
            merger.handleMergeRequest(leader.getAddress(), id, asked);
            assertThat(answers.view().getMembers()).as("asked for %s", asked).isEqualTo(inOrder);
            merger.handleMergeCancelled(id);
        }
    }

    /**
     * The first two channels lead groups of their own, the first one also of the third. A fourth joins the first; its join has left the queue and
     * the view is not made yet when the second merges the groups.
     */
    private void mergeWhileAMemberJoins() throws Exception {
        alone(1, new OneViewAtATime());
        alone(2, new OneViewAtATime());
        channels.sort((one, other) -> other.getAddress().compareTo(one.getAddress()));
        JChannel left = channels.get(0);
        JChannel right = channels.get(1);   // has the lower address: it leads the merge
        join(3, new OneViewAtATime(), left);
        await().atMost(SOON).until(() -> left.getView().size() == 2);
        introduce(left, right);
        Answers answers = watch(left);
        OneViewAtATime gms = left.getProtocolStack().findProtocol(GMS.class);
        HeldJoins held = new HeldJoins(() -> answers.sent() || gms.isWaitedFor());
        gms.setMembershipChangePolicy(held);

        join(4, new OneViewAtATime(), left);
        held.awaitBegun();
        right.getProtocolStack().<GMS>findProtocol(GMS.class).up(
            new Event(Event.MERGE, Map.of(left.getAddress(), left.getView(), right.getAddress(), right.getView())));
    }

    /** Two views of one id are one view. */
    private void assertNoTwoViewsHaveOneId() {
        for (View view : views)
            assertThat(views).filteredOn(other -> other.getViewId().equals(view.getViewId()))
                .allSatisfy(other -> assertThat(other.getMembers()).as("views %s", view.getViewId()).isEqualTo(view.getMembers()));
    }

    private static boolean hearsEachOther(List<JChannel> members) throws Exception {
        for (JChannel sender : members) {
            members.forEach(member -> introduce(sender, member));
            CountDownLatch heard = new CountDownLatch(members.size());
            for (JChannel member : members)
                member.setReceiver(new Receiver() {
                    @Override
                    public void receive(Message message) {
                        heard.countDown();
                    }
                });
            sender.send(null, "to all");
            if (!heard.await(SOON.toSeconds(), TimeUnit.SECONDS))
                return false;
        }
        return true;
    }

    private JChannel alone(int number, GMS gms) throws Exception {
        JChannel channel = channel(number, number, gms);
        channel.connect("turns");
        assertThat(channel.getView().size()).isEqualTo(1);
        return channel;
    }

    /** Returns at once: the join may be held. */
    private void join(int number, GMS gms, JChannel leader) throws Exception {
        JChannel channel = channel(number, numberOf(leader), gms);
        joins.add(Thread.ofPlatform().start(() -> {
            try {
                channel.connect("turns");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }));
    }

    private int numberOf(JChannel channel) {
        String address = physical(channel).printIpAddress();
        return Integer.parseInt(address.substring(loopback.prefix().length(), address.indexOf(':')));
    }

    private JChannel channel(int number, int asks, GMS gms) throws Exception {
        TCP tcp = new TCP();
        tcp.setBindAddress(InetAddress.getByName(loopback.ip(number)));
        tcp.setBindPort(loopback.port());
        tcp.setPortRange(0);
        TCPPING ping = asks == number ? new TCPPING() : new PatientPing();
        ping.setInitialHosts(List.of(new InetSocketAddress(loopback.ip(asks), loopback.port())));
        ping.setPortRange(0);
        gms.joinTimeout(500).printLocalAddress(false).setMembershipChangePolicy(new LargestWinningPolicy());
        JChannel channel = new JChannel(tcp, ping, new NAKACK2().useMcastXmit(false), new UNICAST3(), gms);
        channel.setReceiver(new Receiver() {
            @Override
            public void viewAccepted(View view) {
                views.add(view);
            }
        });
        channels.add(channel);
        return channel;
    }

    /** Lets each send to the other, as discovery would. */
    private static void introduce(JChannel one, JChannel other) {
        one.down(new Event(Event.ADD_PHYSICAL_ADDRESS, new Tuple<>(other.getAddress(), physical(other))));
        other.down(new Event(Event.ADD_PHYSICAL_ADDRESS, new Tuple<>(one.getAddress(), physical(one))));
    }

    private static PhysicalAddress physical(JChannel channel) {
        return (PhysicalAddress) channel.down(new Event(Event.GET_PHYSICAL_ADDRESS, channel.getAddress()));
    }

    private static Answers watch(JChannel channel) throws Exception {
        Answers answers = new Answers(channel.getProtocolStack().findProtocol(GMS.class).getId());
        channel.getProtocolStack().insertProtocol(answers, ProtocolStack.Position.ABOVE, UNICAST3.class);
        return answers;
    }

    /** Of a member that joins another one: however busy the machine is, it does not go on as the first of a group of its own. */
    private static final class PatientPing extends TCPPING {

        PatientPing() {
            setId(ClassConfigurator.getProtocolId(TCPPING.class));
        }

        @Override
        public Object down(Event event) {
            Object answer = super.down(event);
            if (event.getType() == Event.FIND_INITIAL_MBRS)
                ((Responses) answer).waitFor(SOON.toMillis());   // no longer than until a coordinator answers
            return answer;
        }
    }

    /** Sees that a member answers a request to merge. */
    private static final class Answers extends Protocol {

        private final short gms;
        private volatile Message last;

        Answers(short gms) {
            this.gms = gms;
        }

        boolean sent() {
            return last != null;
        }

        /** The view that the last one told; there has to be another one before this is asked again. */
        View view() throws Exception {
            Message answer = last;
            assertThat(answer).as("an answer").isNotNull();
            last = null;
            return GMS._readViewAndDigest(answer.getArray(), answer.getOffset(), answer.getLength()).val1();
        }

        @Override
        public Object down(Message message) {
            if (message.getHeader(gms) instanceof GMS.GmsHeader header && header.getType() == GMS.GmsHeader.MERGE_RSP)
                last = message;
            return super.down(message);
        }
    }

    /** Holds up a view with a new member while it is made: the thread that makes it has lost the processor. */
    private static final class HeldJoins extends LargestWinningPolicy {

        private final CountDownLatch begun = new CountDownLatch(1);
        private final BooleanSupplier go;
        private volatile BooleanSupplier then = () -> true;
        private boolean first = true;

        HeldJoins(BooleanSupplier go) {
            this.go = go;
        }

        void awaitBegun() throws InterruptedException {
            assertThat(begun.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }

        void thenUntil(BooleanSupplier condition) {
            then = condition;
        }

        @Override
        public List<Address> getNewMembership(Collection<Address> current, Collection<Address> joiners, Collection<Address> leavers, Collection<Address> suspects) {
            if (joiners != null && !joiners.isEmpty()) {
                BooleanSupplier condition = first ? go : then;
                first = false;
                begun.countDown();
                await().pollInterval(Duration.ofMillis(2)).atMost(Duration.ofSeconds(10)).until(condition::getAsBoolean);
            }
            return super.getNewMembership(current, joiners, leavers, suspects);
        }
    }
}
