package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.plan.Reply;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member that nobody asks, and that reports without a reason once an hour, beside its own real server. */
class MemberReportsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long HOUR_MS = 3_600_000;

    @TempDir
    Path dir;

    private final LinkedBlockingQueue<Report> reports = new LinkedBlockingQueue<>();

    @Test
    void whatItsServerIsToOthersIsReportedAsSoonAsItTurns() throws IOException, InterruptedException {
        try (Servers servers = new Servers(Duration.ofSeconds(1)); RealServer own = new RealServer(dir.resolve("own")).start().awaitAnswers(servers);
             RealServer peer = new RealServer(dir.resolve("peer")).start().awaitAnswers(servers)) {
            own.meet(servers, peer);
            await("they have met").atMost(PATIENCE)
                .until(() -> own.ask(servers, "CLUSTER", "NODES") instanceof Reply.Answer answer && answer.text().lines().count() == 2
                    && !answer.text().contains("handshake"));
            Volume volume = new Volume(dir);
            OwnRedis reader = new OwnRedis(servers, own.address(), Duration.ofSeconds(1), () -> { }, volume);
            Gate gate = new Gate(Files.createDirectories(dir.resolve("gate")));
            try (Member member = new Member(new Pod("redis-1", "uid", own.address().host(), "node", "zone"), own.address(), own.address(), gate, volume, reader,
                    reports::add, HOUR_MS)) {
                member.start();
                awaitReport("a master", a -> a.table().myself().isMaster());

                String master = ((Reply.Answer) peer.ask(servers, "CLUSTER", "MYID")).text();
                peer.signal("STOP");
                assertThat(own.ask(servers, "CLUSTER", "REPLICATE", master)).isEqualTo(new Reply.Answer("OK"));
                await("it may not be elected without its master's data").atMost(PATIENCE).until(() -> mayNotBeElected(own, servers));
                peer.signal("CONT");
                awaitReport("a replica, and a copy", a -> a.table().myself().isReplica() && a.facts().synced());
                await("it may be elected").atMost(PATIENCE).until(() -> !mayNotBeElected(own, servers));

                peer.kill();
                awaitReport("without its master", a -> !a.facts().linkUp());

                assertThat(own.ask(servers, "CLUSTER", "RESET")).isEqualTo(new Reply.Answer("OK"));
                awaitReport("a master again", a -> a.table().myself().isMaster());
            }
        }
    }

    private static boolean mayNotBeElected(RealServer server, Servers servers) {
        return ((Reply.Answer) server.ask(servers, "CLUSTER", "NODES")).text().contains("myself,slave,nofailover");
    }

    private void awaitReport(String what, Predicate<Answering> wanted) {
        await(what).atMost(PATIENCE).until(() -> {
            Report report = reports.poll(1, TimeUnit.SECONDS);
            return report != null && report.state() instanceof Answering a && wanted.test(a);
        });
    }
}
