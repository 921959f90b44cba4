package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.SlotSet;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server that has heard its own word of before it became a replica, and its coordinator. */
class FollowAgainIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private final Servers servers = new Servers(Duration.ofSeconds(1));
    private final CopyOnWriteArrayList<Answering> seen = new CopyOnWriteArrayList<>();
    private RealServer own;
    private RealServer peer;
    private Member member;

    @BeforeEach
    void begin() {
        own = server("own").awaitAnswers(servers);
        peer = server("peer").awaitAnswers(servers);
        ok(peer, "CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        ok(own, "CLUSTER", "SET-CONFIG-EPOCH", "1");
        ok(peer, "CLUSTER", "SET-CONFIG-EPOCH", "2");
        own.meet(servers, peer);
        await("they have met").atMost(PATIENCE).until(() -> nodes(own).contains("0-16383") && !nodes(own).contains("handshake"));
        await("it serves").atMost(PATIENCE).until(() -> peer.ask(servers, "SET", "key", "x"), new Reply.Answer("OK")::equals);
    }

    @AfterEach
    void end() {
        if (member != null) {
            member.close();
        }
        servers.close();
        List.of(own, peer).forEach(RealServer::close);
    }

    private void follow() {
        ok(own, "CLUSTER", "REPLICATE", text(peer, "CLUSTER", "MYID"));
        await("it copies").atMost(PATIENCE).until(() -> text(own, "DBSIZE"), "1"::equals);
    }

    private void goAstray() {
        own.hearsItselfLate(servers, this::follow);
        await("a master by its table").atMost(PATIENCE).until(() -> nodes(own).contains("myself,master"));
    }

    private void startMember() throws IOException {
        Volume volume = new Volume(dir);
        Gate gate = new Gate(Files.createDirectories(dir.resolve("gate")));
        member = new Member(new Pod("redis-1", "uid", own.address().host(), "node", "zone"), own.address(), own.address(), gate, volume,
            new OwnRedis(servers, own.address(), Duration.ofSeconds(1), () -> { }, volume), report -> {
                if (report.state() instanceof Answering answering) {
                    seen.add(answering);
                }
            });
        member.start();
    }

    @Test
    void itIsItsMastersReplicaAgainAndHasNothingCopiedAnew() throws IOException {
        goAstray();
        startMember();
        await("it is seen").atMost(PATIENCE).until(() -> seen.size() > 1);
        assertThat(seen).as("nobody has told it its master's epoch").allMatch(state -> state.table().myself().slots().isEmpty());
        member.epochIs(masterId(), 2);
        await("a replica").atMost(PATIENCE).until(() -> nodes(own).contains("myself,slave"));
        await("and linked").atMost(PATIENCE).until(() -> text(own, "INFO", "replication").contains("master_link_status:up"));
        await("what let it is off").atMost(PATIENCE).until(() -> text(own, "CONFIG", "GET", "cluster-allow-replica-migration").contains("no"));
        assertThat(seen).anyMatch(state -> state.copiesAsMaster().isPresent());
        assertThat(text(peer, "INFO", "stats")).contains("sync_full:1\r\n").contains("sync_partial_ok:1\r\n");
        await("its master knows it").atMost(PATIENCE).until(() -> nodes(peer).contains(" slave "));
        assertThat(nodes(peer)).contains("0-16383");
        assertThat(text(own, "DBSIZE")).isEqualTo("1");
    }

    /** Its master is gone, and it has the last copy. It may have taken a slot by then, which is not to be its own when it starts again. */
    @Test
    void whenItIsToldToItStartsAgainAsAMasterOfNothingWithAllThatItHas() throws IOException, InterruptedException {
        goAstray();
        NodeId master = masterId();
        peer.kill();
        startMember();
        member.epochIs(master, 2);
        await("it has taken a slot").atMost(PATIENCE).until(() -> !seen.isEmpty() && !seen.getLast().table().myself().slots().isEmpty());
        member.restart();
        await("it ends").atMost(PATIENCE).until(() -> !own.isAlive());
        own.start("--cluster-allow-replica-migration", "no").awaitAnswers(servers);
        ClusterNode myself = NodesText.parse(nodes(own)).myself();
        assertThat(myself.isMaster()).isTrue();
        assertThat(myself.slots()).isEqualTo(SlotSet.NONE);
        assertThat(myself.importing()).as("what it has keys of (verifyClusterConfigWithData)").hasSize(1);
        assertThat(text(own, "DBSIZE")).isEqualTo("1");
        assertThat(text(own, "INFO", "replication")).contains("role:master");
    }

    @Test
    void whoeverIsAReplicaDoesNotHearThat() throws IOException {
        follow();
        startMember();
        await("it is seen").atMost(PATIENCE).until(() -> !seen.isEmpty());
        int before = seen.size();
        member.restart();
        await("it is seen again").atMost(PATIENCE).until(() -> seen.size() > before + 1);
        assertThat(own.isAlive()).isTrue();
    }

    private RealServer server(String name) {
        return new RealServer(dir.resolve(name)).start("--cluster-allow-replica-migration", "no");
    }

    private NodeId masterId() {
        return new NodeId(text(peer, "CLUSTER", "MYID"));
    }

    private String nodes(RealServer server) {
        return text(server, "CLUSTER", "NODES");
    }

    private String text(RealServer server, String... words) {
        Reply.Answer answer = (Reply.Answer) server.ask(servers, words);
        return answer.items().isEmpty() ? answer.text() : String.join(" ", answer.items());
    }

    private void ok(RealServer server, String... words) {
        assertThat(server.ask(servers, words)).isEqualTo(new Reply.Answer("OK"));
    }
}
