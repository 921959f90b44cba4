package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.SlotSet;
import io.regroup.move.MoveSettings;
import io.regroup.move.SlotMove;
import io.regroup.move.Transfer;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slots are moved between real servers, while clients write. */
@Tag("nobody-beside")
class MoverIT {

    private static final Duration STEP = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<SlotSet> THIRDS = SlotSet.ALL.split(3);

    @TempDir
    Path dir;

    private final Random random = new Random(1);
    private final SortedMap<String, Object> strings = new TreeMap<>();
    private Shards shards;

    @AfterEach
    void end() {
        if (shards != null) {
            shards.close();
        }
    }

    private String bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void set(Redirected client, String key, String value) {
        client.call("SET", key, value);
        strings.put(key, value);
    }

    /** Keys of random bytes, one slot with many of them, all the kinds of values, keys that expire, and big ones. */
    private void fill(Redirected client) {
        for (int i = 0; i < 4_000; i++) {
            set(client, bytes(1 + random.nextInt(30)), bytes(random.nextInt(100)));
        }
        String tag = tagOf(THIRDS.getFirst());
        for (int i = 0; i < 2_000; i++) {
            set(client, "{" + tag + "}" + bytes(8), bytes(20));
        }
        for (int i = 0; i < 100; i++) {
            client.call("HSET", "hash" + i, bytes(5), bytes(50), "field", bytes(50));
            client.call("RPUSH", "list" + i, bytes(50), "", bytes(50));
            client.call("SET", "expires" + i, "later", "EX", "3600");
        }
        for (int i = 0; i < 3; i++) {
            set(client, "{" + tag + "}big" + i, bytes(20_000_000));
        }
    }

    private static String tagOf(SlotSet slots) {
        for (int i = 0; ; i++) {
            if (slots.contains(SlotHash.getSlot("tag" + i))) {
                return "tag" + i;
            }
        }
    }

    private void assertFilled(Redirected client) {
        strings.forEach((key, value) -> assertThat(client.call("GET", key)).isEqualTo(value));
        for (int i = 0; i < 100; i++) {
            assertThat(client.call("HLEN", "hash" + i)).isEqualTo("2");
            assertThat(client.call("LLEN", "list" + i)).isEqualTo("3");
            assertThat(Integer.parseInt((String) client.call("TTL", "expires" + i))).isBetween(3_000, 3_600);
        }
    }

    private List<Transfer> carryOut(int atOnce, Transfer... moves) throws Exception {
        CompletableFuture<List<Transfer>> over = new CompletableFuture<>();
        try (Mover mover = new Mover(atOnce)) {
            mover.start(List.of(moves), over::complete);
            return over.get(5, TimeUnit.MINUTES);
        }
    }

    private static void assertMoved(List<Transfer> moves) {
        assertThat(moves).allSatisfy(move -> {
            assertThat(move.problem()).isEmpty();
            assertThat(move.isOver()).isTrue();
            assertThat(move.progress().slots()).isEqualTo(move.progress().allSlots());
        });
    }

    private void assertAgreed(List<SlotSet> slots) {
        await("all agree").atMost(PATIENCE).until(() -> shards.isAgreed(slots));
    }

    @Test
    void thousandsOfSlotsGoForthAndBackUnderWritesAndNothingIsLost() throws Exception {
        shards = new Shards(dir, THIRDS);
        try (Redirected client = new Redirected(shards.master(2)); Counting counting = new Counting(shards.master(0), 4, 2_000)) {
            fill(client);
            SlotSet slots = THIRDS.get(0);
            long keys = shards.keys(shards.master(0)) + shards.keys(shards.master(1));

            SlotMove forth = new SlotMove(shards.move(0, 1, slots), 1, MoveSettings.DEFAULT);
            assertMoved(carryOut(1, forth));
            assertAgreed(List.of(SlotSet.NONE, slots.plus(THIRDS.get(1)), THIRDS.get(2)));
            assertThat(forth.progress().keys()).isGreaterThan(2_000);
            assertThat(forth.progress().bytes()).isGreaterThan(60_000_000);
            assertThat(shards.keys(shards.master(0))).isZero();
            assertFilled(client);

            assertMoved(carryOut(1, new SlotMove(shards.move(1, 0, slots), 0, MoveSettings.DEFAULT)));
            assertAgreed(THIRDS);
            assertThat(shards.keys(shards.master(0)) + shards.keys(shards.master(1))).isEqualTo(keys);
            assertFilled(client);
            assertThat(counting.asked()).isPositive();
            assertThat(counting.end()).isPositive();
        }
    }

