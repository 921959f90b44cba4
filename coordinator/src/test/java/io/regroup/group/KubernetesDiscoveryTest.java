package io.regroup.group;

import static io.regroup.group.Member.awaitMembers;
import static java.util.stream.IntStream.rangeClosed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.util.Util;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubernetesDiscoveryTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    private final Loopback loopback = Loopback.pick();
    private final FakeApiServer api = new FakeApiServer();
    private final List<Member> members = new ArrayList<>();
    private final List<Member> crashed = new ArrayList<>();

    KubernetesDiscoveryTest() throws IOException {
    }

    @AfterEach
    void stop() {
        members.forEach(Member::close);
        crashed.forEach(Member::close);
        api.close();
    }

    @Test
    void podsThatStartTogetherListEachOtherOnceAndAskNoMoreWhileTheGroupIsWhole() throws Exception {
        api.running(loopback, 4);
        members.addAll(Member.joinTogether(rangeClosed(1, 4).mapToObj(this::settings).toList()));
        awaitMembers(Duration.ofSeconds(15), members, "redis-1", "redis-2", "redis-3", "redis-4");

        int asked = api.asked.get();
        assertThat(asked).as("one list for each join").isBetween(4, 8);
        // At least two rounds in which each looks for lost members.
        await().during(Duration.ofSeconds(12)).atMost(Duration.ofSeconds(14)).until(() -> api.asked.get() == asked);
        assertThat(members.getFirst().group().discovery()).satisfies(status -> {
            assertThat(status.pods()).isEqualTo(4);
            assertThat(status.listed()).isPresent();
            assertThat(status.problem()).isEmpty();
            assertThat(status.unanswered()).isEmpty();
        });
    }

    @Test
    void podsThatAreListedWithoutAddressesAtFirstFindEachOtherSoon() throws Exception {
        for (int number : new int[] {1, 2}) {
            // The kubelet tells an address some seconds after the containers run, and each pod knows its own.
            api.pods.clear();
            api.pods.add(new FakeApiServer.FakePod("redis-" + number, loopback.ip(number), "Running"));
            api.pods.add(new FakeApiServer.FakePod("redis-" + (3 - number), null, "Pending"));
            members.add(Member.join(settings(number)));
        }
        assertThat(members).allSatisfy(member -> assertThat(member.view().members()).hasSize(1));
        api.pods.clear();
        api.running(loopback, 2);

        awaitMembers(Duration.ofSeconds(10), members, "redis-1", "redis-2");
    }

    @Test
    void whoMayNotListPodsIsFoundByTheOthersAndARequestThatIsNeverAnsweredDelaysNothing() throws Exception {
        api.running(loopback, 3);
        start(1, 2);
        api.mood = FakeApiServer.Mood.FORBIDS;
        Member late = Member.join(settings(3));
        members.add(late);
        assertThat(late.group().discovery().problem()).hasValueSatisfying(problem ->
            assertThat(problem).contains("forbids to list the pods of namespace shop"));
        awaitMembers(Duration.ofSeconds(15), members, "redis-1", "redis-2", "redis-3");

        // It still has no list and keeps asking; now a request of its is under way while a member crashes.
        api.mood = FakeApiServer.Mood.SILENT;
        int before = api.asked.get();
        await().atMost(Duration.ofSeconds(10)).until(() -> api.asked.get() > before);
        crash(members.removeFirst());
        long crashed = System.nanoTime();

        awaitMembers(SOON, members, "redis-2", "redis-3");
        assertThat(Duration.ofNanos(System.nanoTime() - crashed)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void aContainerThatRestartsWhileTheApiServerDoesNotAnswerJoinsThosePodsThatKnowIt() throws Exception {
        api.running(loopback, 3);
        start(1, 2);
        api.mood = FakeApiServer.Mood.SILENT;

        members.add(Member.join(settings(3)));

        awaitMembers(Duration.ofSeconds(15), members, "redis-1", "redis-2", "redis-3");
        assertThat(members.getLast().group().discovery().problem()).hasValueSatisfying(problem ->
            assertThat(problem).endsWith("no answer within 5000 ms"));
    }

    @Test
    void aContainerThatRestartsWhileTheApiServerDoesNotAnswerStillKnowsThePodsAndJoinsAtOnce() throws Exception {
        api.running(loopback, 5);
        start(1, 2, 3, 4, 5);
        api.mood = FakeApiServer.Mood.SILENT;
        crash(members.removeLast());
        awaitMembers(SOON, members, "redis-1", "redis-2", "redis-3", "redis-4");

        members.add(Member.join(settings(5)));

        assertThat(members.getLast().view().members()).as("it joined, and was not alone first").hasSize(5);
        assertThat(members.getLast().group().discovery().pods()).isEqualTo(5);
        awaitMembers(SOON, members, "redis-1", "redis-2", "redis-3", "redis-4", "redis-5");
    }

    @Test
    void podsThatStartWithoutAnApiServerFindEachOtherWhenItComesBackAndKnowEachOtherWhenItGoesAgain() throws Exception {
        api.running(loopback, 2);
        api.down();
        members.add(Member.join(settings(1)));
        members.add(Member.join(settings(2)));
        assertThat(members).allSatisfy(member -> {
            assertThat(member.view().members()).hasSize(1);
            assertThat(member.group().discovery().problem()).hasValueSatisfying(problem -> assertThat(problem).endsWith("it refuses connections"));
        });

        api.up();
        awaitMembers(Duration.ofSeconds(15), members, "redis-1", "redis-2");
        // One that lists first is enough for both to meet; the other one lists at its own next attempt.
        await().atMost(Duration.ofSeconds(15)).untilAsserted(() -> assertThat(members).extracting(m -> m.group().discovery().pods()).containsOnly(2));

        api.down();
        crash(members.removeLast());
        awaitMembers(SOON, members, "redis-1");
        assertThat(members.getFirst().group().discovery().pods()).isEqualTo(2);
    }

    private void start(int... numbers) throws GroupException {
        for (int number : numbers)
            members.add(Member.join(settings(number)));
        awaitMembers(SOON, members, java.util.Arrays.stream(numbers).mapToObj(number -> "redis-" + number).toArray(String[]::new));
    }

    private GroupSettings settings(int number) {
        return api.member(loopback, number);
    }

    /** Closes a member's sockets without a word to the others, as the kernel does for a process that is killed. */
    private void crash(Member member) throws Exception {
        crashed.add(member);
        Util.shutdown(member.group().channel());
    }
}
