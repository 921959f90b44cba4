package io.regroup.faults;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Pods do not hear each other for a while; the clients hear all. */
class PartitionsIT extends FaultStory {

    private static final Duration CUT = Duration.ofSeconds(15);

    @Test
    void aMasterIsCutOff() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(master), Plane.ALL, CUT));
    }

    @Test
    void aReplicaIsCutOff() throws InterruptedException {
        int replica = replica(master());
        suffer(NOTHING, () -> cutOff(Set.of(replica), Plane.ALL, CUT));
    }

    @Test
    void theLeaderIsCutOff() throws InterruptedException {
        int leader = leader();
        suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(leader), Plane.ALL, CUT));
    }

    @Test
    void halfIsCutOffFromHalf() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        Set<Integer> half = new TreeSet<>(Set.of(masters.get(0), replica(masters.get(0)), replica(masters.get(1))));
        suffer(duringTheFirst(ALONE), () -> cutOff(half, Plane.ALL, CUT));
    }

    @Test
    void theGroupAloneIsCutInHalves() throws InterruptedException {
        List<Integer> masters = cluster.masterPods();
        suffer(NOTHING, () -> cutOff(new TreeSet<>(masters), Plane.GROUP, CUT));
    }

    @Test
    void aMastersBusAloneIsCutOff() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), () -> cutOff(Set.of(master), Plane.BUS, CUT));
    }

    @Test
    void nobodyHearsAMasterThatHearsAll() throws InterruptedException {
        int master = master();
        suffer(duringTheFirst(ALONE), () -> cutOneWay(Set.of(master), CUT));
    }
}
