package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jgroups.Address;
import org.jgroups.JChannel;
import org.jgroups.MergeView;
import org.jgroups.View;
import org.jgroups.ViewId;
import org.jgroups.protocols.DISCARD;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TCPPING;
import org.jgroups.protocols.TP;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.stack.ProtocolStack;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Groups whose regular comparison of views is minutes away. */
class PromptMergeTest {

    private static final long MINUTES = 600_000;

    private final Loopback loopback = Loopback.pick();
    private final List<JChannel> channels = new ArrayList<>();

    @AfterEach
    void close() {
        channels.forEach(JChannel::close);
    }

    @Test
    void groupsMergeAtTheFirstWordOfEachOther() throws Exception {
        alone(3, new PromptMerge());
        hearEachOther();

        await().atMost(Duration.ofSeconds(20)).until(() -> channels.stream().allMatch(c -> c.getView().size() == 3));
    }

    /** What the test above would see without PromptMerge. */
    @Test
    void withMerge3AloneTheyWaitForTheRound() throws Exception {
        alone(2, new MERGE3());
        hearEachOther();
        MERGE3 first = channels.getFirst().getProtocolStack().findProtocol(MERGE3.class);

        await().atMost(Duration.ofSeconds(20)).until(() -> first.getViews() > 0);
        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(5)).until(() -> channels.stream().allMatch(c -> c.getView().size() == 1));
    }

    @Test
    void twoViewsOfOneIdAreContestedAndViewsOfTwoIdsAreMerge3sMatter() {
        Address a = MemberAddress.create("a", 1);
        Address b = MemberAddress.create("b", 1);
        Address c = MemberAddress.create("c", 1);
        View own = View.create(a, 5, a, b);

        assertThat(PromptMerge.isContested(own, View.create(a, 5, a, b))).isFalse();
        assertThat(PromptMerge.isContested(own, new MergeView(own.getViewId(), List.of(a, b), List.of(own)))).as("as a merge's result").isFalse();
        assertThat(PromptMerge.isContested(own, View.create(a, 5, a, b, c))).isTrue();
        assertThat(PromptMerge.isContested(own, View.create(a, 5, a))).isTrue();
        assertThat(PromptMerge.isContested(own, View.create(a, 5, b, a))).as("another one leads").isTrue();
        assertThat(PromptMerge.isContested(own, View.create(a, 6, a, c))).as("of a higher id").isFalse();
        assertThat(PromptMerge.isContested(own, View.create(c, 5, c))).as("another one's of the same number").isFalse();

        assertThat(PromptMerge.isContested(own, b, own.getViewId())).isFalse();
        assertThat(PromptMerge.isContested(own, c, own.getViewId())).isTrue();
        assertThat(PromptMerge.isContested(own, c, new ViewId(c, 5))).isFalse();
        assertThat(PromptMerge.isContested(own, c, new ViewId(a, 4))).isFalse();
    }

    private void alone(int count, MERGE3 first) throws Exception {
        for (int number = 1; number <= count; number++) {
            MERGE3 merge = number == 1 ? first : first.getClass().getDeclaredConstructor().newInstance();
            merge.setMinInterval(200).setMaxInterval(500).setCheckInterval(MINUTES);
            TCP tcp = new TCP();
            tcp.setBindAddress(InetAddress.getByName(loopback.ip(number)));
            tcp.setBindPort(loopback.port());
            tcp.setPortRange(0);
            TCPPING ping = new TCPPING();
            ping.setInitialHosts(IntStream.rangeClosed(1, count).mapToObj(n -> new InetSocketAddress(loopback.ip(n), loopback.port())).toList());
            ping.setPortRange(0);
            JChannel channel = new JChannel(tcp, ping, merge, new NAKACK2().useMcastXmit(false), new UNICAST3(), new GMS().joinTimeout(100).printLocalAddress(false));
            channel.getProtocolStack().insertProtocol(new DISCARD().discardAll(true), ProtocolStack.Position.ABOVE, TP.class);
            channels.add(channel.connect("prompt"));
        }
        assertThat(channels).allSatisfy(channel -> assertThat(channel.getView().size()).isEqualTo(1));
    }

    private void hearEachOther() {
        channels.forEach(channel -> channel.getProtocolStack().removeProtocol(DISCARD.class));
    }
}
