package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.move.ServerJob;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An operator types FAILOVER at the replica of a master that has no slots yet. The offsets are equal at once, but nobody is elected for a master of
 * nothing: the hand-over waits, and could start at any time. Then the leader begins to move slots there. The simulated target took them although it held
 * its writers, so the waiting hand-over began with offsets from before, and won while the keys were on their way to the replica. Real servers do not:
 * Redis 8.6 begins the import when the hand-over has been given up; Valkey 9.1 keeps whoever imports waiting as it does all writers, and elects for a master
 * of nothing at once. Nor may the replica, which gives it up a moment later than its master does, start it because data arrives: that is asked only until
 * it can start.
 */
class WaitingHandOverTest {

    private static final List<SlotSet> PARTS = SlotSet.ALL.split(3);
    private static final SlotSet SOME = SlotSet.range(0, 99);
    private static final int SLOT = 1;
    private static final int KEYS = 40;
    private static final int TARGET = 3;
    private static final int REPLICA = 4;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 47, 52, 56, 60, 61})
    void ofValkeysKind(long seed) {
        noSlotsComeWhileItWaitsAndNoKeysAreLostAfterIt(seed, MoveBy.MIGRATESLOTS);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 47, 52, 56, 60, 61})
    void ofRedisKind(long seed) {
        noSlotsComeWhileItWaitsAndNoKeysAreLostAfterIt(seed, MoveBy.MIGRATION);
    }

    private static void noSlotsComeWhileItWaitsAndNoKeysAreLostAfterIt(long seed, MoveBy by) {
        try (RedisNodes nodes = new SimulatedNodes(seed, by)) {
            form(nodes);
            // A server gives a hand-over up when it looks next, every 100 ms: the replica before its master, or after it.
            nodes.holds("some time goes by", 1 + seed, () -> true);
            assertThat(nodes.cluster(REPLICA, "FAILOVER")).isEqualTo(RedisNodes.OK);
            assertThat(by == MoveBy.MIGRATESLOTS ? nodes.cluster(0, "MIGRATESLOTS", "SLOTSRANGE", "0", "99", "NODE", nodes.id(TARGET).value())
                : nodes.cluster(TARGET, "MIGRATION", "IMPORT", "0", "99")).doesNotStartWith("ERR");
            nodes.holds("the slots stay", 4000, () -> nodes.table(0).myself().slots().equals(PARTS.get(0)));
            nodes.until("it is over", () -> nodes.jobs(0, by).stream().noneMatch(ServerJob::isRunning)
                && nodes.jobs(TARGET, by).stream().noneMatch(ServerJob::isRunning));
            nodes.holds("the target stays their master", 3000, () -> nodes.table(TARGET).myself().slots().equals(SOME) && nodes.keys(TARGET) == KEYS);
            assertThat(nodes.keys(REPLICA)).isEqualTo(KEYS);
        }
    }

    private static void form(RedisNodes nodes) {
        for (int i = 0; i <= REPLICA; i++) {
            nodes.start(i);
            nodes.cluster(i, "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            for (int j = 0; j < i; j++) {
                nodes.cluster(i, "MEET", nodes.address(j).host(), Integer.toString(nodes.address(j).port()));
            }
            if (i < PARTS.size()) {
                nodes.cluster(i, "ADDSLOTSRANGE", Integer.toString(PARTS.get(i).first()), Integer.toString(PARTS.get(i).last()));
            }
        }
        nodes.until("all know all", () -> IntStream.rangeClosed(0, REPLICA)
            .allMatch(i -> nodes.table(i).others().values().stream().filter(n -> n.isIntroduced()).count() == REPLICA));
        nodes.until("one follows", () -> nodes.cluster(REPLICA, "REPLICATE", nodes.id(TARGET).value()).equals(RedisNodes.OK));
        nodes.until("in sync", () -> nodes.linkUp(REPLICA));
        nodes.until("all are ok", () -> IntStream.rangeClosed(0, REPLICA).allMatch(nodes::stateOk));
        nodes.until("the target knows the owner", () -> nodes.table(TARGET).line(nodes.id(0)).orElseThrow().slots().equals(PARTS.get(0)));
        for (int i = 0; i < KEYS; i++) {
            assertThat(nodes.write(0, SLOT)).isEqualTo(RedisNodes.OK);
        }
    }
}
