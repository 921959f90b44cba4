package io.regroup.local;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The start gate as the coordinator sees it: image/regroup-redis itself, with a redis-server that only writes down that it was
 * started and with what.
 */
class GateScriptTest {
    private static final Path SCRIPT = Path.of("..", "image", "regroup-redis").toAbsolutePath().normalize();
    /** Some 20 rounds of the script's waiting: enough for it to do what it must not do. */
    private static final Duration A_WHILE = Duration.ofSeconds(1);

    @TempDir
    Path dir;

    private Path gate;
    private Path redis;
    private Path starts;
    private Path log;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void fakeServer() throws IOException {
        gate = dir.resolve("gate");
        redis = dir.resolve("redis");
        starts = dir.resolve("starts");
        log = dir.resolve("log");
        Files.writeString(dir.resolve("fake-server"), """
                #!/usr/bin/env bash
                echo "$*" >>'%s'
                exec sleep 600
                """.formatted(starts));
        Files.setPosixFilePermissions(dir.resolve("fake-server"), PosixFilePermissions.fromString("rwx------"));
    }

    @AfterEach
    void endProcesses() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void nothingStartsWithoutPermit() throws IOException {
        Process script = start();
        request();
        Files.writeString(gate.resolve("waiting"), "the slots 0-5460 are still owned at this address\n");

        await().atMost(5, SECONDS).until(() -> Files.readString(log).contains("the slots 0-5460 are still owned"));
        await().during(A_WHILE).atMost(A_WHILE.plusSeconds(1)).until(() -> started().isEmpty() && script.isAlive());
        assertThat(gate.resolve("running")).doesNotExist();
    }

    /** The kubelet ran the preStop hooks before it restarted the container: all pods of a machine that restarts would leave for ever. */
    @Test
    void aPodWhoseContainerIsStartedDoesNotLeave() throws IOException {
        Files.createDirectories(gate);
        Files.createFile(gate.resolve("leave"));
        Files.createFile(gate.resolve("released"));
        start();
        request();
        assertThat(gate.resolve("leave")).doesNotExist();
        assertThat(gate.resolve("released")).doesNotExist();
    }

    @Test
    void aPermitForAnotherStartIsIgnoredAndRemoved() throws IOException {
        start();
        String id = request();
        permit("0123456789abcdef data");

        await().atMost(5, SECONDS).until(() -> !Files.exists(gate.resolve("permit")));
        await().during(A_WHILE).atMost(A_WHILE.plusSeconds(1)).until(() -> started().isEmpty());
        assertThat(request()).as("it still asks for the same start").isEqualTo(id);
    }

    @Test
    void aPermitThatLayThereBeforeIsIgnoredAndRemoved() throws IOException {
        Files.createDirectories(gate);
        permit("0123456789abcdef data");
        start();
        request();

        assertThat(gate.resolve("permit")).doesNotExist();
        await().during(A_WHILE).atMost(A_WHILE.plusSeconds(1)).until(() -> started().isEmpty());
    }

    @Test
    void aPermitWithAnUnknownModeStartsNothing() throws IOException {
        start();
        permit(request() + " everything");

        await().atMost(5, SECONDS).until(() -> !Files.exists(gate.resolve("permit")));
        await().during(A_WHILE).atMost(A_WHILE.plusSeconds(1)).until(() -> started().isEmpty());
    }

