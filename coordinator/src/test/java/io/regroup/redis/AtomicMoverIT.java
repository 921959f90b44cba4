package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.move.AtomicMove;
import io.regroup.move.ServerJob;
import io.regroup.move.Transfer;
import io.regroup.plan.Action;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Slots are moved by servers that can do so themselves, while clients count. It needs such a server on the PATH, and fails with any other:
 * {@code mvn verify -Pservers} runs it with Valkey and with Redis.
 */
class AtomicMoverIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final List<SlotSet> THIRDS = SlotSet.ALL.split(3);
    /** As many as a migration takes at once. */
    private static final List<SlotSet> FIRST = THIRDS.stream().map(third -> SlotSet.range(third.first(), third.first() + 1_023)).toList();
    private static final int KEYS = 100_000;
    /** All of them in one migration, so that there is time for what is to happen in the middle of it. */
    private static final int ALL_AT_ONCE = 10 * KEYS;

    @TempDir
    Path dir;

    private Shards shards;
    private MoveBy by;

    @BeforeEach
    void begin() {
        shards = new Shards(dir, THIRDS);
        by = read(0).facts().atomic().by();
        assertThat(by).as("how " + RealServer.server(dir.resolve("version")) + " moves slots by itself").isEqualTo(MoveBy.valueOf(System.getProperty("moves")));
    }

    @AfterEach
    void end() {
        if (shards != null) {
            shards.close();
        }
    }

    /** What the member of this master's pod would report. */
    private OwnRedis.Reading.Answered read(int master) {
        OwnRedis reader = new OwnRedis(shards.servers(), shards.master(master), TIMEOUT, () -> { }, new OwnRedis.CopyOf() {
            @Override
            public Optional<NodeId> master(NodeId self) {
                return Optional.empty();
            }

            @Override
            public void remember(NodeId self, NodeId master) {
            }
        });
        try {
            return (OwnRedis.Reading.Answered) reader.read();
        } finally {
            reader.close();
        }
    }

    private static ClusterNode myself(OwnRedis.Reading.Answered reading) {
        return reading.table().myself();
    }

    /** Small keys all over these slots. */
    private void fill(int master, SlotSet slots, int keys) {
        String[] tags = new String[SlotSet.COUNT];
        int missing = slots.size();
        for (int i = 0; missing > 0; i++) {
            int slot = SlotHash.getSlot("t" + i);
            if (slots.contains(slot) && tags[slot] == null) {
                tags[slot] = "t" + i;
                missing--;
            }
        }
        int[] all = slots.stream().toArray();
        List<Command> batch = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            batch.add(Command.of("SET", "{" + tags[all[i % all.length]] + "}" + i, "value " + i));
            if (batch.size() == 2_000 || i == keys - 1) {
                shards.servers().send(new TreeMap<>(Map.of(shards.master(master), batch)), TIMEOUT).values().forEach(replies -> replies.forEach(Reply::answer));
                batch.clear();
            }
        }
    }

    private static CompletableFuture<List<Transfer>> start(Mover mover, Transfer move) {
        CompletableFuture<List<Transfer>> over = new CompletableFuture<>();
        mover.start(List.of(move), over::complete);
        return over;
    }

    private static Transfer carryOut(Transfer move) throws Exception {
        try (Mover mover = new Mover(1)) {
            return start(mover, move).get(5, TimeUnit.MINUTES).getFirst();
        }
    }

    private static void assertMoved(Transfer move) {
        assertThat(move.problem()).isEmpty();
        assertThat(move.isOver()).isTrue();
        assertThat(move.progress().slots()).isEqualTo(move.progress().allSlots());
    }

    private void assertAgreed(SlotSet... slots) {
        await("all agree").atMost(PATIENCE).until(() -> shards.isAgreed(List.of(slots)));
    }

    private Move move(int from, int to, SlotSet slots) {
        return shards.move(from, to, slots);
    }

    private AtomicMove atOnce(int from, int to) {
        return new AtomicMove(move(from, to, FIRST.get(from)), by, 0, ALL_AT_ONCE);
    }

    private List<ServerJob> jobs(Address at) {
        Reply reply = shards.servers().send(new TreeMap<>(Map.of(at, List.of(ServerJob.question(by)))), TIMEOUT).get(at).getFirst();
        return ServerJob.list(by, ((Reply.Answer) reply).items());
    }

    /** Until the servers are in the middle of it. */
    private void untilUnderWay(int from, int to) {
        await("under way").atMost(PATIENCE).pollInterval(Duration.ofMillis(2))
            .until(() -> jobs(shards.master(from)).stream().anyMatch(ServerJob::isRunning) && jobs(shards.master(to)).stream().anyMatch(ServerJob::isRunning));
    }

    private void carryOut(Action action) {
        shards.servers().send(action.commands(), TIMEOUT).values().forEach(replies -> replies.forEach(Reply::answer));
    }

    @Test
    void slotsGoForthAndBackUnderWritesAndNoClientIsSentRoundOrLosesAnything() throws Exception {
        try (Redirected client = new Redirected(shards.master(2)); Counting counting = new Counting(shards.master(0), 4, 1_000)) {
            fill(0, THIRDS.get(0), KEYS);
            Random random = new Random(1);
            byte[] bytes = new byte[20_000_000];
            random.nextBytes(bytes);
            String big = new String(bytes, StandardCharsets.ISO_8859_1);
            client.call("SET", "{t" + tagOf(THIRDS.get(0)) + "}big", big);
            for (int i = 0; i < 100; i++) {
                client.call("HSET", "hash" + i, "a", "b", "field", "value");
                client.call("RPUSH", "list" + i, "one", "", "three");
                client.call("SET", "expires" + i, "later", "EX", "3600");
            }
            long keys = shards.keys(shards.master(0)) + shards.keys(shards.master(1));

            Transfer forth = carryOut(new AtomicMove(move(0, 1, THIRDS.get(0)), by, 1, KEYS / 4));

            assertMoved(forth);
            assertThat(forth.progress().keys()).isGreaterThanOrEqualTo(KEYS);
            assertThat(forth.progress().bytes()).isGreaterThan(20_000_000);
            assertThat(jobs(shards.master(1))).as("in chunks").hasSizeGreaterThan(3);
            assertAgreed(SlotSet.NONE, THIRDS.get(0).plus(THIRDS.get(1)), THIRDS.get(2));
            assertThat(shards.keys(shards.master(0))).isZero();
            assertMoved(carryOut(new AtomicMove(move(1, 0, THIRDS.get(0)), by, 0, KEYS)));
            assertAgreed(THIRDS.get(0), THIRDS.get(1), THIRDS.get(2));

            assertThat(shards.keys(shards.master(0)) + shards.keys(shards.master(1))).isEqualTo(keys);
            assertThat(client.call("GET", "{t" + tagOf(THIRDS.get(0)) + "}big")).isEqualTo(big);
            for (int i = 0; i < 100; i++) {
                assertThat(client.call("HLEN", "hash" + i)).isEqualTo("2");
                assertThat(client.call("LLEN", "list" + i)).isEqualTo("3");
                assertThat(Integer.parseInt((String) client.call("TTL", "expires" + i))).isBetween(3_000, 3_600);
            }
            assertThat(counting.end()).isPositive();
            assertThat(counting.asked()).as("sent on by ASK").isZero();
        }
    }

    private static int tagOf(SlotSet slots) {
        for (int i = 0; ; i++) {
            if (slots.contains(SlotHash.getSlot("t" + i))) {
                return i;
            }
        }
    }

    @Test
    void whatIsUnderWayIsReportedAsOpenSlotsAndAnotherLeaderWatchesItToItsEnd() throws Exception {
        try (Counting counting = new Counting(shards.master(0), 2, 500)) {
            fill(0, FIRST.get(0), 4 * KEYS);
            try (Mover mover = new Mover(1)) {
                CompletableFuture<List<Transfer>> over = start(mover, atOnce(0, 1));
                untilUnderWay(0, 1);
                mover.stop();
                assertThat(over.get(1, TimeUnit.MINUTES).getFirst().problem()).isEmpty();
            }
            OwnRedis.Reading.Answered source = read(0);
            OwnRedis.Reading.Answered target = read(1);
            assertThat(myself(source).migrating()).hasSize(FIRST.get(0).size()).containsValue(myself(target).id());
            assertThat(myself(target).importing()).hasSize(FIRST.get(0).size()).containsValue(myself(source).id());
            assertThat(target.facts().atomic().slots()).isEqualTo(FIRST.get(0));
            assertThat(target.facts().strays()).isEqualTo(SlotSet.NONE);

            assertMoved(carryOut(atOnce(0, 1)));

            assertThat(jobs(shards.master(1))).as("no second one was begun").hasSize(1);
            assertThat(myself(read(0)).migrating()).isEmpty();
            assertThat(myself(read(1)).importing()).isEmpty();
            assertAgreed(THIRDS.get(0).minus(FIRST.get(0)), THIRDS.get(1).plus(FIRST.get(0)), THIRDS.get(2));
            assertThat(counting.end()).isPositive();
        }
    }

    @Test
    void whatIsCancelledLeavesAllWhereItWas() throws Exception {
        try (Counting counting = new Counting(shards.master(0), 2, 500)) {
            fill(0, FIRST.get(0), KEYS);
            try (Mover mover = new Mover(1)) {
                CompletableFuture<List<Transfer>> over = start(mover, atOnce(0, 1));
                untilUnderWay(0, 1);
                carryOut(new Action.CancelMoves(shards.master(by == MoveBy.MIGRATION ? 1 : 0), by));
                assertThat(over.get(1, TimeUnit.MINUTES).getFirst().problem().orElseThrow()).startsWith("the migration of the slots 0-1023 is cancel");
            }
            await().atMost(PATIENCE).until(() -> myself(read(1)).importing().isEmpty() && myself(read(0)).migrating().isEmpty());
            assertAgreed(THIRDS.get(0), THIRDS.get(1), THIRDS.get(2));
            assertThat(read(1).facts().strays()).isEqualTo(SlotSet.NONE);
            assertThat(counting.end()).isPositive();
        }
    }

    @Test
    void aTargetThatDiesLeavesAllWithTheSource() throws Exception {
        fill(1, FIRST.get(1), KEYS);
        try (Mover mover = new Mover(1)) {
            CompletableFuture<List<Transfer>> over = start(mover, atOnce(1, 0));
            untilUnderWay(1, 0);
            shards.server(0).kill();
            assertThat(over.get(1, TimeUnit.MINUTES).getFirst().problem().orElseThrow()).contains("did not answer");
        }
        await("the source notices").atMost(PATIENCE).until(() -> myself(read(1)).migrating().isEmpty());
        assertThat(myself(read(1)).slots()).isEqualTo(THIRDS.get(1));
        assertThat(shards.keys(shards.master(1))).isEqualTo(KEYS);
    }

    /** As the planner decides it: who takes slots of a dead master ends that before its replica is promoted. */
    @Test
    void aSourceThatDiesIsReplacedAndNothingOfItStaysWithTheTarget() throws Exception {
        fill(1, FIRST.get(1), KEYS);
        await("the replica has them").atMost(PATIENCE).until(() -> shards.keys(shards.replica()) == shards.keys(shards.master(1)));
        NodeId dead = shards.id(1);
        try (Mover mover = new Mover(1)) {
            CompletableFuture<List<Transfer>> over = start(mover, atOnce(1, 0));
            untilUnderWay(1, 0);
            shards.server(1).kill();
            assertThat(over.get(1, TimeUnit.MINUTES).getFirst().problem().orElseThrow()).contains("did not answer");
        }
        if (by == MoveBy.MIGRATION) {
            carryOut(new Action.CancelMoves(shards.master(0), by));
        }
        await("the target takes nothing more").atMost(PATIENCE).until(() -> myself(read(0)).importing().isEmpty());

        NodeId heir = shards.table(shards.replica()).myself().id();
        carryOut(new Action.Promote(shards.replica(), heir, dead, Action.Promotion.TAKEOVER));

        assertThat(shards.table(shards.replica()).myself().slots()).isEqualTo(THIRDS.get(1));
        assertThat(shards.keys(shards.replica())).isEqualTo(KEYS);
        assertThat(myself(read(0)).slots()).isEqualTo(THIRDS.get(0));
        await("the target has no key of them").atMost(PATIENCE).until(() -> shards.keys(shards.master(0)) == 0);
        assertThat(read(0).facts().strays()).isEqualTo(SlotSet.NONE);
    }

    @Test
    void onlyRedisTargetTakesSlotsFromAnotherThanItWasTold() throws Exception {
        Transfer move = carryOut(new AtomicMove(move(0, 1, THIRDS.get(2)), by, 0, ALL_AT_ONCE));

        // It is told no source: whoever owns the slots gives them.
        if (by == MoveBy.MIGRATESLOTS) {
            assertThat(move.problem().orElseThrow()).endsWith("ERR Slots are not served by this node.");
            assertAgreed(THIRDS.get(0), THIRDS.get(1), THIRDS.get(2));
        } else {
            assertAgreed(THIRDS.get(0), THIRDS.get(1).plus(THIRDS.get(2)), SlotSet.NONE);
        }
    }
}
