package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Which slots are counted, and when no more. */
class StrayKeysTest {

    private static final NodeId ME = new NodeId("a".repeat(40));
    private static final NodeId OTHER = new NodeId("b".repeat(40));
    private static final NodeId THIRD = new NodeId("c".repeat(40));

    private static final SlotSet SHARD = SlotSet.range(4000, 8191);

    private final StrayKeys strays = new StrayKeys();

    private static ClusterNode master(SlotSet own, Set<Integer> importing) {
        SortedMap<Integer, NodeId> open = new TreeMap<>();
        importing.forEach(slot -> open.put(slot, OTHER));
        return new ClusterNode(ME, Optional.empty(), EnumSet.of(NodeFlag.MASTER), Optional.empty(), 1, true, own, new TreeMap<>(), open);
    }

    private static ClusterNode replica(NodeId master) {
        return new ClusterNode(ME, Optional.empty(), EnumSet.of(NodeFlag.REPLICA), Optional.of(master), 1, true, SlotSet.NONE, new TreeMap<>(), new TreeMap<>());
    }

    /** One reading of a server that has keys of these slots. @return how many slots were counted */
    private int read(ClusterNode myself, SlotSet full) {
        List<Command> questions = strays.questions(myself, 1, SlotSet.NONE);
        strays.answered(questions.stream().<Reply>map(q -> new Reply.Answer(full.contains(Integer.parseInt(q.words().getLast())) ? "1" : "0")).toList());
        return questions.size();
    }

    @Test
    void whoBecomesAMasterIsLookedThroughOnce() {
        SlotSet own = SlotSet.range(0, 8191);
        assertThat(strays.questions(replica(OTHER), 1, SHARD)).as("a copy of its master's data").isEmpty();
        assertThat(read(master(own, Set.of()), SlotSet.of(9000))).isEqualTo(4096);
        assertThat(strays.found()).isEqualTo(SlotSet.of(9000));
        assertThat(read(master(own, Set.of()), SlotSet.of(9000))).isEqualTo(4096);
        assertThat(strays.found()).isEqualTo(SlotSet.of(9000));
        assertThat(read(master(own, Set.of()), SlotSet.NONE)).as("what was found is counted again, and one is left of the rest").isEqualTo(2);
        assertThat(strays.found()).isEqualTo(SlotSet.NONE);
        assertThat(read(master(own, Set.of()), SlotSet.NONE)).isZero();
    }

    @Test
    void whatItImportsIsInDoubtOnlyWhenItStopsToWithoutOwningIt() {
        SlotSet own = SlotSet.ALL.minus(SlotSet.range(9000, 9001));
        read(master(own, Set.of(9000, 9001)), SlotSet.range(9000, 9001));
        assertThat(strays.found()).isEqualTo(SlotSet.NONE);
        assertThat(read(master(own.plus(SlotSet.of(9000)), Set.of()), SlotSet.range(9000, 9001))).isEqualTo(1);
        assertThat(strays.found()).isEqualTo(SlotSet.of(9001));
        assertThat(read(master(own.plus(SlotSet.of(9000)), Set.of(9001)), SlotSet.of(9001))).as("it is imported again").isZero();
        assertThat(strays.found()).isEqualTo(SlotSet.NONE);
    }

    /** Seed 453900: its keys were another shard's, of which it had been a replica, and passed for those of its master. */
    @Test
    void aReplicaThatIsNoCopyIsLookedThroughOnce() {
        for (int i = 0; i < 4; i++) {
            assertThat(read(replica(OTHER), SlotSet.range(4000, 5000))).isEqualTo(4096);
        }
        assertThat(strays.found()).isEqualTo(SlotSet.range(4000, 5000));
        assertThat(read(replica(OTHER), SlotSet.NONE)).as("what it has does not change until it is in sync").isZero();
        assertThat(strays.found()).isEqualTo(SlotSet.range(4000, 5000));
        assertThat(read(replica(THIRD), SlotSet.of(1))).as("another master").isEqualTo(4096);
        assertThat(strays.found()).isEqualTo(SlotSet.of(1));
        assertThat(strays.questions(replica(THIRD), 1, SHARD)).isEmpty();
        assertThat(strays.found()).isEqualTo(SlotSet.NONE);
    }

