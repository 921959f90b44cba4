package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.MoveBy;
import io.regroup.model.SlotSet;
import io.regroup.move.ServerJob;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What servers do that can move slots by themselves, as far as the product depends on it. Nodes 0, 1, 2 are masters, node 3 is the replica of
 * the first.
 */
abstract class AtomicContract {

    private static final List<SlotSet> PARTS = SlotSet.ALL.split(3);
    private static final int SLOT = 1;
    private static final SlotSet SOME = SlotSet.range(0, 99);
    private static final int KEYS = 5;

    private RedisNodes nodes;
    private MoveBy by;

    abstract RedisNodes nodes();

    /** How they can. */
    abstract MoveBy by();

    @BeforeEach
    void begin() {
        nodes = nodes();
        by = by();
        for (int i = 0; i <= 3; i++) {
            nodes.start(i);
            nodes.cluster(i, "SET-CONFIG-EPOCH", Integer.toString(i + 1));
            for (int j = 0; j < i; j++) {
                nodes.cluster(i, "MEET", nodes.address(j).host(), Integer.toString(nodes.address(j).port()));
            }
            if (i < 3) {
                nodes.cluster(i, "ADDSLOTSRANGE", Integer.toString(PARTS.get(i).first()), Integer.toString(PARTS.get(i).last()));
            }
        }
        nodes.until("all know all", () -> IntStream.range(0, 4).allMatch(i -> nodes.table(i).others().values().stream().filter(n -> n.isIntroduced()).count() == 3));
        nodes.until("one follows", () -> nodes.cluster(3, "REPLICATE", nodes.id(0).value()).equals(RedisNodes.OK));
        nodes.until("in sync", () -> nodes.linkUp(3));
        nodes.until("all are ok", () -> IntStream.range(0, 4).allMatch(nodes::stateOk));
        for (int i = 0; i < KEYS; i++) {
            assertThat(nodes.write(0, SLOT)).isEqualTo(RedisNodes.OK);
        }
        nodes.until("the replica has them", () -> nodes.keys(3) == KEYS);
    }

    @AfterEach
    void end() {
        nodes.close();
    }

    /** From 0 to 1. @return what was answered: OK or an id, or the error */
    private String move(SlotSet slots) {
        String first = Integer.toString(slots.first());
        String last = Integer.toString(slots.last());
        return by == MoveBy.MIGRATESLOTS ? nodes.cluster(0, "MIGRATESLOTS", "SLOTSRANGE", first, last, "NODE", nodes.id(1).value())
            : nodes.cluster(1, "MIGRATION", "IMPORT", first, last);
    }

    private void isOver() {
        nodes.until("it is over", () -> nodes.jobs(0, by).stream().noneMatch(ServerJob::isRunning) && nodes.jobs(1, by).stream().noneMatch(ServerJob::isRunning));
    }

    @Test
    void slotsGoWithAllTheirKeysAndAHigherEpoch() {
        assertThat(move(SOME)).doesNotStartWith("ERR");
        nodes.until("both list it", () -> !nodes.jobs(0, by).isEmpty() && !nodes.jobs(1, by).isEmpty());
        ServerJob atTarget = nodes.jobs(1, by).getFirst();
        assertThat(atTarget.importing()).isTrue();
        assertThat(atTarget.slots()).isEqualTo(SOME);
        assertThat(atTarget.source()).contains(nodes.id(0));
        assertThat(atTarget.target()).contains(nodes.id(1));
        isOver();
        assertThat(nodes.jobs(0, by).getFirst().hasSucceeded()).isTrue();
        assertThat(nodes.jobs(1, by).getFirst().hasSucceeded()).isTrue();
        assertThat(nodes.table(1).myself().slots()).isEqualTo(SOME.plus(PARTS.get(1)));
        assertThat(nodes.table(1).myself().configEpoch()).isGreaterThan(4);
        assertThat(nodes.keys(1)).isEqualTo(KEYS);
        nodes.until("the others know, and the source has no key", () -> nodes.table(2).line(nodes.id(1)).orElseThrow().slots().equals(SOME.plus(PARTS.get(1)))
            && nodes.table(0).myself().slots().equals(PARTS.get(0).minus(SOME)) && nodes.keys(0) == 0 && nodes.keys(3) == 0);
        assertThat(nodes.write(0, SLOT)).isEqualTo("MOVED");
        assertThat(nodes.write(1, SLOT)).isEqualTo(RedisNodes.OK);
    }

