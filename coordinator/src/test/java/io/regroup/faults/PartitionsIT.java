package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Pods do not hear each other for a while; the clients hear all. */
class PartitionsIT extends FaultStory {

    private static final Duration CUT = Duration.ofSeconds(15);
    /** Half of that: an election takes the node timeout of 2 s once or twice. */
    private static final double REPLACED_MS = 7500;

    @Override
    boolean strikesAlone() {
        return false;
    }

    @Story("a master is cut off for 15 s")
    void aMasterIsCutOff() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(master), Plane.ALL, CUT));
    }

    @Story("a replica is cut off for 15 s")
    void aReplicaIsCutOff() throws InterruptedException {
        int replica = replica(master());
        suffer(NOTHING, () -> cutOff(Set.of(replica), Plane.ALL, CUT));
    }

    @Story("the leader is cut off for 15 s")
    void theLeaderIsCutOff() throws InterruptedException {
        int leader = leader();
        suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(leader), Plane.ALL, CUT));
    }

    @Story("half of the pods is cut off from the other half for 15 s: no side is more than half, nothing is done")
    void halfIsCutOffFromHalf() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        Set<Integer> half = new TreeSet<>(Set.of(masters.get(0), replica(masters.get(0)), replica(masters.get(1))));
        suffer(duringTheFirst(ALONE), () -> cutOff(half, Plane.ALL, CUT));
    }

    @Story("the group is cut in halves for 15 s")
    void theGroupAloneIsCutInHalves() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        suffer(NOTHING, () -> cutOff(new TreeSet<>(masters), Plane.GROUP, CUT));
    }

    @Story("the bus of a master is cut off for 15 s")
    void aMastersBusAloneIsCutOff() throws InterruptedException {
        int master = master();
        Outcome outcome = suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(master), Plane.BUS, CUT));
        assertThat(outcome.longestGapMs()).as("longest write gap, in ms: another takes its place while that lasts").isLessThan(REPLACED_MS);
    }

    @Story("nobody hears a master that hears all, for 15 s")
    void nobodyHearsAMasterThatHearsAll() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), () -> cutOneWay(Set.of(master), CUT));
    }
}