    /** Each time one step further: what the first sends last is carried out, and nobody hears the answer, as when a leader dies. */
    @Test
    void aMoveThatIsCutOffAtAnyStepIsCarriedOnByAnother() throws Exception {
        shards = new Shards(dir, THIRDS);
        MoveSettings small = new MoveSettings(3, 1_000_000, 4, 1_000);
        try (Redirected client = new Redirected(shards.master(2)); Counting counting = new Counting(shards.master(0), 2, 3_000)) {
            fill(client);
            List<SlotSet> pieces = THIRDS.get(0).split(600);
            List<SlotSet> owned = new ArrayList<>(THIRDS);
            boolean over = false;
            for (int steps = 1; !over; steps++) {
                Move move = shards.move(0, 1, pieces.get(steps));
                SlotMove cut = new SlotMove(move, 1, small);
                for (int i = 1; i < steps && !cut.isOver(); i++) {
                    cut.on(shards.servers().send(cut.next(i), STEP), i);
                }
                over = cut.isOver();
                shards.servers().send(cut.next(steps), STEP);

                assertMoved(carryOut(1, new SlotMove(move, 1, small)));

                owned.set(0, owned.get(0).minus(move.slots()));
                owned.set(1, owned.get(1).plus(move.slots()));
                assertAgreed(owned);
            }
            assertFilled(client);
            assertThat(counting.end()).isPositive();
        }
    }

    /** The answer to a MIGRATE was lost, and the target has what the source had then. */
    @Test
    void whatTheSourceStillHasIsTheTruth() throws Exception {
        shards = new Shards(dir, THIRDS);
        int slot = THIRDS.get(0).first();
        String key = keyOf(slot);
        Move move = shards.move(0, 1, SlotSet.of(slot));
        try (Redirected client = new Redirected(shards.master(0))) {
            client.call("SET", key, "old");
            accepted(shards.one(shards.master(1), "CLUSTER", "SETSLOT", "" + slot, "IMPORTING", shards.id(0).value()));
            Address to = shards.master(1);
            accepted(shards.one(shards.master(0), "MIGRATE", to.host(), "" + to.port(), key, "0", "1000", "COPY"));
            client.call("SET", key, "new");

            assertMoved(carryOut(1, new SlotMove(move, 1, MoveSettings.DEFAULT)));

            assertThat(client.call("GET", key)).isEqualTo("new");
            assertThat(client.moved()).isOne();
        }
    }

    private static String keyOf(int slot) {
        for (int i = 0; ; i++) {
            if (SlotHash.getSlot("key" + i) == slot) {
                return "key" + i;
            }
        }
    }

    private static void accepted(Reply reply) {
        assertThat(reply).isInstanceOf(Reply.Answer.class);
    }