    @Test
    void theRightPermitStartsTheServerOnceInPlaceOfTheScript() throws Exception {
        Process script = start();
        String id = request();
        permit(id + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(script.info().command()).as("the process is the server's now").get().asString().doesNotContain("bash");
        assertThat(gate.resolve("running")).hasContent(id);
        assertThat(gate.resolve("request")).doesNotExist();
        assertThat(gate.resolve("permit")).doesNotExist();

        permit(id + " data");
        await().during(A_WHILE).atMost(A_WHILE.plusSeconds(1)).until(() -> started().size() == 1);
    }

    @Test
    void theServerIsToldWhereItIsAndTheUsersLinesComeAfterOurFile() throws IOException {
        Path overrides = Files.createDirectories(dir.resolve("redis.d"));
        Files.createFile(overrides.resolve("b.conf"));
        Files.createFile(overrides.resolve("a.conf"));
        Files.createFile(overrides.resolve("notes.txt"));
        start();
        permit(request() + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(started().getFirst()).isEqualTo(String.join(" ",
                SCRIPT.resolve("../../config/redis.conf").normalize().toString(),
                "--include", overrides.resolve("a.conf").toString(),
                "--include", overrides.resolve("b.conf").toString(),
                "--port 7001 --dir", redis.toString(),
                "--cluster-enabled yes --cluster-config-file nodes.conf --cluster-announce-ip 127.0.0.1 --cluster-allow-replica-migration no --repl-ping-replica-period 1 --bind 127.0.0.1"));
    }

    /** It would copy whoever answers there now: all pods may have restarted with other addresses. */
    @Test
    void aReplicaThatStartsAgainDoesNotKnowWhereItsMasterIs() throws IOException {
        String self = "1".repeat(40);
        String master = "2".repeat(40);
        String other = "3".repeat(40);
        Files.createDirectories(redis);
        Files.writeString(redis.resolve("nodes.conf"), self + " 10.0.0.1:6379@16379,,shard-id=5 myself,slave " + master + " 0 0 1 connected\n"
            + master + " 10.0.0.2:6379@16379,,shard-id=5 master - 0 0 1 connected 0-5460\n"
            + other + " 10.0.0.3:6379@16379 master - 0 0 2 connected 5461-10922\n"
            + "vars currentEpoch 6 lastVoteEpoch 0\n");
        start();
        permit(request() + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis.resolve("nodes.conf")).hasContent(self + " 10.0.0.1:6379@16379,,shard-id=5 myself,slave " + master + " 0 0 1 connected\n"
            + master + " :0@0,,shard-id=5 master,noaddr - 0 0 1 connected 0-5460\n"
            + other + " 10.0.0.3:6379@16379 master - 0 0 2 connected 5461-10922\n"
            + "vars currentEpoch 6 lastVoteEpoch 0\n");
    }

    /** A stranger may be there by now, whose epoch would count as theirs. */
    @Test
    void whomThePermitNamesIsNotLookedForWhereTheTableHasIt() throws IOException {
        String former = "2".repeat(40);
        String other = "3".repeat(40);
        String self = "1".repeat(40) + " 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5460\n";
        Files.createDirectories(redis);
        Files.writeString(redis.resolve("nodes.conf"), self + former + " 10.0.0.2:6379@16379,,shard-id=5 master - 0 0 3 connected 10923-16383\n"
            + other + " 10.0.0.3:6379@16379 master - 0 0 2 connected 5461-10922\n");
        start();
        permit(request() + " data " + former);

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis.resolve("nodes.conf")).hasContent(self + former + " :0@0,,shard-id=5 master,noaddr - 0 0 3 connected 10923-16383\n"
            + other + " 10.0.0.3:6379@16379 master - 0 0 2 connected 5461-10922\n");
    }

    /**
     * All had other addresses after a restart, and one had that of another. It meets itself there, and what it wrote as a master and reads as a replica makes
     * it a master by its table, which is one for nobody: its keys are its master's, and that refuses to be moved what it has.
     */
    @Test
    void nobodyIsLookedForAtItsOwnAddress() throws IOException {
        String other = "2".repeat(40);
        String third = "3".repeat(40);
        String self = "1".repeat(40) + " 127.0.0.1:7001@17001 myself,master - 0 0 1 connected 0-5460\n";
        Files.createDirectories(redis);
        Files.writeString(redis.resolve("nodes.conf"), self + other + " 127.0.0.1:7001@17001,,shard-id=5 master - 0 0 3 connected 10923-16383\n"
            + third + " 127.0.0.11:7001@17001 master - 0 0 2 connected 5461-10922\nvars currentEpoch 6 lastVoteEpoch 0\n");
        start();
        permit(request() + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis.resolve("nodes.conf")).hasContent(self + other + " :0@0,,shard-id=5 master,noaddr - 0 0 3 connected 10923-16383\n"
            + third + " 127.0.0.11:7001@17001 master - 0 0 2 connected 5461-10922\nvars currentEpoch 6 lastVoteEpoch 0\n");
    }

    @Test
    void aMasterThatStartsAgainKeepsItsTable() throws IOException {
        Files.createDirectories(redis);
        String table = "1".repeat(40) + " 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5460\n" + "vars currentEpoch 6 lastVoteEpoch 0\n";
        Files.writeString(redis.resolve("nodes.conf"), table);
        start();
        permit(request() + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis.resolve("nodes.conf")).hasContent(table);
    }

    @Test
    void blankRemovesTheDataAndTheIdentityBeforeTheStart() throws IOException {
        oldData();
        start();
        permit(request() + " blank");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis).isEmptyDirectory();
    }

