package io.regroup.group;

import static io.regroup.group.Member.awaitMembers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.stack.IpAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ForgettingBundlerTest {

    private final Loopback loopback = Loopback.pick();
    private final List<Member> members = new ArrayList<>();

    @AfterEach
    void allLeave() {
        members.forEach(Member::close);
    }

    @Test
    void whatWasAskedOnceAndIsNoMemberIsForgottenWhenTheViewChanges() throws Exception {
        members.add(Member.join(settings(1)));
        ForgettingBundler bundler = (ForgettingBundler) members.getFirst().group().channel().getProtocolStack().getTransport().getBundler();
        bundler.removeDelay(100);
        String gone = loopback.ip(99) + ":" + loopback.port();
        members.getFirst().group().channel().send(new IpAddress(gone), new byte[1]);
        await().atMost(Duration.ofSeconds(5)).until(() -> bundler.dests().contains(gone));

        members.add(Member.join(settings(2)));

        awaitMembers(Duration.ofSeconds(5), members, "m1", "m2");
        await().atMost(Duration.ofSeconds(5)).until(() -> !bundler.dests().contains(gone));
        members.getFirst().send("m2", "still there");
        members.getFirst().broadcast("to all");
        await().atMost(Duration.ofSeconds(5)).untilAsserted(() ->
            assertThat(members.getLast().heard).containsExactlyInAnyOrder("m1: still there", "m1: to all"));
    }

    private GroupSettings settings(int number) {
        return new GroupSettings("regroup-test", "m" + number, loopback.ip(number), loopback.port(), new Discovery.Static(loopback.hosts(2)));
    }
}
