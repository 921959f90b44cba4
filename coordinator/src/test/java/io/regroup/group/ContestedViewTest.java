package io.regroup.group;

import static io.regroup.group.Member.awaitMembers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jgroups.Address;
import org.jgroups.Event;
import org.jgroups.Message;
import org.jgroups.View;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.stack.Protocol;
import org.jgroups.stack.ProtocolStack;
import org.jgroups.util.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Groups whose members do not agree on who is in the view, however that came: the views are put in by hand. */
class ContestedViewTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    /** Two rounds of MERGE3, a merge, and a loaded machine. */
    private static final Duration HEALED = Duration.ofSeconds(40);

    private static final int MUCH = 50;

    private final Loopback loopback = Loopback.pick();
    private final List<Member> members = new ArrayList<>();

    @AfterEach
    void allLeave() {
        members.forEach(Member::close);
    }

    /** As it was found on Kubernetes: pt6z8|5 of five members, and pt6z8|5 of four at the sixth; the leader had been told of the second one too. */
    @Test
    void aMemberWithAnotherViewOfTheLeadersIdIsTakenInAgainAndAllHearAll() throws Exception {
        start(6);
        install(members.subList(0, 5), next(), 1, 2, 3, 4, 5);
        install(members.subList(5, 6), next(), 1, 3, 2, 6);
        // What a leader's stack is told of a view that it then does not install.
        for (Member told : members.subList(0, 2))
            gms(told).getDownProtocol().down(new Event(Event.TMP_VIEW, gms(members.get(5)).view()));
        assertThat(gms(members.get(0)).view().getViewId()).isEqualTo(gms(members.get(5)).view().getViewId());

        awaitAll(HEALED);
    }

    @Test
    void aMemberThatMissesOthersInItsViewOfTheLeadersIdGetsTheWholeOne() throws Exception {
        start(4);
        install(members.subList(0, 2), next(), 1, 2, 3, 4);
        install(members.subList(2, 4), next(), 1, 3, 4);

        awaitAll(HEALED);
        assertThat(members.getFirst().view().isLed()).as("the leader stays the same").isTrue();
    }

    @Test
    void whatTheLeaderSaysToAllReachesAMemberAgainThatItsStackHadForgotten() throws Exception {
        start(3);
        View before = gms(members.getFirst()).view();
        gms(members.getFirst()).getDownProtocol().down(new Event(Event.TMP_VIEW, view(before.getViewId().getId(), 1, 2)));
        members.get(1).group().renewView("it does not lead: nothing happens");

        members.getFirst().group().renewView("m3 does not answer");

        await().atMost(SOON).until(() -> members.stream().allMatch(member -> member.view().id() == before.getViewId().getId() + 1));
        members.getFirst().broadcast("to all");
        await().atMost(SOON).untilAsserted(() -> assertThat(members).allSatisfy(member -> assertThat(member.heard).contains("m1: to all")));
        assertThat(members).allSatisfy(member -> assertThat(member.view().members()).containsExactly("m1", "m2", "m3"));
    }

    /** What it waits for all others have, so that nobody keeps it: of all that comes later it delivers nothing, and no view that is sent to all gets to it. */
    @Test
    void aMemberThatWaitsForWhatNobodyHasAnyMoreHearsTheLeaderAgain() throws Exception {
        start(3);
        Member leader = members.getFirst();
        Member deaf = members.getLast();
        sayMuchThatAllHaveAndNobodyKeeps(leader);
        Address it = leader.group().channel().getAddress();
        nakack(deaf).down(new Event(Event.OVERWRITE_DIGEST, new Digest(it, 0, 0)));
        leader.broadcast("to those who hear");
        await().atMost(SOON).untilAsserted(() -> assertThat(members.get(1).heard).contains("m1: to those who hear"));
        assertThat(deaf.heard).doesNotContain("m1: to those who hear");
        long before = leader.view().id();

        leader.group().renewView("m3 does not answer");

        await().atMost(SOON).until(() -> members.stream().allMatch(member -> member.view().id() == before + 1));
        awaitAll(SOON);
    }

    /** Whom its own view of the leader's id did not have, it does not begin to hear with the first word that one ever said: nobody keeps that. */
    @Test
    void aMemberThatMissedAnotherOneHearsThatOneAgain() throws Exception {
        start(4);
        sayMuchThatAllHaveAndNobodyKeeps(members.get(1));
        install(members.subList(0, 2), next(), 1, 2, 3, 4);
        install(members.subList(2, 4), next(), 1, 3, 4);

        awaitAll(HEALED);
    }

    private void sayMuchThatAllHaveAndNobodyKeeps(Member speaker) {
        for (int i = 1; i <= MUCH; i++)
            speaker.broadcast("word " + i);
        String last = speaker.name() + ": word " + MUCH;
        await().atMost(SOON).untilAsserted(() -> assertThat(members).allSatisfy(member -> assertThat(member.heard).contains(last)));
        Address it = speaker.group().channel().getAddress();
        await().atMost(SOON).untilAsserted(() -> {
            members.forEach(member -> ((STABLE) member.group().channel().getProtocolStack().findProtocol(STABLE.class)).gc());
            assertThat(members).allSatisfy(member -> assertThat(nakack(member).getWindow(it).getLow()).isGreaterThanOrEqualTo(MUCH));
        });
    }

    @Test
    void aMemberThatNoMergeTakesInJoinsAnew() throws Exception {
        start(3);
        Member stranded = members.get(2);
        GMS.GmsHeader request = new GMS.GmsHeader(GMS.GmsHeader.MERGE_REQ);
        stranded.group().channel().getProtocolStack().insertProtocol(new Protocol() {
            @Override
            public Object up(Message message) {
                boolean isMerge = message.getHeader(gms(stranded).getId()) instanceof GMS.GmsHeader header && header.getType() == request.getType();
                return isMerge ? null : super.up(message);
            }
        }, ProtocolStack.Position.ABOVE, UNICAST3.class);
        PromptMerge merge = merge(stranded);
        merge.setMaxInterval(600);
        merge.setValue("stranded_after", 2000);
        install(members.subList(0, 2), next(), 1, 2);
        Address before = stranded.group().channel().getAddress();

        awaitAll(HEALED);
        assertThat(stranded.group().channel().getAddress()).as("its new address").isNotEqualTo(before);
        assertThat(members.getFirst().view().isLed()).isTrue();
    }

    @Test
    void aGroupThatIsWellKeepsItsView() throws Exception {
        start(3);
        List<Long> before = members.stream().map(member -> member.view().id()).toList();
        members.forEach(member -> merge(member).setMaxInterval(600));

        // So that each has told the leader of its view some times.
        await().during(Duration.ofSeconds(9)).atMost(Duration.ofSeconds(12)).until(() ->
            members.stream().map(member -> member.view().id()).toList().equals(before));
    }

    private void start(int count) throws GroupException {
        for (int number = 1; number <= count; number++)
            members.add(Member.join(new GroupSettings("regroup-test", "m" + number, loopback.ip(number), loopback.port(),
                new Discovery.Static(loopback.hosts(count)))));
        awaitMembers(SOON, members, names());
        assertThat(members.getFirst().view().isLed()).isTrue();
    }

    private String[] names() {
        return members.stream().map(Member::name).toArray(String[]::new);
    }

    /** One view for all, and what each says to all reaches all. */
    private void awaitAll(Duration atMost) {
        awaitMembers(atMost, members, names());
        for (Member member : members) {
            String text = "to all after view " + member.view().id();
            member.broadcast(text);
            await().atMost(SOON).untilAsserted(() -> assertThat(members).allSatisfy(other -> assertThat(other.heard).contains(member.name() + ": " + text)));
        }
    }

    private long next() {
        return members.stream().mapToLong(member -> gms(member).view().getViewId().getId()).min().orElseThrow() + 1;
    }

    private void install(List<Member> at, long id, int... numbers) {
        View view = view(id, numbers);
        at.forEach(member -> gms(member).installView(view));
        assertThat(at).allSatisfy(member -> assertThat(gms(member).view().getMembers()).isEqualTo(view.getMembers()));
    }

    private View view(long id, int... numbers) {
        Address[] addresses = Arrays.stream(numbers).mapToObj(number -> members.get(number - 1).group().channel().getAddress()).toArray(Address[]::new);
        return View.create(addresses[0], id, addresses);
    }

    private static GMS gms(Member member) {
        return member.group().channel().getProtocolStack().findProtocol(GMS.class);
    }

    private static NAKACK2 nakack(Member member) {
        return member.group().channel().getProtocolStack().findProtocol(NAKACK2.class);
    }

    private static PromptMerge merge(Member member) {
        return member.group().channel().getProtocolStack().findProtocol(MERGE3.class);
    }
}
