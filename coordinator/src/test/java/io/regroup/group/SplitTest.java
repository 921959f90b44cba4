package io.regroup.group;

import static io.regroup.group.Member.awaitMembers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.protocols.DISCARD;
import org.jgroups.protocols.TP;
import org.jgroups.stack.ProtocolStack;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SplitTest {

    private final Loopback loopback = Loopback.pick();
    private final List<Member> members = new ArrayList<>();

    @AfterEach
    void allLeave() {
        members.forEach(Member::close);
    }

    @Test
    void halvesThatCannotHearEachOtherAreTwoGroupsAndBecomeOneAgainLedByTheLargersLeader() throws Exception {
        start(1, 2, 3, 4, 5);
        List<Member> cutOff = members.subList(0, 2);   // the leader among them
        List<Member> rest = members.subList(2, 5);
        cut(cutOff, rest);
        cut(rest, cutOff);

        awaitMembers(Duration.ofSeconds(10), rest, "m3", "m4", "m5");
        awaitMembers(Duration.ofSeconds(10), cutOff, "m1", "m2");
        assertThat(rest.getFirst().view().members().getFirst()).isEqualTo("m3");
        assertThat(cutOff.getFirst().view().members().getFirst()).isEqualTo("m1");

        for (Member member : members)
            member.group().channel().getProtocolStack().removeProtocol(DISCARD.class);
        long healed = System.nanoTime();

        awaitMembers(Duration.ofSeconds(20), members, "m1", "m2", "m3", "m4", "m5");
        assertThat(Duration.ofNanos(System.nanoTime() - healed)).isLessThan(Duration.ofSeconds(12));
        assertThat(members.getFirst().view().members().getFirst()).isEqualTo("m3");
    }

    @Test
    void aSecondIncarnationOfANameTakesTheFirstOnesPlaceInTheViewAndGetsItsMessages() throws Exception {
        start(1, 2);
        Member again = Member.join(settings("m2", 3));
        members.add(again);

        await().atMost(Duration.ofSeconds(5)).untilAsserted(() ->
            assertThat(members.getFirst().group().channel().getView().size()).isEqualTo(3));
        assertThat(members.getFirst().view().members()).containsExactly("m1", "m2");
        members.getFirst().send("m2", "for the newer one");
        members.get(1).broadcast("from the dead");
        again.broadcast("from the living");

        await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
            assertThat(again.heard).contains("m1: for the newer one", "m2: from the living");
            assertThat(members.getFirst().heard).containsExactly("m2: from the living");
        });
        assertThat(members.get(1).heard).doesNotContain("m1: for the newer one");
    }

    /** Lets {@code deaf} hear nothing of {@code unheard}. */
    private static void cut(List<Member> deaf, List<Member> unheard) throws Exception {
        for (Member member : deaf) {
            DISCARD discard = new DISCARD();
            for (Member other : unheard)
                discard.addIgnoreMember(other.group().channel().getAddress());
            member.group().channel().getProtocolStack().insertProtocol(discard, ProtocolStack.Position.ABOVE, TP.class);
        }
    }

    private void start(int... numbers) throws GroupException {
        for (int number : numbers)
            members.add(Member.join(settings("m" + number, number)));
        awaitMembers(Duration.ofSeconds(5), members, java.util.Arrays.stream(numbers).mapToObj(number -> "m" + number).toArray(String[]::new));
    }

    private GroupSettings settings(String name, int number) {
        return new GroupSettings("regroup-test", name, loopback.ip(number), loopback.port(), new Discovery.Static(loopback.hosts(5)));
    }
}