    @Test
    void dataKeepsTheDataAndTheIdentity() throws IOException {
        oldData();
        start();
        permit(request() + " data");

        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        assertThat(redis.resolve("nodes.conf")).exists();
        assertThat(redis.resolve("dump.rdb")).exists();
        assertThat(redis.resolve("appendonlydir/appendonly.aof.1.incr.aof")).exists();
    }

    @Test
    void withoutPermitTheDataIsNotTouched() throws IOException {
        oldData();
        start();
        request();
        permit("0123456789abcdef blank");

        await().atMost(5, SECONDS).until(() -> !Files.exists(gate.resolve("permit")));
        assertThat(redis.resolve("appendonlydir/appendonly.aof.1.incr.aof")).exists();
    }

    @Test
    void sigtermWhileItWaitsEndsItPromptlyAndWithoutAStart() throws Exception {
        Process script = start();
        request();
        script.destroy();

        assertThat(script.waitFor(1, SECONDS)).as("ended within a second").isTrue();
        assertThat(script.exitValue()).isEqualTo(128 + 15);
        assertThat(started()).isEmpty();
    }

    @Test
    void aSecondRunAsksAnew() throws Exception {
        Process first = start();
        String id = request();
        permit(id + " data");
        await().atMost(5, SECONDS).until(() -> started().size() == 1);
        first.destroyForcibly().waitFor();

        start();
        String again = request();
        assertThat(again).isNotEqualTo(id);
        assertThat(gate.resolve("running")).as("what ran before runs no more").doesNotExist();

        permit(id + " data");
        await().atMost(5, SECONDS).until(() -> !Files.exists(gate.resolve("permit")));
        assertThat(started()).as("the permit of the first start is used up").hasSize(1);
        permit(again + " data");
        await().atMost(5, SECONDS).until(() -> started().size() == 2);
    }

    private Process start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString());
        builder.environment().put("REGROUP_HOME", SCRIPT.getParent().getParent().toString());
        builder.environment().put("REDIS_SERVER", dir.resolve("fake-server").toString());
        builder.environment().put("REDIS_CONF_DIR", dir.resolve("redis.d").toString());
        builder.environment().put("DATA_DIR", dir.toString());
        builder.environment().put("REDIS_CLUSTER_PORT", "7001");
        builder.environment().put("POD_IP", "127.0.0.1");
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** ScaleKubeIT: a pod was deleted while it was started, and its hook waited for the whole grace period: the container had deleted what it said. */
    @Test
    void aPodThatIsDeletedWhileItIsStartedLeaves() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(SCRIPT.resolveSibling("regroup-leave").toString());
        builder.environment().put("DATA_DIR", dir.toString());
        Process hook = builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
        processes.add(hook);
        await().atMost(5, SECONDS).until(() -> Files.exists(gate.resolve("leave")));
        start();
        request();
        await().atMost(5, SECONDS).until(() -> Files.exists(gate.resolve("leave")));
        assertThat(hook.isAlive()).isTrue();
        Files.createFile(gate.resolve("released"));
        assertThat(hook.waitFor(5, SECONDS)).isTrue();
        assertThat(hook.exitValue()).isZero();
    }

    /** The id that the script asks with, as soon as it asks. */
    private String request() throws IOException {
        await().atMost(5, SECONDS).until(() -> Files.exists(gate.resolve("request")));
        return Files.readString(gate.resolve("request")).strip();
    }

    /** Writes the permit as the coordinator does: whole or not at all. */
    private void permit(String line) throws IOException {
        Path unfinished = Files.writeString(gate.resolve("permit.tmp"), line + "\n");
        Files.move(unfinished, gate.resolve("permit"), StandardCopyOption.ATOMIC_MOVE);
    }

    private List<String> started() throws IOException {
        return Files.exists(starts) ? Files.readAllLines(starts) : List.of();
    }

    private void oldData() throws IOException {
        Files.createDirectories(redis.resolve("appendonlydir"));
        Files.createFile(redis.resolve("appendonlydir/appendonly.aof.1.incr.aof"));
        Files.createFile(redis.resolve("appendonly.aof"));
        Files.createFile(redis.resolve("dump.rdb"));
        Files.createFile(redis.resolve("nodes.conf"));
    }
}
