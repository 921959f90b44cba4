package io.regroup.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class AtomicMoveTest {

    private static final int SLOTS = 6;
    private static final int AT_ONCE = 10;

    private AbleNodes nodes;

    private Move move() {
        return new Move(AbleNodes.SOURCE, nodes.sourceAt, AbleNodes.TARGET, nodes.targetAt, SlotSet.range(0, SLOTS - 1), new TreeSet<>());
    }

    private AtomicMove begin(MoveBy by) {
        nodes = new AbleNodes(by, SLOTS);
        return again(by);
    }

    private AtomicMove again(MoveBy by) {
        return new AtomicMove(move(), by, 1, AT_ONCE);
    }

    private boolean step(AtomicMove move) {
        SortedMap<Address, List<Command>> step = move.next(0);
        if (step.isEmpty()) {
            return false;
        }
        move.on(nodes.answer(step), 0);
        return true;
    }

    private AtomicMove run(AtomicMove move) {
        int steps = 0;
        while (step(move)) {
            assertThat(++steps).isLessThan(1_000);
        }
        assertThat(move.isOver()).isTrue();
        return move;
    }

    private void assertAllMoved() {
        assertThat(nodes.owned).isEqualTo(SlotSet.range(0, SLOTS - 1));
        assertThat(nodes.began).as("no second one beside one that runs").isEqualTo(nodes.ended);
    }

    @Test
    void valkeysSourceIsToldAndWatched() {
        AtomicMove move = new AtomicMove(new Move(AbleNodes.SOURCE, (nodes = new AbleNodes(MoveBy.MIGRATESLOTS, SLOTS)).sourceAt, AbleNodes.TARGET,
            nodes.targetAt, SlotSet.of(1), new TreeSet<>()), MoveBy.MIGRATESLOTS, 1, AT_ONCE);

        assertThat(run(move).problem()).isEmpty();

        assertThat(nodes.log.stream().distinct()).containsExactly("source CLUSTER GETSLOTMIGRATIONS", "target CLUSTER GETSLOTMIGRATIONS",
            "target INFO memory", "source CLUSTER COUNTKEYSINSLOT 1", "source CLUSTER MIGRATESLOTS SLOTSRANGE 1 1 NODE TARGET",
            "target PING", "target WAIT 1 100", "target CLUSTER COUNTKEYSINSLOT 1");
        assertThat(move.progress()).isEqualTo(new Progress(1, 1, 4, 400));
    }

    @Test
    void redisTargetIsToldAndWatched() {
        AtomicMove move = begin(MoveBy.MIGRATION);

        assertThat(run(move).problem()).isEmpty();

        assertThat(nodes.log.stream().filter(sent -> sent.contains("IMPORT"))).as("4 keys a slot, 10 at once")
            .containsExactly("target CLUSTER MIGRATION IMPORT 0 1", "target CLUSTER MIGRATION IMPORT 2 3", "target CLUSTER MIGRATION IMPORT 4 5");
        assertThat(move.progress()).isEqualTo(new Progress(SLOTS, SLOTS, 4 * SLOTS, 400 * SLOTS));
    }

    /** After each step, whether or not what was sent last was still carried out: what the servers do goes on. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void aMoveCutOffAnywhereIsCarriedOnByAnother(MoveBy by) {
        int cuts = 0;
        boolean over = false;
        for (int steps = 0; !over; steps++) {
            for (boolean arrives : List.of(true, false)) {
                AtomicMove cut = begin(by);
                for (int i = 0; i < steps; i++) {
                    step(cut);
                }
                over = cut.isOver();
                if (arrives) {
                    nodes.answer(cut.next(0));
                }
                // The next leader's picture has what is still the source's.
                SlotSet left = move().slots().minus(nodes.owned);
                if (!left.isEmpty()) {
                    Move rest = new Move(AbleNodes.SOURCE, nodes.sourceAt, AbleNodes.TARGET, nodes.targetAt, left, new TreeSet<>());
                    assertThat(run(new AtomicMove(rest, by, 1, AT_ONCE)).problem()).isEmpty();
                }
                assertAllMoved();
                cuts++;
            }
        }
        assertThat(cuts).isGreaterThan(20);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void aStopSendsNothingMoreAndLeavesItToTheServers(MoveBy by) {
        AtomicMove move = begin(by);
        while (nodes.began == 0) {
            step(move);
        }
        List<String> sent = List.copyOf(nodes.log);

        move.stop();

        assertThat(move.next(0)).isEmpty();
        assertThat(move.isOver()).isTrue();
        assertThat(move.problem()).isEmpty();
        assertThat(nodes.log).isEqualTo(sent);
        assertThat(run(again(by)).problem()).isEmpty();
        assertAllMoved();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void silenceEndsItWhereverItComes(MoveBy by) {
        boolean over = false;
        for (int steps = 0; !over; steps++) {
            AtomicMove move = begin(by);
            for (int i = 0; i < steps; i++) {
                step(move);
            }
            over = move.isOver();
            if (!over) {
                SortedMap<Address, List<Reply>> replies = nodes.answer(move.next(0));
                List<Reply> last = new ArrayList<>(replies.get(replies.firstKey()));
                last.set(last.size() - 1, new Reply.Silence("no answer in time"));
                replies.put(replies.firstKey(), last);

                move.on(replies, 0);

                assertThat(move.isOver()).isTrue();
                assertThat(move.problem()).contains(replies.firstKey() + " did not answer: no answer in time");
            }
        }
    }

    @Test
    void whatFailsInValkeyIsBegunAgainThreeTimes() {
        AtomicMove move = begin(MoveBy.MIGRATESLOTS);
        nodes.failures = 2;
        assertThat(run(move).problem()).isEmpty();
        assertAllMoved();

        AtomicMove other = begin(MoveBy.MIGRATESLOTS);
        nodes.failures = 100;
        assertThat(run(other).problem()).contains("the migration of the slots 0-1 is failed: OOM");
        assertThat(nodes.began).isEqualTo(3);
    }

    @Test
    void redisTargetBeginsAgainByItselfUntilItIsTooOften() {
        AtomicMove move = begin(MoveBy.MIGRATION);
        nodes.failures = 2;
        assertThat(run(move).problem()).isEmpty();
        assertAllMoved();

        AtomicMove other = begin(MoveBy.MIGRATION);
        nodes.failures = 100;
        assertThat(run(other).problem()).contains("the migration of the slots 0-1 is failed: OOM");
        assertThat(nodes.log.getLast()).startsWith("target CLUSTER MIGRATION CANCEL ID ");
        assertThat(nodes.ended).as("and does not go on").isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void aRefusalEndsIt(MoveBy by) {
        AtomicMove move = begin(by);
        nodes.refusal = "ERR not now";

        assertThat(run(move).problem().orElseThrow()).endsWith(" refused to move the slots 0-1: ERR not now");
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void whatAnotherMovesIsLeftAlone(MoveBy by) {
        AtomicMove move = begin(by);
        nodes.foreign = true;

        assertThat(run(move).problem()).contains("one of them moves the slots 100-101 already, which is not this move");
        assertThat(nodes.began).isZero();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "MIGRATE")
    void nothingMoreIsBegunUntilTheReplicaHasTheLast(MoveBy by) {
        AtomicMove move = begin(by);
        nodes.copies = 0;

        assertThat(run(move).problem()).contains("no replica of " + nodes.targetAt + " has had for 3000 ms what was moved there");
        assertThat(nodes.began).isEqualTo(1);
        assertThat(move.progress().slots()).isEqualTo(2);
    }

    @Test
    void onlyWhatItWaitsForIsAskedWithPauses() {
        AtomicMove move = begin(MoveBy.MIGRATION);
        assertThat(move.pauseMs()).isZero();
        while (nodes.began == 0) {
            step(move);
        }
        assertThat(move.pauseMs()).isEqualTo(20);
        assertThatThrownBy(() -> new AtomicMove(move(), MoveBy.MIGRATE, 1, AT_ONCE)).isInstanceOf(IllegalArgumentException.class);
    }
}
