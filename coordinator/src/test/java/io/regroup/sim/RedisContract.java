package io.regroup.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What Redis does, as far as the product depends on it: the same for the simulated nodes and for the real ones, so that the simulation
 * does not drift from the truth. Masters are nodes 0, 1, 2; their replicas 3, 4, 5.
 */
abstract class RedisContract {

    private static final int MASTERS = 3;
    private static final List<SlotSet> PARTS = SlotSet.ALL.split(MASTERS);
    /** One slot of each master, see {@link Dataset#SLOTS}. */
    private static final int[] SLOT = {1, 8191, 13_000};

    /** More keys than can have gone before a hand-over begins. */
    private static final int MIGRATED = 100;

    private RedisNodes nodes;

    abstract RedisNodes nodes();

    @BeforeEach
    void begin() {
        nodes = nodes();
    }

    @AfterEach
    void end() {
        nodes.close();
    }

    // ---- stories

    private void start(int count) {
        IntStream.range(0, count).forEach(nodes::start);
    }

    private String meet(int from, int to) {
        return nodes.cluster(from, "MEET", nodes.address(to).host(), Integer.toString(nodes.address(to).port()));
    }

    private static String[] range(SlotSet slots) {
        return new String[] {Integer.toString(slots.first()), Integer.toString(slots.last())};
    }

    private String addSlots(int node, SlotSet slots) {
        return nodes.cluster(node, "ADDSLOTSRANGE", range(slots)[0], range(slots)[1]);
    }

    private boolean knows(int node, int other) {
        return line(node, other).filter(ClusterNode::isIntroduced).isPresent();
    }

    private Optional<ClusterNode> line(int node, int other) {
        return nodes.table(node).line(nodes.id(other));
    }

    private static boolean all(int count, java.util.function.IntPredicate what) {
        return IntStream.range(0, count).allMatch(what);
    }

    /** Three masters with their slots and epochs 1, 2, 3; with a replica each, where asked for. */
    private void cluster(boolean withReplicas) {
        int count = withReplicas ? 2 * MASTERS : MASTERS;
        start(count);
        for (int i = 0; i < count; i++) {
            assertThat(nodes.cluster(i, "SET-CONFIG-EPOCH", Integer.toString(i + 1))).isEqualTo(RedisNodes.OK);
            if (i < MASTERS) {
                assertThat(addSlots(i, PARTS.get(i))).isEqualTo(RedisNodes.OK);
            }
            for (int j = 0; j < i; j++) {
                assertThat(meet(i, j)).isEqualTo(RedisNodes.OK);
            }
        }
        nodes.until("all know all", () -> all(count, i -> all(count, j -> knows(i, j)) && nodes.table(i).others().size() == count - 1));
        if (withReplicas) {
            for (int i = 0; i < MASTERS; i++) {
                assertThat(nodes.cluster(i + MASTERS, "REPLICATE", nodes.id(i).value())).isEqualTo(RedisNodes.OK);
            }
            nodes.until("replicas are in sync", () -> all(MASTERS, i -> nodes.linkUp(i + MASTERS)));
            nodes.until("all know who is a replica", () -> all(count, i -> all(MASTERS, j -> line(i, j + MASTERS).orElseThrow().isReplica())));
        }
        nodes.until("all are ok", () -> all(count, nodes::stateOk));
    }

    private void write(int shard, int keys) {
        for (int i = 0; i < keys; i++) {
            assertThat(nodes.write(shard, SLOT[shard])).isEqualTo(RedisNodes.OK);
        }
        nodes.until("the replica has them", () -> nodes.keys(shard + MASTERS) == nodes.keys(shard));
    }

    private boolean isMaster(int node) {
        return nodes.table(node).myself().isMaster();
    }

    private static NodeId unknown() {
        return new NodeId("0123456789012345678901234567890123456789");
    }

    // ---- a node alone

    @Test
    void aBlankNodeIsAMasterWithoutSlotsAndAlone() {
        start(1);
        ClusterTable table = nodes.table(0);
        assertThat(table.myself().isMaster()).isTrue();
        assertThat(table.myself().slots()).isEqualTo(SlotSet.NONE);
        assertThat(table.myself().configEpoch()).isZero();
        assertThat(table.others()).isEmpty();
        assertThat(nodes.write(0, 1)).isEqualTo("CLUSTERDOWN");
    }