    @Test
    void clusterNodesShowsNothingOfItAndNoSecondOneBeginsBesideIt() {
        assertThat(move(SOME)).doesNotStartWith("ERR");
        assertThat(nodes.table(0).myself().migrating()).isEmpty();
        assertThat(nodes.table(1).myself().importing()).isEmpty();
        assertThat(move(SOME)).startsWith("ERR");
        isOver();
        assertThat(nodes.jobs(1, by)).hasSize(1);
    }

    @Test
    void noSlotIsOpenedBesideIt() {
        assertThat(move(SOME)).doesNotStartWith("ERR");
        nodes.until("the target lists it", () -> !nodes.jobs(1, by).isEmpty());
        String refused = nodes.cluster(1, "SETSLOT", "1", "IMPORTING", nodes.id(0).value());
        assertThat(refused).startsWith("ERR");
        isOver();
    }

    @Test
    void whoKeepsItsWritersWaitingTakesNoSlots() {
        assertThat(nodes.client(1, "PAUSE", "3000", "WRITE")).isEqualTo(RedisNodes.OK);
        assertThat(move(SOME)).doesNotStartWith("ERR");
        nodes.holds("they stay where they are", 2000, () -> nodes.table(1).myself().slots().equals(PARTS.get(1)) && nodes.keys(0) == KEYS);
        isOver();
        assertThat(nodes.table(1).myself().slots()).isEqualTo(SOME.plus(PARTS.get(1)));
        assertThat(nodes.keys(1)).isEqualTo(KEYS);
    }

    @Test
    void onlyMastersAreAsked() {
        assertThat(by == MoveBy.MIGRATESLOTS ? nodes.cluster(3, "MIGRATESLOTS", "SLOTSRANGE", "0", "1", "NODE", nodes.id(1).value())
            : nodes.cluster(3, "MIGRATION", "IMPORT", "6000", "6001")).startsWith("ERR");
        assertThat(by == MoveBy.MIGRATESLOTS ? nodes.cluster(1, "MIGRATESLOTS", "SLOTSRANGE", "0", "1", "NODE", nodes.id(2).value())
            : nodes.cluster(0, "MIGRATION", "IMPORT", "0", "1")).as("of slots that it does not own, or does").startsWith("ERR");
    }

    @Test
    void withNothingUnderWayThereIsNothingToCancel() {
        assertThat(by == MoveBy.MIGRATESLOTS ? nodes.cluster(0, "CANCELSLOTMIGRATIONS") : nodes.cluster(1, "MIGRATION", "CANCEL", "ALL"))
            .isEqualTo(by == MoveBy.MIGRATESLOTS ? "ERR No migrations ongoing" : "0");
    }

    @Test
    void whatIsCancelledStaysWithItsSource() {
        assertThat(move(SOME)).doesNotStartWith("ERR");
        assertThat(by == MoveBy.MIGRATESLOTS ? nodes.cluster(0, "CANCELSLOTMIGRATIONS") : nodes.cluster(1, "MIGRATION", "CANCEL", "ALL"))
            .isEqualTo(by == MoveBy.MIGRATESLOTS ? RedisNodes.OK : "1");
        isOver();
        assertThat(nodes.table(0).myself().slots()).isEqualTo(PARTS.get(0));
        assertThat(nodes.keys(0)).isEqualTo(KEYS);
        assertThat(nodes.keys(1)).isZero();
    }

    @Test
    void theListEndsWithTheProcess() {
        assertThat(move(SOME)).doesNotStartWith("ERR");
        isOver();
        nodes.kill(1);
        nodes.startAgain(1, true);
        assertThat(nodes.jobs(1, by)).noneMatch(ServerJob::isRunning);
        assertThat(nodes.table(1).myself().slots()).isEqualTo(SOME.plus(PARTS.get(1)));
        assertThat(nodes.keys(1)).isEqualTo(KEYS);
    }
}
