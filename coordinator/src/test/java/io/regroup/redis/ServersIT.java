package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Action.Founder;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches to real servers, and what each action's commands do there. */
class ServersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    @TempDir
    Path dir;

    private final List<RealServer> started = new ArrayList<>();
    private final Servers servers = new Servers(Duration.ofSeconds(1));

    @AfterEach
    void end() {
        servers.close();
        started.forEach(RealServer::close);
    }

    private List<RealServer> start(int count) {
        for (int i = 0; i < count; i++) {
            started.add(new RealServer(dir.resolve("server-" + started.size())).start());
        }
        List<RealServer> fresh = List.copyOf(started.subList(started.size() - count, started.size()));
        fresh.forEach(server -> await().atMost(PATIENCE).until(() -> table(server).isPresent()));
        return fresh;
    }

    private Optional<ClusterTable> table(RealServer server) {
        return one(server.address(), "CLUSTER", "NODES") instanceof Reply.Answer answer
            ? Optional.of(NodesText.parse(answer.text())) : Optional.empty();
    }

    private NodeId id(RealServer server) {
        return table(server).orElseThrow().myself().id();
    }

    private Reply one(Address address, String... words) {
        return servers.send(new TreeMap<>(Map.of(address, List.of(new Command(List.of(words))))), TIMEOUT).get(address).getFirst();
    }

    /** Sends what the action sends, and what follows it. @return all replies */
    private List<Reply> carryOut(Action action) {
        List<Reply> replies = new ArrayList<>();
        for (SortedMap<Address, List<Command>> batch : List.of(action.commands(), action.sequel())) {
            servers.send(batch, TIMEOUT).values().forEach(replies::addAll);
        }
        return replies;
    }

    private static void accepted(List<Reply> replies) {
        assertThat(replies).isNotEmpty().allMatch(Reply.Answer.class::isInstance);
    }

    @Test
    void everyCommandOfABatchGetsItsOwnReplyInOrder() {
        RealServer server = start(1).getFirst();

        List<Reply> replies = servers.send(new TreeMap<>(Map.of(server.address(), List.of(
            new Command(List.of("PING")), new Command(List.of("CLUSTER", "FORGET", "0".repeat(40))),
            new Command(List.of("CLUSTER", "MYID")), new Command(List.of("CLUSTER", "INFO"))))), TIMEOUT).get(server.address());

        assertThat(replies.get(0)).isEqualTo(new Reply.Answer("PONG"));
        assertThat(replies.get(1)).isInstanceOfSatisfying(Reply.Refusal.class, r -> assertThat(r.error()).startsWith("ERR Unknown node"));
        assertThat(replies.get(2)).isEqualTo(new Reply.Answer(id(server).value()));
        assertThat(replies.get(3).answer()).contains("cluster_state:fail");
    }

    @Test
    void aServerThatIsNotThereIsSilenceAndHoldsUpNoOther() {
        RealServer server = start(1).getFirst();
        RealServer absent = new RealServer(dir.resolve("absent"));

        SortedMap<Address, List<Reply>> replies = servers.send(new TreeMap<>(Map.of(
            server.address(), List.of(new Command(List.of("PING"))),
            absent.address(), List.of(new Command(List.of("PING")), new Command(List.of("PING"))))), TIMEOUT);

        assertThat(replies.get(server.address())).containsExactly(new Reply.Answer("PONG"));
        assertThat(replies.get(absent.address())).hasSize(2).allMatch(Reply.Silence.class::isInstance);
    }

    @Test
    void aStoppedServerIsSilenceAfterTheTimeout() throws Exception {
        RealServer server = start(1).getFirst();
        server.signal("STOP");
        long from = System.nanoTime();

        Reply reply = servers.send(new TreeMap<>(Map.of(server.address(), List.of(new Command(List.of("PING"))))), Duration.ofMillis(300))
            .get(server.address()).getFirst();

        assertThat(reply).isInstanceOf(Reply.Silence.class);
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isBetween(Duration.ofMillis(290), Duration.ofSeconds(10));
        server.signal("CONT");
    }

    @Test
    void aServerThatCameBackOnItsPortIsReachedAgain() throws InterruptedException {
        RealServer server = start(1).getFirst();
        server.kill();
        assertThat(one(server.address(), "PING")).isInstanceOf(Reply.Silence.class);

        server.start();

        await().atMost(PATIENCE).until(() -> one(server.address(), "PING"), new Reply.Answer("PONG")::equals);
    }

    @Test
    void theActionsBuildPromoteAndForget() throws InterruptedException {
        List<RealServer> six = start(6);
        accepted(carryOut(new Action.Prepare(addresses(six), new TreeSet<>())));
        List<SlotSet> slots = SlotSet.ALL.split(3);
        List<Founder> founders = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            founders.add(new Founder(six.get(i).address(), i + 1, i < 3 ? slots.get(i) : SlotSet.NONE));
        }

        accepted(carryOut(new Action.Bootstrap(founders)));

        await("all know all").atMost(PATIENCE).until(() -> six.stream().allMatch(s -> introduced(s) == 5));
        for (int i = 0; i < 3; i++) {
            RealServer replica = six.get(i + 3);
            accepted(carryOut(new Action.Replicate(replica.address(), id(replica), id(six.get(i)))));
        }
        await("serving, and all know the replicas").atMost(PATIENCE).until(() -> six.stream().allMatch(s ->
            one(s.address(), "CLUSTER", "INFO").answer().contains("cluster_state:ok")
                && table(s).orElseThrow().others().values().stream().filter(ClusterNode::isReplica).count() >= 2));

        RealServer heir = six.get(3);
        NodeId dead = id(six.get(0));
        six.get(0).kill();
        accepted(carryOut(new Action.Promote(heir.address(), id(heir), dead, Promotion.TAKEOVER)));
        await("promoted").atMost(PATIENCE).until(() -> table(heir).orElseThrow().myself().slots().equals(slots.get(0)));

        List<RealServer> five = six.subList(1, 6);
        await("known to all").atMost(PATIENCE).until(() -> five.stream().allMatch(s ->
            table(s).orElseThrow().line(id(heir)).orElseThrow().slots().equals(slots.get(0))));
        accepted(carryOut(new Action.Forget(dead, addresses(five))));
        assertThat(five).allMatch(s -> table(s).orElseThrow().line(dead).isEmpty());
        assertThat(carryOut(new Action.Forget(dead, addresses(five))))
            .as("forgetting twice is an error and no harm").allMatch(Reply.Refusal.class::isInstance);
    }

    @Test
    void slotsWithoutAnOwnerAreTakenWithANewEpochThatAllHearOf() {
        List<RealServer> three = start(3);
        List<SlotSet> slots = SlotSet.ALL.split(3);
        List<Founder> founders = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            // The third founder's slots go to nobody.
            founders.add(new Founder(three.get(i).address(), i + 1, i < 2 ? slots.get(i) : SlotSet.of(slots.get(2).first())));
        }
        accepted(carryOut(new Action.Bootstrap(founders)));
        await("all know all").atMost(PATIENCE).until(() -> three.stream().allMatch(s -> introduced(s) == 2));
        SlotSet left = slots.get(2).minus(SlotSet.of(slots.get(2).first()));

        accepted(carryOut(new Action.TakeSlots(three.get(0).address(), id(three.get(0)), left, SlotSet.NONE, id(three.get(2)))));

        await("known to all").atMost(PATIENCE).until(() -> three.stream().allMatch(s ->
            table(s).orElseThrow().line(id(three.get(0))).orElseThrow().slots().containsAll(left)));
        ClusterNode taker = table(three.get(0)).orElseThrow().myself();
        assertThat(taker.importing()).isEmpty();
        assertThat(taker.configEpoch()).isGreaterThan(3);
    }

    private long introduced(RealServer server) {
        return table(server).map(t -> t.others().values().stream().filter(ClusterNode::isIntroduced).count()).orElse(0L);
    }

    private static TreeSet<Address> addresses(List<RealServer> of) {
        return new TreeSet<>(Set.copyOf(of.stream().map(RealServer::address).toList()));
    }
}
