package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Pod;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.RedisState.Ended;
import io.regroup.model.Report;
import io.regroup.plan.Reply;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.RealServer;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member whose pod leaves, beside its own real server. */
class MemberIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long ROUND = 7;

    @TempDir
    Path dir;

    private final Servers servers = new Servers(Duration.ofSeconds(1));
    private final LinkedBlockingQueue<Report> reports = new LinkedBlockingQueue<>();
    private RealServer own;
    private RealServer peer;
    private Gate gate;
    private Member member;

    @BeforeEach
    void begin() throws IOException {
        own = new RealServer(dir.resolve("redis")).start().awaitAnswers(servers);
        peer = new RealServer(dir.resolve("peer")).start().awaitAnswers(servers);
        own.meet(servers, peer);
        Path places = Files.createDirectories(dir.resolve("gate"));
        gate = new Gate(places);
        Volume volume = new Volume(dir);
        member = new Member(new Pod("redis-1", "uid", own.address().host(), "node", "zone"), own.address(), own.address(), gate, volume,
            new OwnRedis(servers, own.address(), Duration.ofSeconds(1), () -> { }, volume), reports::add);
        member.start();
        member.joined();
        await("the peer is met").atMost(PATIENCE).until(() -> member.last().state() instanceof Answering a && !a.table().others().isEmpty());
        Files.createFile(places.resolve("leave"));
        awaitReport("its leave", Report::leaving);
    }

    @AfterEach
    void end() {
        member.close();
        servers.close();
        List.of(own, peer).forEach(RealServer::close);
    }

    private void awaitReport(String what, Predicate<Report> wanted) {
        await(what).atMost(PATIENCE).until(() -> {
            Report report = reports.poll(1, TimeUnit.SECONDS);
            return report != null && wanted.test(report);
        });
    }

    @Test
    void itsPodMayEndWhenItOwnsNoSlot() {
        member.release(false);
        await("it is let go").atMost(PATIENCE).until(gate::isReleased);
    }

    @Test
    void itLooksItselfBeforeItLetsItGo() {
        assertThat(own.ask(servers, "CLUSTER", "ADDSLOTS", "7")).isEqualTo(new Reply.Answer("OK"));
        member.release(false);
        member.ask(ROUND);
        awaitReport("what it did after it was let go", report -> report.round() == ROUND);
        assertThat(gate.isReleased()).isFalse();
        assertThat(own.ask(servers, "CLUSTER", "DELSLOTS", "7")).isEqualTo(new Reply.Answer("OK"));
        member.release(false);
        await("it is let go").atMost(PATIENCE).until(gate::isReleased);
    }

    @Test
    void whereAllGoItGoesWithItsSlots() {
        assertThat(own.ask(servers, "CLUSTER", "ADDSLOTS", "7")).isEqualTo(new Reply.Answer("OK"));
        member.release(true);
        await("it is let go").atMost(PATIENCE).until(gate::isReleased);
    }

    /** Which tells the leader whether its replica was there then. */
    @Test
    void whoHasEndedOrWaitsAtTheGateTellsWhenItsDataWasWrittenLast() throws Exception {
        assertThat(own.ask(servers, "CONFIG", "SET", "appendonly", "yes")).isEqualTo(new Reply.Answer("OK"));
        own.kill();
        awaitReport("it has ended", report -> report.state() instanceof Ended ended
            && ended.writtenMs().filter(ms -> ms >= 0 && ms < PATIENCE.toMillis()).isPresent());
        Files.writeString(dir.resolve("gate").resolve("request"), "start-9");
        awaitReport("it waits", report -> report.state() instanceof AtGate gate && gate.request().equals("start-9")
            && gate.writtenMs().filter(ms -> ms >= 0 && ms < PATIENCE.toMillis()).isPresent());
    }
}
