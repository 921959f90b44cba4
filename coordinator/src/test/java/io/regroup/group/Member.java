package io.regroup.group;

import static org.awaitility.Awaitility.await;

import io.regroup.model.View;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A member of a group inside the test's own JVM, which keeps all that it hears. */
final class Member implements Group.Listener, AutoCloseable {

    final List<View> views = new CopyOnWriteArrayList<>();
    final List<String> heard = new CopyOnWriteArrayList<>();
    private Group group;

    static Member join(GroupSettings settings) throws GroupException {
        Member member = new Member();
        member.group = Group.join(settings, member);
        return member;
    }

    /** Lets all join at the same moment. */
    static List<Member> joinTogether(List<GroupSettings> settings) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(settings.size())) {
            List<Future<Member>> joins = threads.invokeAll(settings.stream().<Callable<Member>>map(s -> () -> join(s)).toList());
            List<Member> members = new CopyOnWriteArrayList<>();
            for (Future<Member> join : joins)
                members.add(join.get());
            return members;
        }
    }

    static void awaitMembers(Duration atMost, List<Member> members, String... names) {
        List<String> expected = Arrays.stream(names).sorted().toList();
        await().pollInterval(Duration.ofMillis(20)).atMost(atMost).untilAsserted(() -> {
            for (Member member : members)
                org.assertj.core.api.Assertions.assertThat(member.view().members()).containsExactlyInAnyOrderElementsOf(expected);
            org.assertj.core.api.Assertions.assertThat(members.stream().map(member -> member.view().members()).distinct()).hasSize(1);
        });
    }

    @Override
    public void viewChanged(View view) {
        views.add(view);
    }

    @Override
    public void received(String from, byte[] payload) {
        heard.add(from + ": " + new String(payload, StandardCharsets.UTF_8));
    }

    Group group() {
        return group;
    }

    View view() {
        return group.view();
    }

    String name() {
        return view().self();
    }

    void send(String to, String text) {
        group.send(to, text.getBytes(StandardCharsets.UTF_8));
    }

    void broadcast(String text) {
        group.broadcast(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        group.close();
    }
}
