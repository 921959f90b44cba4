package io.regroup.faults;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Pods do not hear each other for a while; the clients hear all. */
class PartitionsIT extends FaultStory {

    private static final Duration CUT = Duration.ofSeconds(15);

    @Override
    boolean strikesAlone() {
        return false;
    }

    @Story("a master is cut off for 15 s")
    void aMasterIsCutOff() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), ELECTION, () -> cutOff(Set.of(master), Plane.ALL, CUT));
    }

    @Story("a replica is cut off for 15 s")
    void aReplicaIsCutOff() throws InterruptedException {
        int replica = replica(master());
        suffer(NOTHING, NO_GAP, () -> cutOff(Set.of(replica), Plane.ALL, CUT));
    }

    @Story("the leader is cut off for 15 s")
    void theLeaderIsCutOff() throws InterruptedException {
        int leader = leader();
        suffer(duringTheFirst(ALONE), ELECTION, () -> cutOff(Set.of(leader), Plane.ALL, CUT));
    }

    @Story("half of the pods is cut off from the other half for 15 s: no side is more than half, nothing is done")
    void halfIsCutOffFromHalf() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        Set<Integer> half = new TreeSet<>(Set.of(masters.get(0), replica(masters.get(0)), replica(masters.get(1))));
        suffer(duringTheFirst(ALONE), CUT.plus(ELECTION), () -> cutOff(half, Plane.ALL, CUT));
    }

    @Story("the group is cut in halves for 15 s")
    void theGroupAloneIsCutInHalves() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        suffer(NOTHING, NO_GAP, () -> cutOff(new TreeSet<>(masters), Plane.GROUP, CUT));
    }

    @Story("the bus of a master is cut off for 15 s")
    void aMastersBusAloneIsCutOff() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), ELECTION, () -> cutOff(Set.of(master), Plane.BUS, CUT));
    }

    @Story("nobody hears a master that hears all, for 15 s")
    void nobodyHearsAMasterThatHearsAll() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), ELECTION, () -> cutOneWay(Set.of(master), CUT));
    }
}
