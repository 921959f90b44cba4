package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.plan.Reply;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server that has heard its own word of before it became a replica, and its coordinator. */
class FollowAgainIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    @Test
    void itIsItsMastersReplicaAgainAndHasNothingCopiedAnew() throws IOException {
        try (Servers servers = new Servers(Duration.ofSeconds(1)); RealServer own = server("own").awaitAnswers(servers);
             RealServer peer = server("peer").awaitAnswers(servers)) {
            ok(peer, servers, "CLUSTER", "ADDSLOTSRANGE", "0", "16383");
            ok(peer, servers, "CLUSTER", "SET-CONFIG-EPOCH", "2");
            own.meet(servers, peer);
            await("they have met").atMost(PATIENCE).until(() -> nodes(own, servers).contains("0-16383") && !nodes(own, servers).contains("handshake"));
            await("it serves").atMost(PATIENCE).until(() -> peer.ask(servers, "SET", "key", "x"), new Reply.Answer("OK")::equals);
            own.hearsItselfLate(servers, () -> {
                ok(own, servers, "CLUSTER", "REPLICATE", text(peer, servers, "CLUSTER", "MYID"));
                await("it copies").atMost(PATIENCE).until(() -> text(own, servers, "DBSIZE"), "1"::equals);
            });
            await("a master by its table").atMost(PATIENCE).until(() -> nodes(own, servers).contains("myself,master"));

            Volume volume = new Volume(dir);
            Gate gate = new Gate(Files.createDirectories(dir.resolve("gate")));
            CopyOnWriteArrayList<Answering> seen = new CopyOnWriteArrayList<>();
            try (Member member = new Member(new Pod("redis-1", "uid", own.address().host(), "node", "zone"), own.address(), own.address(), gate, volume,
                    new OwnRedis(servers, own.address(), Duration.ofSeconds(1), () -> { }, volume), report -> {
                        if (report.state() instanceof Answering answering) {
                            seen.add(answering);
                        }
                    })) {
                member.start();
                await("a replica").atMost(PATIENCE).until(() -> nodes(own, servers).contains("myself,slave"));
                await("and linked").atMost(PATIENCE).until(() -> text(own, servers, "INFO", "replication").contains("master_link_status:up"));
                await("what let it is off").atMost(PATIENCE)
                    .until(() -> text(own, servers, "CONFIG", "GET", "cluster-allow-replica-migration").contains("no"));
            }
            assertThat(seen).anyMatch(state -> state.copiesAsMaster().isPresent());
            assertThat(text(peer, servers, "INFO", "stats")).contains("sync_full:1\r\n").contains("sync_partial_ok:1\r\n");
            assertThat(nodes(peer, servers)).contains("0-16383").contains(" slave ");
            assertThat(text(own, servers, "DBSIZE")).isEqualTo("1");
        }
    }

    private RealServer server(String name) {
        return new RealServer(dir.resolve(name)).start("--cluster-allow-replica-migration", "no");
    }

    private static String nodes(RealServer server, Servers servers) {
        return text(server, servers, "CLUSTER", "NODES");
    }

    private static String text(RealServer server, Servers servers, String... words) {
        Reply.Answer answer = (Reply.Answer) server.ask(servers, words);
        return answer.items().isEmpty() ? answer.text() : String.join(" ", answer.items());
    }

    private static void ok(RealServer server, Servers servers, String... words) {
        assertThat(server.ask(servers, words)).isEqualTo(new Reply.Answer("OK"));
    }
}
