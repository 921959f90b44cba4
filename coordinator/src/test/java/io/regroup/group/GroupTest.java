package io.regroup.group;

import static io.regroup.group.Member.awaitMembers;
import static java.util.stream.IntStream.rangeClosed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    private final Loopback loopback = Loopback.pick();
    private final List<Member> members = new ArrayList<>();

    @AfterEach
    void allLeave() {
        members.forEach(Member::close);
    }

    @Test
    void sixMembersThatStartTogetherAreOneGroupAndItsViewIsTheSameForAll() throws Exception {
        members.addAll(Member.joinTogether(rangeClosed(1, 6).mapToObj(this::settings).toList()));

        awaitMembers(Duration.ofSeconds(15), members, "m1", "m2", "m3", "m4", "m5", "m6");
        assertThat(members.stream().map(member -> member.view().id()).distinct()).hasSize(1);
        assertThat(members).filteredOn(member -> member.view().isLed()).hasSize(1);
        assertThat(members).allSatisfy(member -> assertThat(member.view().creator()).startsWith("m"));
    }

    @Test
    void everyViewThatAMemberEverHeardNamesAllItsMembers() throws Exception {
        start(1, 2, 3, 4);

        assertThat(members).allSatisfy(member -> assertThat(member.views)
            .allSatisfy(view -> assertThat(view.members()).allMatch(name -> name.matches("m\\d")))
            .extracting(view -> view.id()).isSorted().doesNotHaveDuplicates());
    }

    @Test
    void messagesReachTheMemberTheyAreSentToInTheirOrderAndBroadcastsAll() throws Exception {
        start(1, 2, 3);

        IntStream.range(0, 100).forEach(i -> members.get(0).send("m2", "to two " + i));
        members.get(0).send("m1", "to myself");
        members.get(2).broadcast("to all");
        members.get(0).send("m9", "to nobody");

        await().atMost(SOON).untilAsserted(() -> {
            assertThat(members.get(0).heard).containsExactlyInAnyOrder("m1: to myself", "m3: to all");
            assertThat(members.get(1).heard).hasSize(101).contains("m3: to all");
            assertThat(members.get(2).heard).containsExactly("m3: to all");
        });
        assertThat(members.get(1).heard.stream().filter(text -> text.startsWith("m1: ")))
            .containsExactlyElementsOf(IntStream.range(0, 100).mapToObj(i -> "m1: to two " + i).toList());
    }

    @Test
    void anEmptyMessageArrivesAsOne() throws Exception {
        start(1, 2);

        members.get(0).send("m2", "");

        await().atMost(SOON).untilAsserted(() -> assertThat(members.get(1).heard).containsExactly("m1: "));
    }

    @Test
    void aMemberThatLeavesIsGoneFromTheOthersViewAtOnceEvenTheLeader() throws Exception {
        start(1, 2, 3);
        long before = System.nanoTime();

        members.removeFirst().close();

        awaitMembers(SOON, members, "m2", "m3");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));
        assertThat(members.getFirst().view().members().getFirst()).isEqualTo("m2");
    }

    @Test
    void aListenerThatFailsDoesNotHarmTheGroup() throws Exception {
        start(1);
        Group careless = Group.join(settings(2), new Group.Listener() {
            @Override
            public void viewChanged(io.regroup.model.View view) {
                throw new IllegalStateException("on purpose, by the test");
            }

            @Override
            public void received(String from, byte[] payload) {
                throw new IllegalStateException("on purpose, by the test");
            }
        });
        try (careless) {
            awaitMembers(SOON, members, "m1", "m2");
            members.getFirst().broadcast("hello");
            members.getFirst().send("m2", "hello");
            careless.broadcast("hello".getBytes());
            await().atMost(SOON).untilAsserted(() -> assertThat(members.getFirst().heard).contains("m2: hello"));
            assertThat(careless.view().members()).containsExactly("m1", "m2");
        }
    }

    @Test
    void whatIsSentToAGroupThatWasLeftIsDropped() throws Exception {
        start(1);
        Group left = members.getFirst().group();
        left.close();

        left.send("m1", new byte[1]);
        left.broadcast(new byte[1]);
        left.close();

        assertThat(left.view().members()).containsExactly("m1");
    }

    @Test
    void twoGroupsOnTheSameAddressesNeverMix() throws Exception {
        List<String> hosts = loopback.hosts(4);
        for (int i = 1; i <= 4; i++)
            members.add(Member.join(new GroupSettings(i % 2 == 0 ? "even" : "odd", "m" + i, loopback.ip(i), loopback.port(), new Discovery.Static(hosts))));

        awaitMembers(SOON, List.of(members.get(0), members.get(2)), "m1", "m3");
        awaitMembers(SOON, List.of(members.get(1), members.get(3)), "m2", "m4");
        // Two rounds in which each looks for lost members: nobody may be found.
        await().during(Duration.ofSeconds(6)).atMost(Duration.ofSeconds(8)).until(() -> members.stream().allMatch(member -> member.view().members().size() == 2));
    }

    @Test
    void aPortThatIsTakenIsNamedInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(loopback.port(), 1, InetAddress.getByName(loopback.ip(1)))) {
            assertThat(taken.isBound()).isTrue();
            assertThatThrownBy(() -> Member.join(settings(1))).isInstanceOf(GroupException.class)
                .hasMessage("cannot listen on " + loopback.ip(1) + ":" + loopback.port() + " (the group's port): Address already in use");
        }
        try (ServerSocket taken = new ServerSocket(loopback.port() + 100, 1, InetAddress.getByName(loopback.ip(1)))) {
            assertThat(taken.isBound()).isTrue();
            assertThatThrownBy(() -> Member.join(settings(1))).isInstanceOf(GroupException.class)
                .hasMessageContaining("the port of the group's failure detection");
        }
    }

    @Test
    void anAddressThatIsNotOursIsSaidToBeSo() {
        GroupSettings foreign = new GroupSettings("regroup-test", "m1", "192.0.2.1", loopback.port(), new Discovery.Static(List.of()));

        assertThatThrownBy(() -> Member.join(foreign)).isInstanceOf(GroupException.class)
            .hasMessageContaining("cannot listen on 192.0.2.1:" + loopback.port()).hasMessageNotContaining("\n");
    }

    @Test
    void theChannelAndItsProtocolsAreInJmxUntilTheGroupIsLeft() throws Exception {
        MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
        Member member = Member.join(new GroupSettings("shown", "m1", loopback.ip(1), loopback.port(), new Discovery.Static(List.of())));
        members.add(member);

        for (String type : List.of("channel", "protocol,protocol=GMS"))
            assertThat(jmx.getAttribute(new ObjectName("jgroups:cluster=\"shown\",type=" + type), "view").toString()).contains("m1");
        member.close();

        assertThat(jmx.queryNames(new ObjectName("jgroups:cluster=\"shown\",*"), null)).isEmpty();
    }

    private void start(int... numbers) throws GroupException {
        for (int number : numbers)
            members.add(Member.join(settings(number)));
        awaitMembers(SOON, members, IntStream.of(numbers).mapToObj(number -> "m" + number).toArray(String[]::new));
    }

    private GroupSettings settings(int number) {
        return new GroupSettings("regroup-test", "m" + number, loopback.ip(number), loopback.port(), new Discovery.Static(loopback.hosts(6)));
    }
}
