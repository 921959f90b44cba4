package io.regroup.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlotMoveTest {

    private static final int SLOTS = 7;
    private static final MoveSettings SMALL = new MoveSettings(3, 1_000, 3, 10);

    private final TwoNodes nodes = new TwoNodes(SLOTS);
    private long now;

    private Move move() {
        return new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.range(0, SLOTS - 1),
            new TreeSet<>(List.of(nodes.other)));
    }

    private SlotMove slotMove() {
        return new SlotMove(move(), 1, SMALL);
    }

    private void fill() {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int i = 0; i < 2 * slot; i++) {
                nodes.source.keys(slot).add("s" + slot + "k" + i);
            }
        }
    }

    /** @return whether it had something to do */
    private boolean step(SlotMove move) {
        SortedMap<Address, List<Command>> step = move.next(now);
        if (step.isEmpty()) {
            return false;
        }
        SortedMap<Address, List<Reply>> replies = nodes.answer(step);
        now += 5;
        move.on(replies, now);
        return true;
    }

    private SlotMove run(SlotMove move) {
        int steps = 0;
        while (step(move)) {
            assertThat(++steps).isLessThan(1_000);
        }
        assertThat(move.isOver()).isTrue();
        return move;
    }

    private void assertAllMoved() {
        for (int slot = 0; slot < SLOTS; slot++) {
            assertThat(nodes.source.keys(slot)).isEmpty();
            assertThat(nodes.target.keys(slot)).hasSize(2 * slot);
            assertThat(nodes.source.owners).containsEntry(slot, nodes.target.id);
            assertThat(nodes.target.owners).containsEntry(slot, nodes.target.id);
        }
        assertThat(nodes.source.migrating).isEmpty();
        assertThat(nodes.target.importing).isEmpty();
    }

    @Test
    void oneSlotGoesInThisOrder() {
        nodes.source.keys(0).addAll(List.of("a", "b"));
        Move one = new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.of(0), new TreeSet<>(List.of(nodes.other)));

        SlotMove move = run(new SlotMove(one, 1, SMALL));

        assertThat(move.problem()).isEmpty();
        assertThat(nodes.log).containsExactly(
            "source CLUSTER COUNTKEYSINSLOT 0",
            "target CLUSTER SETSLOT 0 IMPORTING SOURCE",
            "source CLUSTER SETSLOT 0 MIGRATING TARGET", "source CLUSTER COUNTKEYSINSLOT 0",
            "source CLUSTER GETKEYSINSLOT 0 2",
            "source MEMORY USAGE a", "source MEMORY USAGE b",
            "source MIGRATE 10.0.0.2 6379  0 125 REPLACE KEYS a b",
            "target PING", "target WAIT 1 100",
            "source CLUSTER SETSLOT 0 MIGRATING TARGET", "source CLUSTER COUNTKEYSINSLOT 0",
            "target CLUSTER SETSLOT 0 IMPORTING SOURCE", "target CLUSTER SETSLOT 0 NODE TARGET",
            "source CLUSTER SETSLOT 0 NODE TARGET", "other CLUSTER SETSLOT 0 NODE TARGET");
        assertThat(move.progress()).isEqualTo(new Progress(1, 1, 2, 100));
    }

    @Test
    void allSlotsGoAndFewStandOpenAtATime() {
        fill();
        SlotMove move = slotMove();
        int open = 0;
        while (step(move)) {
            open = Math.max(open, nodes.source.migrating.size());
            assertThat(nodes.target.importing.size()).isLessThanOrEqualTo(SMALL.chunkSlots());
        }

        assertAllMoved();
        assertThat(open).isEqualTo(SMALL.chunkSlots());
        assertThat(move.progress()).isEqualTo(new Progress(SLOTS, SLOTS, 42, 42 * 50));
    }

    /** After each step, whether or not what was sent last was still carried out. */
    @Test
    void aMoveCutOffAnywhereIsCarriedOnByAnother() {
        int cuts = 0;
        boolean over = false;
        for (int steps = 0; !over; steps++) {
            for (boolean arrives : List.of(true, false)) {
                SlotMoveTest world = new SlotMoveTest();
                world.fill();
                SlotMove cut = world.slotMove();
                for (int i = 0; i < steps; i++) {
                    world.step(cut);
                }
                over = cut.isOver();
                if (arrives) {
                    world.nodes.answer(cut.next(world.now));
                }

                assertThat(world.run(world.slotMove()).problem()).isEmpty();

                world.assertAllMoved();
                cuts++;
            }
        }
        assertThat(cuts).isGreaterThan(50);
    }

    @Test
    void aStopEndsItBeforeTheNextStepAndTheSlotsStayOpen() {
        fill();
        SlotMove move = slotMove();
        while (nodes.source.migrating.isEmpty()) {
            step(move);
        }
        List<String> sent = List.copyOf(nodes.log);

        move.stop();

        assertThat(move.next(now)).isEmpty();
        assertThat(move.isOver()).isTrue();
        assertThat(move.problem()).isEmpty();
        assertThat(nodes.log).isEqualTo(sent);
        assertThat(nodes.source.migrating).hasSize(SMALL.chunkSlots());
        assertThat(nodes.target.importing).hasSize(SMALL.chunkSlots());
    }

    @Test
    void aStopDoesNotLeaveTheSourceUntold() {
        fill();
        SlotMove move = slotMove();
        while (nodes.target.epochs == 0) {
            step(move);
        }

        move.stop();
        run(move);

        assertThat(nodes.source.owners).containsEntry(0, nodes.target.id);
        assertThat(move.progress().slots()).isEqualTo(SMALL.chunkSlots());
        assertThat(nodes.source.migrating).isEmpty();
    }

    @Test
    void silenceEndsItWhereverItComes() {
        boolean over = false;
        int silences = 0;
        for (int steps = 0; !over; steps++) {
            SlotMoveTest world = new SlotMoveTest();
            world.fill();
            SlotMove move = world.slotMove();
            for (int i = 0; i < steps; i++) {
                world.step(move);
            }
            over = move.isOver();
            if (!over) {
                SortedMap<Address, List<Command>> step = move.next(world.now);
                SortedMap<Address, List<Reply>> replies = world.nodes.answer(step);
                List<Reply> last = new ArrayList<>(replies.get(step.firstKey()));
                last.set(last.size() - 1, new Reply.Silence("no answer in time"));
                replies.put(step.firstKey(), last);

                move.on(replies, world.now);

                assertThat(move.isOver()).isTrue();
                assertThat(move.next(world.now)).isEmpty();
                assertThat(move.problem()).contains(step.firstKey() + " did not answer: no answer in time");
                assertThat(world.run(world.slotMove()).problem()).isEmpty();
                world.assertAllMoved();
                silences++;
            }
        }
        assertThat(silences).isGreaterThan(25);
    }

    @Test
    void slotsThatAThirdNodeOwnsAreLeftAndClosed() {
        nodes.source.owners.put(1, new TwoNodes.Node("c", 3).id);

        SlotMove move = run(slotMove());

        assertThat(move.problem()).contains(nodes.source.at + " does not own the slots any more that it was to give: 1");
        assertThat(nodes.target.importing).containsOnlyKeys(0, 2);
        assertThat(nodes.target.owners.values()).doesNotContain(nodes.target.id);
    }

    @Test
    void anErrorOfMigrateIsLookedAtAgainOnceTheTargetLives() {
        fill();
        nodes.migrateErrors.add("IOERR error or timeout reading to target instance");

        assertThat(run(slotMove()).problem()).isEmpty();

        assertAllMoved();
        int failed = IntStream.range(0, nodes.log.size()).filter(i -> nodes.log.get(i).contains("MIGRATE ")).findFirst().orElseThrow();
        assertThat(nodes.log.get(failed + 1)).isEqualTo("target PING");
        assertThat(nodes.log.get(failed + 2)).as("and some time").isEqualTo("target WAIT 1000 200");
        assertThat(nodes.log.get(failed + 3)).startsWith("source CLUSTER SETSLOT");
        assertThat(nodes.log.stream().filter(sent -> sent.contains("MIGRATE ")).skip(1).findFirst().orElseThrow())
            .as("with more time").contains(" 250 REPLACE ");
    }

    @Test
    void anErrorOfMigrateThatStaysEndsIt() {
        fill();
        IntStream.range(0, 100).forEach(i -> nodes.migrateErrors.add("ERR Target instance replied with error: OOM command not allowed"));

        SlotMove move = run(slotMove());

        assertThat(move.problem().orElseThrow()).isEqualTo(nodes.source.at
            + " keeps keys of the slots 1-2: ERR Target instance replied with error: OOM command not allowed");
        assertThat(nodes.migrateErrors).hasSize(95);
        assertThat(nodes.target.owners.values()).doesNotContain(nodes.target.id);
    }

    @Test
    void nothingMoreIsSentUntilTheReplicaHasTheLast() {
        fill();
        nodes.copies = 0;

        SlotMove move = run(slotMove());

        assertThat(move.problem()).contains("no replica of " + nodes.target.at + " has had for 3000 ms what was moved there");
        assertThat(nodes.log.stream().filter(sent -> sent.contains("MIGRATE "))).hasSize(1);
        assertThat(nodes.log.stream().filter(sent -> sent.contains("WAIT 1 100"))).hasSize(30);
    }

    @Test
    void withoutAReplicaNobodyIsWaitedFor() {
        fill();
        nodes.copies = 0;

        assertThat(run(new SlotMove(move(), 0, SMALL)).problem()).isEmpty();

        assertAllMoved();
        assertThat(nodes.log).noneMatch(sent -> sent.contains("WAIT"));
    }

    @Test
    void aBigKeyGoesAloneAndWithMoreTime() {
        nodes.source.keys(0).addAll(List.of("a", "b", "big", "c"));
        nodes.sizes.put("big", 100_000_000L);
        Move one = new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.of(0), new TreeSet<>());

        assertThat(run(new SlotMove(one, 0, MoveSettings.DEFAULT)).problem()).isEmpty();

        assertThat(nodes.log.stream().filter(sent -> sent.contains("MIGRATE "))).containsExactly(
            "source MIGRATE 10.0.0.2 6379  0 125 REPLACE KEYS a b",
            "source MIGRATE 10.0.0.2 6379  0 20125 REPLACE KEYS big",
            "source MIGRATE 10.0.0.2 6379  0 125 REPLACE KEYS c");
    }

    @Test
    void aSlowNodeIsSentLessAtATime() {
        IntStream.range(0, 3_000).forEach(i -> nodes.source.keys(0).add("key" + i));
        Move one = new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.of(0), new TreeSet<>());
        SlotMove move = new SlotMove(one, 0, MoveSettings.DEFAULT);
        List<Integer> windows = new ArrayList<>();
        for (SortedMap<Address, List<Command>> step = move.next(now); !step.isEmpty(); step = move.next(now)) {
            List<Command> commands = step.values().iterator().next();
            boolean carries = commands.getFirst().words().getFirst().equals("MIGRATE");
            int keys = commands.stream().mapToInt(command -> command.words().size() - 8).sum();
            if (carries) {
                windows.add(keys);
            }
            // 20 us a key, but the fifth window takes 400 ms.
            now += carries ? windows.size() == 5 ? 400 : keys / 50 : 1;
            move.on(nodes.answer(step), now);
        }

        assertThat(windows.getFirst()).isEqualTo(100);
        assertThat(windows.get(4)).isBetween(700, 1_300);
        assertThat(windows.get(5)).isLessThanOrEqualTo(windows.get(4) / 10);
        assertThat(windows.get(8)).as("and again more, little by little").isGreaterThan(windows.get(5));
    }

    @Test
    void aMoveIsOfSomethingAndBetweenTwo() {
        assertThatThrownBy(() -> new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.NONE, new TreeSet<>()))
            .hasMessage("a move of no slots");
        assertThatThrownBy(() -> new Move(nodes.source.id, nodes.source.at, nodes.source.id, nodes.target.at, SlotSet.of(1), new TreeSet<>()))
            .hasMessageStartingWith("a move within one node");
        assertThatThrownBy(() -> new Move(nodes.source.id, nodes.source.at, nodes.target.id, nodes.target.at, SlotSet.of(1),
            new TreeSet<>(List.of(nodes.target.at)))).hasMessageStartingWith("source and target are not among the others");
        assertThat(new TreeMap<>(nodes.answer(slotMove().next(0)))).containsOnlyKeys(nodes.source.at);
    }
}