    @Test
    void whatIsNotAnsweredStaysInDoubt() {
        strays.questions(master(SlotSet.range(0, 16382), Set.of()), 1, SlotSet.NONE);
        strays.answered(List.of(new Reply.Silence("gone")));
        assertThat(read(master(SlotSet.range(0, 16382), Set.of()), SlotSet.of(16383))).isEqualTo(1);
        assertThat(strays.found()).isEqualTo(SlotSet.of(16383));
    }

    @Test
    void aServerWithoutKeysIsNotAsked() {
        assertThat(strays.questions(master(SlotSet.NONE, Set.of()), 0, SlotSet.NONE)).isEmpty();
    }

    /** A new cluster's masters were looked through when they got their first keys, some slots at each reading of what was to be a steady minute. */
    @Test
    void aMasterThatHadNoKeysGetsOnlyWhatIsItsOwn() {
        SlotSet own = SlotSet.range(0, 8191);
        assertThat(strays.questions(master(own, Set.of()), 0, SlotSet.NONE)).isEmpty();
        assertThat(read(master(own, Set.of()), own)).isZero();
        assertThat(strays.questions(master(own, Set.of(9000)), 0, SlotSet.NONE)).isEmpty();
        assertThat(read(master(own, Set.of()), SlotSet.of(9000))).as("what it imported meanwhile").isEqualTo(1);
        assertThat(strays.found()).isEqualTo(SlotSet.of(9000));
    }

    @Test
    void aReplicaWithoutKeysIsLookedThroughWhenItGetsSomeOfItsOwn() {
        assertThat(strays.questions(replica(OTHER), 0, SlotSet.NONE)).isEmpty();
        assertThat(read(replica(OTHER), SlotSet.NONE)).isEqualTo(4096);
    }

    /** Redis 8.4 and newer. */
    @Test
    void whereNoneOfItsKeysIsCountedTheyAreOfTheSlotsThatItHadACopyOf() {
        assertThat(strays.questions(replica(OTHER), 1, SHARD)).isEmpty();
        assertThat(strays.found()).as("its master has them").isEqualTo(SlotSet.NONE);
        for (int i = 0; i < 3; i++) {
            read(replica(OTHER), SlotSet.NONE);
            assertThat(strays.found()).as("not all are counted yet").isEqualTo(SlotSet.NONE);
        }
        read(replica(OTHER), SlotSet.NONE);
        assertThat(strays.found()).isEqualTo(SHARD);
        for (int i = 0; i < 4; i++) {
            read(master(SlotSet.NONE, Set.of()), SlotSet.NONE);
        }
        assertThat(strays.found()).as("it follows nobody any more").isEqualTo(SHARD);
        read(master(SlotSet.NONE, Set.of(4000)), SlotSet.NONE);
        assertThat(strays.found()).as("one of them is moved").isEqualTo(SlotSet.NONE);
        read(master(SHARD, Set.of()), SlotSet.NONE);
        assertThat(strays.found()).as("they are its own").isEqualTo(SlotSet.NONE);
        for (int i = 0; i < 4; i++) {
            read(master(SlotSet.NONE, Set.of()), SlotSet.NONE);
        }
        assertThat(strays.found()).as("it was no copy when it lost them").isEqualTo(SlotSet.NONE);
    }

    @Test
    void whatIsCountedIsBelieved() {
        strays.questions(replica(OTHER), 1, SHARD);
        for (int i = 0; i < 4; i++) {
            read(replica(OTHER), SlotSet.of(5000));
        }
        assertThat(strays.found()).isEqualTo(SlotSet.of(5000));
    }

    @Test
    void aServerThatHasLostItsKeysHasNone() {
        strays.questions(replica(OTHER), 1, SHARD);
        assertThat(strays.questions(replica(OTHER), 0, SlotSet.NONE)).isEmpty();
        for (int i = 0; i < 4; i++) {
            read(replica(OTHER), SlotSet.NONE);
        }
        assertThat(strays.found()).as("what it has now it had no copy of").isEqualTo(SlotSet.NONE);
    }
}
