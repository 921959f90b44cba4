package io.regroup.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerJobTest {

    private static final NodeId A = new NodeId("f48cafa952be32c223993ccf0da58b68107765e7");
    private static final NodeId B = new NodeId("44c4f04f4df6776e2e83b2f08a18a744adc519fe");

    private static List<String> words(String line) {
        return Arrays.stream(line.split("[|]")).map(String::strip).toList();
    }

    /** As valkey 9.1.2 says it, of a job that is over. */
    private static List<String> valkey(String operation, String state, String message) {
        List<String> words = new ArrayList<>(words("name|1ddb8e9d950fc80a3c5528d2317e38002b672a27|operation|" + operation + "|slot_ranges|0-5 7-7 9-12"
            + "|target_node|" + B + "|source_node|" + A + "|create_time|1795574968|last_update_time|1795574968|last_ack_time|1795574968|state|" + state));
        words.addAll(List.of("message", message, "cow_size", "0", "remaining_repl_size", "0"));
        return words;
    }

    /** As redis 8.6.3 says it. */
    private static List<String> redis(String operation, String state, int retries) {
        return words("id|1b06d846cc9ebbb745b37cf18834b90fe4f8e3ad|slots|0-99|source|" + A + "|dest|" + B + "|operation|" + operation + "|state|" + state
            + "|last_error|Main channel - Read error|retries|" + retries + "|create_time|1795574973631|start_time|0|end_time|0|write_pause_ms|5");
    }

    private static ServerJob valkeys(String operation, String state) {
        return ServerJob.list(MoveBy.MIGRATESLOTS, valkey(operation, state, "")).getFirst();
    }

    private static ServerJob redis(String operation, String state) {
        return ServerJob.list(MoveBy.MIGRATION, redis(operation, state, 0)).getFirst();
    }

    @Test
    void bothServersListsAreRead() {
        assertThat(ServerJob.list(MoveBy.MIGRATESLOTS, valkey("EXPORT", "failed", "Connection lost"))).containsExactly(new ServerJob(MoveBy.MIGRATESLOTS,
            "1ddb8e9d950fc80a3c5528d2317e38002b672a27", false, SlotSet.parse("0-5 7 9-12"), Optional.of(A), Optional.of(B), "failed", "Connection lost", 0));
        assertThat(ServerJob.list(MoveBy.MIGRATION, redis("import", "accumulate-buffer", 2))).containsExactly(new ServerJob(MoveBy.MIGRATION,
            "1b06d846cc9ebbb745b37cf18834b90fe4f8e3ad", true, SlotSet.range(0, 99), Optional.of(A), Optional.of(B), "accumulate-buffer",
            "Main channel - Read error", 2));
    }

    @Test
    void severalStandOneAfterTheOther() {
        List<String> two = new ArrayList<>(valkey("IMPORT", "success", ""));
        two.addAll(valkey("EXPORT", "snapshotting", ""));
        assertThat(ServerJob.list(MoveBy.MIGRATESLOTS, two)).extracting(ServerJob::state).containsExactly("success", "snapshotting");
        assertThat(ServerJob.list(MoveBy.MIGRATION, List.of())).isEmpty();
    }

    /** What a replica lists of its master's. */
    @Test
    void aReplicaNamesNoNodes() {
        ServerJob job = ServerJob.list(MoveBy.MIGRATESLOTS, words("name|1d|operation|IMPORT|slot_ranges|0-99|state|occurring-on-primary")).getFirst();
        assertThat(job.source()).isEmpty();
        assertThat(job.target()).isEmpty();
        assertThat(job.isRunning()).isTrue();
    }

    @Test
    void onlyRedisTargetGoesOnAfterAFailure() {
        assertThat(redis("import", "failed").isRunning()).isTrue();
        assertThat(redis("migrate", "failed").isRunning()).isFalse();
        assertThat(valkeys("IMPORT", "failed").isRunning()).isFalse();
        assertThat(valkeys("EXPORT", "failed").isRunning()).isFalse();
    }

    @Test
    void whatIsOver() {
        assertThat(List.of(valkeys("EXPORT", "success"), redis("import", "completed"))).allMatch(job -> !job.isRunning() && job.hasSucceeded());
        assertThat(List.of(valkeys("EXPORT", "cancelled"), redis("import", "canceled"))).noneMatch(job -> job.isRunning() || job.hasSucceeded());
        assertThat(List.of(valkeys("IMPORT", "cleaning-up"), redis("migrate", "stream-eof"))).allMatch(ServerJob::isRunning);
    }

    @Test
    void whatIsNoListIsRefused() {
        assertThatThrownBy(() -> ServerJob.list(MoveBy.MIGRATION, List.of("id", "1", "slots", "0-1"))).hasMessageStartingWith("a migration without operation");
        assertThatThrownBy(() -> ServerJob.question(MoveBy.MIGRATE)).isInstanceOf(IllegalArgumentException.class);
        assertThat(ServerJob.question(MoveBy.MIGRATION)).isEqualTo(Command.of("CLUSTER", "MIGRATION", "STATUS", "ALL"));
    }
}