    /** So the placeholder is held: it would serve that slot, and what is written before the bootstrap is nobody's. */
    @Test
    void whoPausesKeepsWritersWaitingAndDoesAllElse() {
        start(1);
        assertThat(nodes.client(0, "PAUSE", "600000", "WRITE")).isEqualTo(RedisNodes.OK);
        assertThat(addSlots(0, SlotSet.of(0))).isEqualTo(RedisNodes.OK);
        nodes.until("it is no minority", () -> nodes.stateOk(0));
        assertThat(nodes.write(0, 0)).isEqualTo(RedisNodes.KEPT_WAITING);
        assertThat(nodes.write(0, 1)).isEqualTo("CLUSTERDOWN");
        assertThat(nodes.client(0, "PAUSE", "1", "WRITE")).as("does not make it shorter").isEqualTo(RedisNodes.OK);
        assertThat(nodes.write(0, 0)).isEqualTo(RedisNodes.KEPT_WAITING);
        assertThat(nodes.cluster(0, "SET-CONFIG-EPOCH", "1")).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(0, "FLUSHSLOTS")).isEqualTo(RedisNodes.OK);
        assertThat(addSlots(0, SlotSet.range(0, 10))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.client(0, "UNPAUSE")).isEqualTo(RedisNodes.OK);
        nodes.until("it serves", () -> nodes.stateOk(0));
        assertThat(nodes.write(0, 0)).isEqualTo(RedisNodes.OK);
        assertThat(nodes.keys(0)).isEqualTo(1);
    }

    @Test
    void slotsAreAddedOnceAndTakenAwayOnce() {
        start(1);
        assertThat(addSlots(0, SlotSet.range(0, 10))).isEqualTo(RedisNodes.OK);
        assertThat(addSlots(0, SlotSet.range(10, 20))).isEqualTo("ERR Slot 10 is already busy");
        assertThat(nodes.table(0).myself().slots()).isEqualTo(SlotSet.range(0, 10));
        assertThat(nodes.cluster(0, "DELSLOTSRANGE", "5", "10")).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(0, "DELSLOTSRANGE", "5", "10")).isEqualTo("ERR Slot 5 is already unassigned");
        assertThat(nodes.cluster(0, "FLUSHSLOTS")).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(0).myself().slots()).isEqualTo(SlotSet.NONE);
    }

    @Test
    void anEpochIsSetOnceAndOnlyWhileAlone() {
        start(2);
        assertThat(nodes.cluster(0, "SET-CONFIG-EPOCH", "7")).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(0).myself().configEpoch()).isEqualTo(7);
        assertThat(nodes.cluster(0, "SET-CONFIG-EPOCH", "8")).isEqualTo("ERR Node config epoch is already non-zero");
        meet(0, 1);
        nodes.until("they know each other", () -> knows(0, 1) && knows(1, 0));
        assertThat(nodes.cluster(1, "SET-CONFIG-EPOCH", "8"))
            .isEqualTo("ERR The user can assign a config epoch only when the node does not know any other node.");
    }

    @Test
    void aMasterThatRestartsOnItsDataIsWhoItWas() {
        cluster(false);
        assertThat(nodes.write(0, SLOT[0])).isEqualTo(RedisNodes.OK);
        ClusterNode before = nodes.table(0).myself();
        nodes.kill(0);
        nodes.startAgain(0, true);
        assertThat(nodes.table(0).myself()).extracting(ClusterNode::id, ClusterNode::slots, ClusterNode::configEpoch)
            .containsExactly(before.id(), before.slots(), before.configEpoch());
        assertThat(nodes.keys(0)).isEqualTo(1);
        nodes.until("it serves again", () -> nodes.stateOk(0) && nodes.write(0, SLOT[0]).equals(RedisNodes.OK));
    }

    // ---- meeting

    @Test
    void whoMeetsOneIsToldOfTheOthers() {
        start(3);
        meet(1, 0);
        nodes.until("0 and 1 know each other", () -> knows(0, 1) && knows(1, 0));
        meet(2, 1);
        nodes.until("gossip brings the others together", () -> knows(2, 0) && knows(0, 2));
    }

    @Test
    void ofTwoMastersWithOneEpochTheLowerIdTakesAnother() {
        start(2);
        nodes.cluster(0, "SET-CONFIG-EPOCH", "5");
        nodes.cluster(1, "SET-CONFIG-EPOCH", "5");
        int lower = nodes.id(0).compareTo(nodes.id(1)) < 0 ? 0 : 1;
        meet(0, 1);
        nodes.until("it has a higher one", () -> nodes.table(lower).myself().configEpoch() == 6);
        assertThat(nodes.table(1 - lower).myself().configEpoch()).isEqualTo(5);
    }

    /** What {@code RepairEpochs} is for: a stranger is hung up on, and its epoch stays. */
    @Test
    void whoeverAnswersAtANodesAddressGivesItsLineAnEpoch() {
        cluster(false);
        NodeId gone = nodes.id(1);
        nodes.kill(0);
        nodes.kill(1);
        nodes.startAgain(1, false);
        nodes.cluster(1, "SET-CONFIG-EPOCH", "55");
        nodes.startAgain(0, true);
        nodes.until("it is hung up on", () -> nodes.table(0).line(gone).orElseThrow().is(NodeFlag.NOADDR));
        assertThat(nodes.table(0).line(gone).orElseThrow().configEpoch()).isEqualTo(55);
        assertThat(line(0, 1)).as("the stranger").isEmpty();
        assertThat(nodes.table(1).others()).isEmpty();
        assertThat(nodes.cluster(0, "BUMPEPOCH")).isEqualTo("BUMPED 56");
    }

    @Test
    void aSlotThatTwoClaimIsTheOnesWithTheHigherEpoch() {
        start(2);
        addSlots(0, SlotSet.range(0, 100));
        addSlots(1, SlotSet.range(50, 150));
        nodes.cluster(0, "SET-CONFIG-EPOCH", "1");
        nodes.cluster(1, "SET-CONFIG-EPOCH", "2");
        meet(0, 1);
        nodes.until("the lower one has given up", () -> nodes.table(0).myself().slots().equals(SlotSet.range(0, 49)));
        assertThat(nodes.table(1).myself().slots()).isEqualTo(SlotSet.range(50, 150));
    }

    // ---- replicas

    @Test
    void whatReplicateRefuses() {
        cluster(true);
        assertThat(nodes.cluster(3, "REPLICATE", unknown().value())).isEqualTo("ERR Unknown node " + unknown());
        assertThat(nodes.cluster(3, "REPLICATE", nodes.id(3).value())).isEqualTo("ERR Can't replicate myself");
        assertThat(nodes.cluster(3, "REPLICATE", nodes.id(4).value())).isEqualTo("ERR I can only replicate a master, not a replica.");
        assertThat(nodes.cluster(0, "REPLICATE", nodes.id(1).value())).isEqualTo("ERR To set a master the node must be empty and without assigned slots.");
    }

    @Test
    void aReplicaHasWhatItsMasterHasAndLeadsWritersThere() {
        cluster(true);
        write(0, 5);
        assertThat(nodes.keys(3)).isEqualTo(5);
        assertThat(nodes.write(3, SLOT[0])).isEqualTo("MOVED");
    }

    @Test
    void aReplicaThatFollowsAnotherMasterHasThatOnesData() {
        cluster(true);
        write(0, 5);
        write(1, 2);
        assertThat(nodes.cluster(3, "REPLICATE", nodes.id(1).value())).isEqualTo(RedisNodes.OK);
        nodes.until("it has the other one's keys", () -> nodes.linkUp(3) && nodes.keys(3) == 2);
    }

    /** Seed 100716: a replica of one that copies another master now. All that it had from that one is worth nothing ({@code replicationAttachToNewMaster}). */
    @Test
    void aReplicaOfAReplicaCopiesWhateverThatOneCopies() {
        cluster(true);
        write(1, 2);
        for (int blank = 6; blank < 8; blank++) {
            nodes.start(blank);
            meet(blank, 0);
        }
        nodes.until("all know the new ones", () -> all(8, i -> all(8, j -> i == j || knows(i, j))));
        assertThat(nodes.cluster(7, "REPLICATE", nodes.id(6).value())).isEqualTo(RedisNodes.OK);
        nodes.until("the one copies the other", () -> nodes.linkUp(7));
        assertThat(nodes.cluster(6, "REPLICATE", nodes.id(1).value())).isEqualTo(RedisNodes.OK);
        nodes.until("the other has the keys of its new master", () -> nodes.linkUp(6) && nodes.keys(6) == 2);
        nodes.until("and so has the one", () -> nodes.linkUp(7) && nodes.keys(7) == 2);
        write(1, 1);
        nodes.until("also later ones", () -> nodes.keys(7) == 3);
    }

    /** Redis makes whoever a packet names a master that says so, also itself ({@code clusterSetNodeAsMaster}): what it copies stays as it is. */
    private void makeItAMasterByItsTable() {
        cluster(true);
        write(0, 5);
        nodes.start(6);
        meet(6, 0);
        nodes.until("all know the new one", () -> all(6, i -> knows(i, 6) && knows(6, i)));
        nodes.hearsItselfLate(6, () -> {
            assertThat(nodes.cluster(6, "REPLICATE", nodes.id(0).value())).isEqualTo(RedisNodes.OK);
            nodes.until("it copies its master", () -> nodes.linkUp(6) && nodes.keys(6) == 5);
            assertThat(isMaster(6)).isFalse();
        });
        nodes.until("it is a master by its table", () -> isMaster(6));
    }

    @Test
    void whoHearsItsOwnWordOfBeforeItBecameAReplicaIsAMasterByItsTableAndCopiesOn() {
        makeItAMasterByItsTable();
        assertThat(nodes.table(6).myself().slots()).isEqualTo(SlotSet.NONE);
        write(0, 1);
        nodes.until("it has what its master is given", () -> nodes.linkUp(6) && nodes.keys(6) == 6);
        nodes.until("the others take its word", () -> line(1, 6).orElseThrow().isMaster());
        assertThat(nodes.cluster(6, "REPLICATE", nodes.id(0).value())).isEqualTo("ERR To set a master the node must be empty and without assigned slots.");
        assertThat(nodes.cluster(6, "FAILOVER", "TAKEOVER")).isEqualTo("ERR You should send CLUSTER FAILOVER to a replica");
        assertThat(nodes.cluster(6, "RESET")).isEqualTo("ERR CLUSTER RESET can't be called with master nodes containing keys");
        assertThat(nodes.write(6, SLOT[0])).isEqualTo("MOVED");
    }

    @Test
    void whateverSlotsThatOneGetsItTakesNoWrite() {
        makeItAMasterByItsTable();
        assertThat(nodes.cluster(0, "SETSLOT", "1", "MIGRATING", nodes.id(6).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(6, "SETSLOT", "1", "IMPORTING", nodes.id(0).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.migrateOne(0, 1, 6)).contains("READONLY");
        assertThat(nodes.keys(0)).isEqualTo(5);
        assertThat(nodes.cluster(6, "SETSLOT", "1", "NODE", nodes.id(6).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(6).myself().slots()).isEqualTo(SlotSet.of(1));
        assertThat(nodes.write(6, 1)).isEqualTo(RedisNodes.READONLY);
        assertThat(nodes.migrateOne(6, 1, 0)).startsWith("READONLY");
    }

    /** It takes a slot of its master's at its own, lower epoch, loses it to that one again, and follows whoever has taken its last slot. */
    @Test
    void thatOneFollowsItsMasterAgainWhereItLosesASlotToIt() {
        makeItAMasterByItsTable();
        assertThat(nodes.carryOut(6, Command.mayMigrate(true))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(6, "SETSLOT", "1", "NODE", nodes.id(6).value())).isEqualTo(RedisNodes.OK);
        nodes.until("it is its replica again", () -> nodes.table(6).myself().master().filter(nodes.id(0)::equals).isPresent());
        assertThat(nodes.carryOut(6, Command.mayMigrate(false))).isEqualTo(RedisNodes.OK);
        nodes.until("and copies it", () -> nodes.linkUp(6) && nodes.keys(6) == 5);
        write(0, 1);
        nodes.until("also later keys", () -> nodes.keys(6) == 6);
        nodes.until("the others know", () -> all(6, i -> line(i, 6).orElseThrow().isReplica()));
        assertThat(nodes.table(0).myself().slots()).isEqualTo(PARTS.get(0));
        assertThat(nodes.write(0, SLOT[0])).isEqualTo(RedisNodes.OK);
    }

    /** Of what it knows others tell it nothing ({@code clusterProcessPacket}, UPDATE): only whoever takes all that its master had. */
    @Test
    void whereThatMasterIsGoneItFollowsItsHeir() {
        makeItAMasterByItsTable();
        nodes.kill(0);
        assertThat(nodes.carryOut(6, Command.mayMigrate(true))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(6, "SETSLOT", "1", "NODE", nodes.id(6).value())).isEqualTo(RedisNodes.OK);
        nodes.holds("it follows nobody", 1000, () -> isMaster(6));
        nodes.until("the other replica is elected", () -> isMaster(3));
        nodes.until("it is its replica", () -> nodes.table(6).myself().master().filter(nodes.id(3)::equals).isPresent());
        nodes.until("and copies it", () -> nodes.linkUp(6) && nodes.keys(6) == 5);
        assertThat(nodes.table(3).myself().slots()).isEqualTo(PARTS.get(0));
    }

    /** The most dangerous thing here: FACTS, The empty master. */
    @Test
    void anEmptyMasterAtTheSameAddressIsNeverFailedAndTheOldOneHasNoAddress() {
        cluster(true);
        write(0, 5);
        NodeId old = nodes.id(0);
        nodes.kill(0);
        nodes.startAgain(0, false);
        assertThat(nodes.id(0)).isNotEqualTo(old);
        nodes.until("the others have lost it", () -> nodes.table(1).line(old).orElseThrow().is(NodeFlag.NOADDR));
        nodes.until("and its replica has the emptiness", () -> nodes.keys(3) == 0);
        assertThat(nodes.table(1).line(old).orElseThrow().is(NodeFlag.FAIL)).isFalse();
        assertThat(isMaster(3)).as("nothing is promoted").isFalse();
    }

    // ---- promotion

    @Test
    void whatFailoverRefuses() {
        cluster(true);
        assertThat(nodes.cluster(0, "FAILOVER")).isEqualTo("ERR You should send CLUSTER FAILOVER to a replica");
        nodes.kill(1);
        nodes.until("its replica has noticed", () -> !nodes.linkUp(4) && nodes.cluster(4, "FAILOVER")
            .equals("ERR Master is down or failed, please use CLUSTER FAILOVER FORCE"));
    }

    @Test
    void takeoverAsksNobody() {
        cluster(true);
        write(0, 5);
        nodes.kill(0);
        nodes.kill(1);
        assertThat(nodes.cluster(3, "FAILOVER", "TAKEOVER")).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(3)).isTrue();
        assertThat(nodes.table(3).myself().slots()).isEqualTo(PARTS.get(0));
        assertThat(nodes.table(3).myself().configEpoch()).isGreaterThan(3);
        assertThat(nodes.keys(3)).isEqualTo(5);
        nodes.until("a third node has heard of it", () -> line(2, 3).orElseThrow().slots().equals(PARTS.get(0)));
    }

    @Test
    void forceWinsWithTheVotesOfTheMajority() {
        cluster(true);
        nodes.kill(0);
        assertThat(nodes.cluster(3, "FAILOVER", "FORCE")).isEqualTo(RedisNodes.OK);
        nodes.until("it is elected", () -> isMaster(3));
        assertThat(nodes.table(3).myself().slots()).isEqualTo(PARTS.get(0));
    }

    @Test
    void forceDoesNotWinWithoutTheMajority() {
        cluster(true);
        nodes.kill(0);
        nodes.kill(1);
        assertThat(nodes.cluster(3, "FAILOVER", "FORCE")).isEqualTo(RedisNodes.OK);
        nodes.holds("it is not elected", 2500, () -> !isMaster(3));
    }

    @Test
    void aPlannedHandOverSwapsRolesAndLosesNothing() {
        cluster(true);
        write(0, 5);
        assertThat(nodes.cluster(3, "FAILOVER")).isEqualTo(RedisNodes.OK);
        nodes.until("roles are swapped", () -> isMaster(3) && !isMaster(0) && nodes.linkUp(0));
        assertThat(nodes.table(3).myself().slots()).isEqualTo(PARTS.get(0));
        assertThat(nodes.keys(3)).isEqualTo(5);
        assertThat(nodes.keys(0)).isEqualTo(5);
        assertThat(nodes.write(0, SLOT[0])).isEqualTo("MOVED");
        assertThat(nodes.write(3, SLOT[0])).isEqualTo(RedisNodes.OK);
    }

    /** Seed 505003: what came after the replica had been told how far to read was lost with the hand-over. */
    @Test
    void aMasterThatHandsOverTakesNoKeysOfOthersMeanwhile() {
        cluster(true);
        write(0, MIGRATED);
        int master = 2 * MASTERS;
        int replica = master + 1;
        for (int i = master; i <= replica; i++) {
            nodes.start(i);
            for (int j = 0; j < i; j++) {
                assertThat(meet(i, j)).isEqualTo(RedisNodes.OK);
            }
        }
        nodes.until("all know all", () -> all(replica + 1, i -> all(replica + 1, j -> knows(i, j))));
        assertThat(nodes.cluster(replica, "REPLICATE", nodes.id(master).value())).isEqualTo(RedisNodes.OK);
        nodes.until("it is in sync", () -> nodes.linkUp(replica) && line(master, replica).orElseThrow().isReplica() && nodes.stateOk(master));
        String slot = Integer.toString(SLOT[0]);
        assertThat(nodes.cluster(master, "SETSLOT", slot, "IMPORTING", nodes.id(0).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(0, "SETSLOT", slot, "MIGRATING", nodes.id(master).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.migrateOne(0, SLOT[0], master)).isEqualTo(RedisNodes.OK);
        // It owns no slot, so that nobody votes and the hand-over takes the 5 s after which Redis gives it up.
        assertThat(nodes.cluster(replica, "FAILOVER")).isEqualTo(RedisNodes.OK);
        nodes.until("it keeps whoever writes waiting", () -> nodes.migrateOne(0, SLOT[0], master).startsWith("IOERR"));
        int sent = nodes.keys(master);
        assertThat(nodes.keys(0)).isEqualTo(MIGRATED - sent).isPositive();
        nodes.until("the hand-over is given up", () -> nodes.migrateOne(0, SLOT[0], master).equals(RedisNodes.OK));
        assertThat(nodes.keys(master)).as("what was kept waiting did not arrive late").isEqualTo(sent + 1);
        assertThat(nodes.keys(0)).isEqualTo(MIGRATED - sent - 1);
    }

    @Test
    void nobodyActsAndTheReplicaIsElectedWhenTheMajorityCallsTheMasterFailed() {
        cluster(true);
        write(0, 5);
        nodes.kill(0);
        nodes.until("it is called failed", () -> line(1, 0 + MASTERS).isPresent() && nodes.table(1).others().values().stream()
            .anyMatch(other -> other.is(NodeFlag.FAIL)));
        nodes.until("its replica is elected", () -> isMaster(3));
        assertThat(nodes.keys(3)).isEqualTo(5);
    }

    /** It counts since when its link is down, be it that to the master before. Blank ones, and those that were masters, count from the beginning of time. */
    @Test
    void aReplicaThatWasSentToAnotherMasterIsElectedForItWithTheDataOfTheOneBefore() {
        cluster(true);
        write(0, 5);
        write(1, 7);
        NodeId other = nodes.id(1);
        nodes.kill(1);
        nodes.kill(4);
        assertThat(nodes.cluster(3, "REPLICATE", other.value())).isEqualTo(RedisNodes.OK);
        nodes.until("it is elected", () -> isMaster(3));
        assertThat(nodes.table(3).myself().slots()).isEqualTo(PARTS.get(1));
        assertThat(nodes.keys(3)).as("those of the master before").isEqualTo(5);
    }

    /** It has had no link since the beginning of time. */
    @Test
    void aReplicaThatWasStartedAgainIsNotElectedForAMasterThatIsGone() {
        cluster(true);
        write(0, 5);
        nodes.kill(0);
        nodes.kill(3);
        nodes.startAgain(3, true);
        nodes.until("it is called failed", () -> nodes.table(3).others().values().stream().anyMatch(line -> line.is(NodeFlag.FAIL)));
        nodes.holds("it is not elected", 5000, () -> !isMaster(3));
        assertThat(nodes.cluster(3, "FAILOVER", "FORCE")).isEqualTo(RedisNodes.OK);
        nodes.until("it is voted for", () -> isMaster(3));
        assertThat(nodes.keys(3)).isEqualTo(5);
    }

    @Test
    void aReplicaThatMayNotBeElectedIsNotUntilItMay() {
        cluster(true);
        assertThat(nodes.carryOut(3, Command.mayBeElected(false))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(3).myself().is(NodeFlag.NOFAILOVER)).isTrue();
        nodes.until("others have heard of it", () -> line(1, 3).orElseThrow().is(NodeFlag.NOFAILOVER));
        nodes.kill(0);
        nodes.until("it is called failed", () -> nodes.table(3).others().values().stream().anyMatch(line -> line.is(NodeFlag.FAIL)));
        nodes.holds("it is not elected", 4000, () -> !isMaster(3));
        assertThat(nodes.carryOut(3, Command.mayBeElected(true))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(3).myself().is(NodeFlag.NOFAILOVER)).isFalse();
        nodes.until("it is elected", () -> isMaster(3));
        nodes.until("others have heard of it", () -> !line(1, 3).orElseThrow().is(NodeFlag.NOFAILOVER));
    }

    @Test
    void aReplicaThatMayNotBeElectedIsPromotedByHand() {
        cluster(true);
        for (int replica : List.of(3, 4, 5)) {
            assertThat(nodes.carryOut(replica, Command.mayBeElected(false))).isEqualTo(RedisNodes.OK);
        }
        assertThat(nodes.cluster(3, "FAILOVER")).isEqualTo(RedisNodes.OK);
        nodes.until("the hand-over is done", () -> isMaster(3));
        nodes.kill(1);
        assertThat(nodes.cluster(4, "FAILOVER", "FORCE")).isEqualTo(RedisNodes.OK);
        nodes.until("it is voted for", () -> isMaster(4));
        assertThat(nodes.cluster(5, "FAILOVER", "TAKEOVER")).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(5)).isTrue();
    }

    /** What is asked of it before a TAKEOVER. */
    @Test
    void aReplicaSaysWhomItFollows() {
        cluster(true);
        assertThat(nodes.replicas(3, nodes.id(0))).containsExactly(nodes.id(3).value());
        assertThat(nodes.replicas(3, nodes.id(1))).containsExactly(nodes.id(4).value());
        assertThat(nodes.replicas(3, nodes.id(4))).containsExactly("ERR The specified node is not a master");
        assertThat(nodes.replicas(3, unknown())).containsExactly("ERR Unknown node " + unknown());
        NodeId old = nodes.id(0);
        nodes.kill(0);
        nodes.until("it is elected", () -> isMaster(3));
        assertThat(nodes.replicas(3, old)).isEmpty();
    }

    @Test
    void aFailoverMayDependOnWhomTheReplicaFollows() {
        cluster(true);
        NodeId old = nodes.id(0);
        NodeId replica = nodes.id(3);
        for (String how : List.of("TAKEOVER", "FORCE")) {
            assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(replica, nodes.id(1), how))).isEqualTo("ERR it follows another master by now");
            assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(nodes.id(4), old, how))).isEqualTo("ERR it follows another master by now");
            assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(replica, unknown(), how))).startsWith("ERR Unknown node");
            assertThat(isMaster(3)).isFalse();
        }
        assertThat(nodes.client(3, "PAUSE", "60000", "WRITE")).isEqualTo(RedisNodes.OK);
        nodes.kill(0);
        assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(replica, old, "TAKEOVER"))).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(3)).isTrue();
        assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(replica, old, "TAKEOVER"))).isEqualTo("ERR it follows another master by now");
    }

    @Test
    void whoFollowsAReplicaTakesOverFromItAndNotFromAMaster() {
        cluster(true);
        assertThat(nodes.carryOut(3, Command.takeoverFromReplica(nodes.id(0)))).isEqualTo("ERR the one that it follows is a master by now");
        assertThat(isMaster(3)).isFalse();
        assertThat(nodes.carryOut(3, Command.takeoverFromReplica(nodes.id(4)))).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(3)).isTrue();
    }

    /** Slots that its table gives to nobody, as where an old packet made its master its replica. */
    @Test
    void aReplicaCanBeGivenSlotsAndServesThemOnceItIsAMaster() {
        cluster(true);
        NodeId replica = nodes.id(3);
        SlotSet slots = PARTS.getFirst();
        assertThat(addSlots(3, slots)).isEqualTo("ERR Slot " + slots.first() + " is already busy");
        nodes.kill(0);
        assertThat(nodes.cluster(3, "DELSLOTSRANGE", Integer.toString(slots.first()), Integer.toString(slots.last()))).isEqualTo(RedisNodes.OK);
        assertThat(addSlots(3, slots)).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(3)).isFalse();
        assertThat(nodes.carryOut(3, Command.takeoverFromReplica(nodes.id(4)))).isEqualTo(RedisNodes.OK);
        nodes.until("all know", () -> all(MASTERS, i -> i == 0 || line(i, 3).orElseThrow().slots().equals(slots)));
        assertThat(nodes.table(3).myself().slots()).isEqualTo(slots);
        assertThat(nodes.id(3)).isEqualTo(replica);
    }

    @Test
    void aForcedFailoverThatDependsOnWhomTheReplicaFollowsIsVotedOn() {
        cluster(true);
        NodeId old = nodes.id(0);
        nodes.kill(0);
        assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(nodes.id(3), old, "FORCE"))).isEqualTo(RedisNodes.OK);
        nodes.until("it is elected", () -> isMaster(3) && !nodes.table(3).myself().slots().isEmpty());
    }

    @Test
    void aMasterThatStandsStillIsVotedOutAndFollowsWhenItGoesOn() {
        cluster(true);
        write(0, 5);
        nodes.freeze(0);
        nodes.until("its replica is elected", () -> isMaster(3) && !nodes.table(3).myself().slots().isEmpty());
        nodes.thaw(0);
        nodes.until("it follows the new one", () -> nodes.table(0).myself().master().filter(nodes.id(3)::equals).isPresent() && nodes.linkUp(0));
        assertThat(nodes.keys(0)).isEqualTo(5);
    }

    /** Seed 15083, with more faults. Without the second command they hear of it with its next ping, which it does not send any more. */
    @Test
    void replicasHearOfItsEpochAlthoughItStandsStillAMomentLater() {
        cluster(true);
        NodeId master = nodes.id(0);
        nodes.carryOut(0, Command.bumpEpoch());
        nodes.carryOut(0, Command.tellReplicas(PARTS.get(0)));
        long epoch = nodes.table(0).myself().configEpoch();
        nodes.freeze(0);
        nodes.until("its replica knows", () -> nodes.table(3).line(master).orElseThrow().configEpoch() == epoch);
        nodes.thaw(0);
        assertThat(epoch).isGreaterThan(2 * MASTERS);
    }

    /** Seed 60163, with more faults: a TAKEOVER, after the master that was dead then had come back. */
    @Test
    void whoGoesOnDoesWhatWasSentToItMeanwhileUnlessItComesTooLate() {
        cluster(false);
        long epoch = nodes.table(0).myself().configEpoch();
        long until = nodes.clockMs(0) + 500;
        nodes.freeze(0);
        nodes.sendToFrozen(0, Command.of("CLUSTER", "BUMPEPOCH").until(until));
        nodes.until("the time for that is over", () -> nodes.clockMs(0) > until);
        nodes.thaw(0);
        nodes.holds("it is not done", 500, () -> nodes.table(0).myself().configEpoch() == epoch);
        nodes.freeze(0);
        nodes.sendToFrozen(0, Command.of("CLUSTER", "BUMPEPOCH"));
        nodes.thaw(0);
        nodes.until("nobody waits for it, and it is done", () -> nodes.table(0).myself().configEpoch() > epoch);
    }

    @Test
    void whatMayBeDoneInTimeIsDone() {
        cluster(true);
        Command takeover = Command.failoverWhileItFollows(nodes.id(3), nodes.id(0), "TAKEOVER");
        assertThat(nodes.carryOut(3, takeover.until(nodes.clockMs(3) - 1))).isEqualTo("ERR it comes too late");
        assertThat(isMaster(3)).isFalse();
        assertThat(nodes.carryOut(3, Command.failoverWhileItFollows(nodes.id(3), nodes.id(1), "TAKEOVER").until(nodes.clockMs(3) + 60_000)))
            .isEqualTo("ERR it follows another master by now");
        assertThat(nodes.carryOut(3, takeover.until(nodes.clockMs(3) + 60_000))).isEqualTo(RedisNodes.OK);
        assertThat(isMaster(3)).isTrue();
    }

    @Test
    void aMasterThatComesBackAfterThePromotionIsAReplica() {
        cluster(true);
        write(0, 5);
        nodes.kill(0);
        nodes.cluster(3, "FAILOVER", "TAKEOVER");
        nodes.startAgain(0, true);
        nodes.until("it follows the new one", () -> nodes.table(0).myself().master().filter(nodes.id(3)::equals).isPresent() && nodes.linkUp(0));
        assertThat(nodes.keys(0)).isEqualTo(5);
    }

    /** So it leaves a dead master whose slots another is to have, and keeps what it has. */
    @Test
    void aReplicaThatDroppedItsMastersSlotsFromItsTableTakesNoneAndKeepsItsKeys() {
        cluster(true);
        write(0, 5);
        nodes.kill(0);
        nodes.until("it is called failed", () -> nodes.table(3).line(nodes.table(3).myself().master().orElseThrow()).orElseThrow().is(NodeFlag.FAIL));
        assertThat(nodes.cluster(3, "DELSLOTSRANGE", Integer.toString(PARTS.get(0).first()), Integer.toString(PARTS.get(0).last()))).isEqualTo(RedisNodes.OK);
        NodeId dead = nodes.table(3).myself().master().orElseThrow();
        assertThat(nodes.cluster(3, "FORGET", dead.value())).startsWith("ERR Can't forget my master");
        assertThat(nodes.cluster(3, "FAILOVER", "TAKEOVER")).isEqualTo(RedisNodes.OK);
        nodes.holds("it is a master of nothing", 1000, () -> isMaster(3) && nodes.table(3).myself().slots().isEmpty()
            && nodes.table(1).line(dead).orElseThrow().slots().equals(PARTS.get(0)));
        assertThat(nodes.keys(3)).isEqualTo(5);
        assertThat(nodes.cluster(3, "FORGET", dead.value())).isEqualTo(RedisNodes.OK);
    }

    // ---- a part of the masters

    @Test
    void aMasterThatSeesNoMajorityStopsAndTheOthersDoNot() {
        cluster(false);
        nodes.kill(1);
        nodes.until("the two that are left know it", () -> nodes.table(0).others().values().stream().anyMatch(other -> other.is(NodeFlag.FAIL)));
        assertThat(nodes.write(0, SLOT[0])).as("two of three, and no full coverage is asked for").isEqualTo(RedisNodes.OK);
        nodes.kill(2);
        nodes.until("the last one stops", () -> !nodes.stateOk(0));
        assertThat(nodes.write(0, SLOT[0])).isEqualTo("CLUSTERDOWN");
    }

    // ---- forgetting

    @Test
    void whatForgetRefuses() {
        cluster(true);
        assertThat(nodes.cluster(0, "FORGET", unknown().value())).isEqualTo("ERR Unknown node " + unknown());
        assertThat(nodes.cluster(0, "FORGET", nodes.id(0).value())).isEqualTo("ERR I tried hard but I can't forget myself...");
        assertThat(nodes.cluster(3, "FORGET", nodes.id(0).value())).isEqualTo("ERR Can't forget my master!");
    }

    /** Since Redis 7.2 the others forget it too, in time. */
    @Test
    void whoIsForgottenIsNotLearnedAgainFromGossip() {
        cluster(true);
        NodeId gone = nodes.id(5);
        nodes.kill(5);
        assertThat(nodes.cluster(0, "FORGET", gone.value())).isEqualTo(RedisNodes.OK);
        nodes.holds("it is not known", 3000, () -> nodes.table(0).line(gone).isEmpty());
    }

    /** It has a name of its own until the other has answered. */
    @Test
    void aFirstContactIsForgottenByTheNameThatItHas() {
        cluster(true);
        NodeId gone = nodes.id(5);
        Address address = nodes.address(5);
        nodes.kill(5);
        assertThat(nodes.cluster(0, "FORGET", gone.value())).isEqualTo(RedisNodes.OK);
        assertThat(meet(0, 5)).isEqualTo(RedisNodes.OK);
        ClusterNode contact = nodes.table(0).others().values().stream().filter(line -> !line.isIntroduced()).findFirst().orElseThrow();
        assertThat(contact.address()).contains(address);
        assertThat(nodes.cluster(0, "FORGET", contact.id().value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(0).isMeeting(address)).isFalse();
        assertThat(nodes.cluster(0, "FORGET", contact.id().value())).as("no more").isEqualTo("ERR Unknown node " + contact.id());
    }

    // ---- slots of a dead master

    @Test
    void whatSetslotRefuses() {
        cluster(true);
        assertThat(nodes.cluster(0, "SETSLOT", "1", "IMPORTING", nodes.id(1).value())).isEqualTo("ERR I'm already the owner of hash slot 1");
        assertThat(nodes.cluster(0, "SETSLOT", "8191", "NODE", unknown().value())).isEqualTo("ERR Unknown node " + unknown());
        assertThat(nodes.cluster(0, "SETSLOT", "8191", "IMPORTING", unknown().value())).isEqualTo("ERR I don't know about node " + unknown());
        assertThat(nodes.cluster(0, "SETSLOT", "8191", "NODE", nodes.id(4).value())).isEqualTo("ERR Target node is not a master");
        assertThat(nodes.cluster(3, "SETSLOT", "1", "STABLE")).startsWith("ERR").endsWith("use SETSLOT only with masters.");
        write(0, 1);
        assertThat(nodes.cluster(0, "SETSLOT", "1", "NODE", nodes.id(1).value()))
            .startsWith("ERR Can't assign hashslot 1 to a different node while I still hold keys for this hash slot.");
    }

    /** The sequence of {@code Action.TakeSlots}: FACTS, Slots. */
    @Test
    void slotsOfADeadMasterAreTakenWithAHigherEpoch() {
        cluster(false);
        NodeId dead = nodes.id(0);
        nodes.kill(0);
        assertThat(nodes.cluster(1, "DELSLOTSRANGE", range(PARTS.get(0))[0], range(PARTS.get(0))[1])).isEqualTo(RedisNodes.OK);
        String last = Integer.toString(PARTS.get(0).last());
        assertThat(addSlots(1, SlotSet.range(0, PARTS.get(0).last() - 1))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(1, "SETSLOT", last, "IMPORTING", dead.value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(1, "SETSLOT", last, "NODE", nodes.id(1).value())).isEqualTo(RedisNodes.OK);
        assertThat(nodes.table(1).myself().slots()).isEqualTo(PARTS.get(0).plus(PARTS.get(1)));
        assertThat(nodes.table(1).myself().configEpoch()).isGreaterThan(3);
        nodes.until("the others know", () -> line(2, 1).orElseThrow().slots().equals(PARTS.get(0).plus(PARTS.get(1))));
        nodes.until("writes go there", () -> nodes.write(1, SLOT[0]).equals(RedisNodes.OK));
    }

    /** It knows of no other from whom SETSLOT could import them. */
    @Test
    void theOnlyMasterTakesSlotsThatNobodyOwns() {
        cluster(false);
        for (int gone : new int[] {0, 2}) {
            NodeId dead = nodes.id(gone);
            nodes.kill(gone);
            assertThat(nodes.cluster(1, "FORGET", dead.value())).isEqualTo(RedisNodes.OK);
        }
        assertThat(addSlots(1, PARTS.get(0))).isEqualTo(RedisNodes.OK);
        assertThat(nodes.cluster(1, "BUMPEPOCH")).matches("(BUMPED|STILL) [0-9]+");
        assertThat(nodes.table(1).myself().slots()).isEqualTo(PARTS.get(0).plus(PARTS.get(1)));
        nodes.until("writes go there", () -> nodes.write(1, SLOT[0]).equals(RedisNodes.OK));
    }
}
