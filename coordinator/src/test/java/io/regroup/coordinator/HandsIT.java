package io.regroup.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.admin.Counters;
import io.regroup.lead.Leader;
import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Command;
import io.regroup.plan.Decision;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica is told to take over only while it follows whom the leader thinks it does, and carries that out while the leader waits for it or not at all. */
class HandsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final Servers servers = new Servers(Duration.ofSeconds(1));
    private final Counters counters = new Counters();
    private final Hands hands = new Hands(servers, (member, word) -> { }, counters);
    private RealServer master;
    private RealServer replica;
    private RealServer other;

    @BeforeEach
    void begin() {
        master = new RealServer(dir.resolve("master")).start().awaitAnswers(servers);
        replica = new RealServer(dir.resolve("replica")).start().awaitAnswers(servers);
        other = new RealServer(dir.resolve("other")).start().awaitAnswers(servers);
        for (RealServer peer : List.of(master, other)) {
            replica.meet(servers, peer);
        }
        await("all are met").atMost(PATIENCE).until(() -> table(replica).others().values().stream().filter(line -> line.isIntroduced()).count() == 2);
        assertThat(replica.ask(servers, "CLUSTER", "REPLICATE", id(master).value())).isEqualTo(new Reply.Answer("OK"));
    }

    @AfterEach
    void end() {
        servers.close();
        List.of(master, replica, other).forEach(RealServer::close);
    }

    private ClusterTable table(RealServer server) {
        return NodesText.parse(server.ask(servers, "CLUSTER", "NODES").answer());
    }

    private NodeId id(RealServer server) {
        return table(server).myself().id();
    }

    private void promote(RealServer old, Promotion how) {
        carryOut(new Action.Promote(replica.address(), id(replica), id(old), how), new TreeMap<>());
    }

    private void carryOut(Action action, SortedMap<Address, Long> until) {
        hands.carryOut(new Decision("promote", List.of(action), "it is dead", List.of()), "test", until);
    }

    /** By the clock of a server of this machine. */
    private static SortedMap<Address, Long> until(RealServer server, long ms) {
        return new TreeMap<>(Map.of(server.address(), System.currentTimeMillis() + ms));
    }

    /** No question stands before it, which would go unanswered. */
    private Action meet(RealServer to) {
        return new Action.Meet(new TreeMap<>(Map.of(other.address(), new TreeSet<>(Set.of(to.address())))));
    }

    @Test
    void itTakesOver() {
        promote(master, Promotion.TAKEOVER);
        assertThat(table(replica).myself().isMaster()).isTrue();
        assertThat(counters.all()).containsEntry("command CLUSTER FAILOVER", 1L).doesNotContainKey("overtaken promote");
    }

    @ParameterizedTest
    @EnumSource(value = Promotion.class, names = {"TAKEOVER", "FORCE"})
    void itDoesNotWhenItFollowsAnotherByNow(Promotion how) {
        promote(other, how);
        assertThat(table(replica).myself().master()).contains(id(master));
        assertThat(counters.all()).containsEntry("overtaken promote", 1L).doesNotContainKey("command CLUSTER FAILOVER");
    }

    /** Seeds 744039 and 750933: Redis' own election came between the question and the command. */
    @ParameterizedTest
    @EnumSource(value = Promotion.class, names = {"TAKEOVER", "FORCE"})
    void theCommandItselfAsksOnceMore(Promotion how) {
        Action late = new Action.Promote(replica.address(), id(replica), id(other), how);
        assertThat(servers.send(late.commands(), Duration.ofSeconds(2)).get(replica.address()).getFirst()).isInstanceOf(Reply.Refusal.class);
        assertThat(table(replica).myself().master()).contains(id(master));
        Action due = new Action.Promote(replica.address(), id(replica), id(master), how);
        assertThat(servers.send(due.commands(), Duration.ofSeconds(2)).get(replica.address()).getFirst()).isInstanceOf(Reply.Answer.class);
    }

    @Test
    void norWhenItDoesNotAnswer() throws InterruptedException {
        Decision decision = new Decision("promote", List.of(new Action.Promote(replica.address(), id(replica), id(master), Promotion.TAKEOVER)), "it is dead", List.of());
        replica.kill();
        hands.carryOut(decision, "test", new TreeMap<>());
        assertThat(counters.all()).containsEntry("overtaken promote", 1L).doesNotContainKey("command CLUSTER FAILOVER");
    }

    /** That is what the limit is for: nobody waits for it any more when the server goes on, and it does it all the same. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aServerThatStoodStillCarriesOutWhatItFindsInItsSocketUnlessItsTimeIsOver(boolean isLimited) throws Exception {
        RealServer stranger = new RealServer(dir.resolve("stranger")).start().awaitAnswers(servers);
        try {
            other.signal("STOP");
            carryOut(meet(stranger), isLimited ? until(other, Leader.ORDER_MS) : new TreeMap<>());
            assertThat(counters.all()).containsEntry("unanswered MEET", 1L);
            other.signal("CONT");
            NodeId id = id(stranger);
            if (isLimited) {
                await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> table(other).line(id).isEmpty());
            } else {
                await().atMost(PATIENCE).until(() -> table(other).line(id).isPresent());
            }
        } finally {
            stranger.close();
        }
    }

    @Test
    void withinItsTimeItTakesOver() {
        carryOut(new Action.Promote(replica.address(), id(replica), id(master), Promotion.TAKEOVER), until(replica, 60_000));
        assertThat(table(replica).myself().isMaster()).isTrue();
    }

    @Test
    void afterItItDoesNot() {
        carryOut(new Action.Promote(replica.address(), id(replica), id(master), Promotion.TAKEOVER), until(replica, -1));
        assertThat(counters.all()).containsEntry("refused FAILOVER", 1L);
        assertThat(table(replica).myself().master()).contains(id(master));
    }

    /** Seed 1599, with more faults: who had stood still took a slot, with a new epoch, from whoever had been given it meanwhile. */
    @ParameterizedTest
    @ValueSource(longs = {60_000, -1})
    void slotsAreTakenInTimeOrNotAtAll(long ms) {
        SlotSet slots = SlotSet.range(0, 5);
        await("it knows whose they were").atMost(PATIENCE).until(() -> table(other).line(id(master)).filter(line -> line.isIntroduced()).isPresent());
        carryOut(new Action.TakeSlots(other.address(), id(other), slots, SlotSet.NONE, id(master)), until(other, ms));
        assertThat(table(other).myself().slots()).isEqualTo(ms > 0 ? slots : SlotSet.NONE);
        assertThat(counters.all().containsKey("refused SETSLOT")).isEqualTo(ms < 0);
    }

    /** Whatever the server, a limit does not keep it from doing what it is told in time. */
    @Test
    void everyCommandThatHasALimitIsUnderstood() {
        RealServer blank = new RealServer(dir.resolve("blank")).start().awaitAnswers(servers);
        try {
            SortedSet<Address> founders = new TreeSet<>(Set.of(blank.address()));
            List<Action> all = List.of(new Action.Prepare(founders, new TreeSet<>()), new Action.Forget(id(master), new TreeSet<>(Set.of(replica.address()))),
                new Action.BumpEpoch(other.address(), id(other), SlotSet.NONE), new Action.Replicate(other.address(), id(other), id(replica)));
            promote(master, Promotion.TAKEOVER);
            for (Action action : all) {
                action.commands().forEach((address, commands) -> {
                    List<Command> limited = commands.stream().map(command -> command.until(System.currentTimeMillis() + 60_000)).toList();
                    List<Reply> replies = servers.send(new TreeMap<>(Map.of(address, limited)), Duration.ofSeconds(5)).get(address);
                    assertThat(replies).as(limited.toString()).allMatch(Reply.Answer.class::isInstance);
                });
            }
        } finally {
            blank.close();
        }
    }
}