    @Test
    void aMoveThatIsStoppedLeavesItsSlotsOpenAndServed() throws Exception {
        shards = new Shards(dir, THIRDS);
        try (Redirected client = new Redirected(shards.master(2)); Counting counting = new Counting(shards.master(0), 2, 4_000)) {
            fill(client);
            CompletableFuture<List<Transfer>> over = new CompletableFuture<>();
            try (Mover mover = new Mover(1)) {
                mover.start(List.of(new SlotMove(shards.move(0, 1, THIRDS.get(0)), 1, MoveSettings.DEFAULT)), over::complete);
                await().atMost(PATIENCE).until(() -> mover.progress().slots() > 0);
                mover.stop();
                Transfer stopped = over.get(1, TimeUnit.MINUTES).getFirst();
                assertThat(mover.isRunning()).isFalse();
                assertThat(stopped.isOver()).isTrue();
                assertThat(stopped.problem()).isEmpty();
                assertThat(stopped.progress().slots()).isPositive().isLessThan(stopped.progress().allSlots());
            }
            assertFilled(client);

            assertMoved(carryOut(1, new SlotMove(shards.move(0, 1, THIRDS.get(0)), 1, MoveSettings.DEFAULT)));
            assertAgreed(List.of(SlotSet.NONE, THIRDS.get(0).plus(THIRDS.get(1)), THIRDS.get(2)));
            assertFilled(client);
            assertThat(counting.end()).isPositive();
        }
    }

    @Test
    void twoPairsMoveAtOnceAndNoNodeIsInBoth() throws Exception {
        List<SlotSet> quarters = SlotSet.ALL.split(4);
        shards = new Shards(dir, quarters);
        try (Counting counting = new Counting(shards.master(0), 2, 4_000)) {
            List<SlotSet> halves = quarters.stream().map(quarter -> quarter.split(2).getFirst()).toList();
            assertMoved(carryOut(4,
                new SlotMove(shards.move(0, 1, halves.get(0)), 1, MoveSettings.DEFAULT),
                new SlotMove(shards.move(1, 2, halves.get(1)), 0, MoveSettings.DEFAULT),
                new SlotMove(shards.move(2, 3, halves.get(2)), 0, MoveSettings.DEFAULT),
                new SlotMove(shards.move(3, 0, halves.get(3)), 0, MoveSettings.DEFAULT)));
            List<SlotSet> owned = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                owned.add(quarters.get(i).minus(halves.get(i)).plus(halves.get((i + 3) % 4)));
            }
            assertAgreed(owned);
            assertThat(counting.end()).isPositive();
        }
    }

    @Test
    void aTargetThatHangsBlocksTheSourceForAMomentOnly() throws Exception {
        shards = new Shards(dir, THIRDS);
        try (Redirected client = new Redirected(shards.master(0))) {
            fill(client);
            SlotMove move = new SlotMove(shards.move(0, 1, THIRDS.get(0)), 0, MoveSettings.DEFAULT);
            int step = 0;
            SortedMap<Address, List<Command>> next = move.next(step++);
            while (!first(next).equals("MIGRATE")) {
                move.on(shards.servers().send(next, STEP), step);
                next = move.next(step++);
            }
            shards.server(1).signal("STOP");
            long from = System.nanoTime();
            move.on(shards.servers().send(next, STEP), step);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(3));

            next = move.next(step++);

            assertThat(next).containsOnlyKeys(shards.master(1));
            assertThat(first(next)).isEqualTo("PING");
            shards.server(1).signal("CONT");
            while (!next.isEmpty()) {
                move.on(shards.servers().send(next, STEP), step);
                next = move.next(step++);
            }
            assertMoved(List.of(move));
            assertAgreed(List.of(SlotSet.NONE, THIRDS.get(0).plus(THIRDS.get(1)), THIRDS.get(2)));
            assertFilled(client);
        }
    }

    private static String first(SortedMap<Address, List<Command>> step) {
        return step.values().iterator().next().getFirst().words().getFirst();
    }

    @Test
    void slotsThatTheSourceDoesNotOwnAreNotTaken() throws Exception {
        shards = new Shards(dir, THIRDS);

        Transfer move = carryOut(1, new SlotMove(shards.move(0, 1, THIRDS.get(2)), 0, MoveSettings.DEFAULT)).getFirst();

        assertThat(move.problem()).isEqualTo(Optional.of(shards.master(0) + " does not own the slots any more that it was to give: "
            + SlotSet.range(THIRDS.get(2).first(), THIRDS.get(2).first() + 511)));
        assertAgreed(THIRDS);
    }
}
