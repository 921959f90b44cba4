package io.regroup.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.admin.Counters;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.plan.Action;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A replica is told to take over only while it follows whom the leader thinks it does. */
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
        hands.carryOut(new Decision("promote", List.of(new Action.Promote(replica.address(), id(replica), id(old), how)), "it is dead", List.of()), "test");
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
        hands.carryOut(decision, "test");
        assertThat(counters.all()).containsEntry("overtaken promote", 1L).doesNotContainKey("command CLUSTER FAILOVER");
    }
}
