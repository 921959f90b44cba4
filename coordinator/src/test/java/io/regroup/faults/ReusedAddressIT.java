package io.regroup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.faults.WritingClients.Outcome;
import io.regroup.local.Evidence;
import io.regroup.local.LocalPod;
import io.regroup.local.LocalPod.Process;
import io.regroup.local.RealCluster;
import io.regroup.model.Address;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two Deployments with the same labels in one namespace. A pod of each dies, and their one's successor gets the address that ours had, with
 * the same ports: Redis' bus asks for no password, and over a reused address two clusters have become one (redis#6174).
 */
class ReusedAddressIT extends FaultStory {

    private ApiServer api;
    private Seats seats;
    private Seats theirSeats;
    /** A place where nobody is. */
    private int free;
    private RealCluster theirs;

    @RegisterExtension
    final Evidence theirEvidence = new Evidence(() -> theirs, () -> "-the-other-cluster" + ofWhichRun());

    @Override
    int places() {
        return 2 * PODS + 1;
    }

    @Override
    RealCluster found(VirtualNetwork network) throws IOException {
        api = new ApiServer(network);
        seats = new Seats(network, "redis", PODS, 1, api.environment());
        theirSeats = new Seats(network, "others", PODS, 1 + PODS, api.environment());
        free = 2 * PODS + 1;
        RealCluster ours = new RealCluster(PODS, 1, seats);
        // The same ports as ours.
        theirs = new RealCluster(PODS, 1, theirSeats, ours.local().pods().getFirst().redisPort());
        api.deploy("redis", ours.local());
        api.deploy("others", theirs.local());
        // One after the other: twelve JVMs that start at once on two cores starve each other.
        theirs.local().startAll();
        theirs.awaitWhole(System.nanoTime());
        return ours;
    }

    @Override
    void ended() {
        theirs.close();
        api.close();
    }

    /** A master of each. */
    @Story("another cluster's pod comes up where a master has just died")
    void aPodOfAnotherClusterComesUpWhereAMasterHasJustDied() throws InterruptedException {
        theirs.awaitWhole(System.nanoTime());
        int our = master();
        int their = theirs.masterPod();
        bothStayApart(ON_ITS_WAY, PROMOTION, () -> {
            int place = killElsewhere(our);
            killTo(place, their);
        });
    }

    /** Our coordinators do nothing for the moment: Redis itself promotes, and our servers still name the address when the stranger has it. */
    @Story("another cluster's pod comes up where a master has just died, while our coordinators are frozen: Redis' election decides")
    void aPodOfAnotherClusterHasTheAddressOfADeadMasterThatIsNotForgottenYet() throws InterruptedException {
        theirs.awaitWhole(System.nanoTime());
        int our = master();
        int heir = replica(our);
        int their = replicaOf(theirs);
        bothStayApart(ON_ITS_WAY, ELECTION, () -> {
            List<Long> frozen = cluster.local().pods().stream().filter(pod -> pod.number() != our).map(pod -> pod.pid(Process.COORDINATOR)).toList();
            frozen.forEach(pid -> Shell.run("kill -STOP " + pid));
            Address where = cluster.address(our);
            long killed = System.nanoTime();
            int place = killElsewhere(our);
            cluster.awaitPromoted(heir, killed);
            // Until a stranger answers there; then Redis itself takes the address out of the entry (clusterProcessPacket, NOADDR).
            assertThat(cluster.askOne(heir, "CLUSTER", "NODES")).as("what our servers name").contains(" " + where + "@");
            killTo(place, their);
            theirs.awaitWhole(killed);
            frozen.forEach(pid -> Shell.run("kill -CONT " + pid));
        });
    }

    private static int replicaOf(RealCluster cluster) {
        return cluster.replicaPodOf(cluster.masterPod());
    }

    /** Our pod dies, and another one takes its place at an address that nobody has had. @return where it was */
    private int killElsewhere(int our) {
        int place = seats.place(our);
        seats.move(our, free);
        cluster.pod(our).kill().join();
        return place;
    }

    /** Their pod dies, and another one takes its place there. */
    private void killTo(int place, int their) {
        free = theirSeats.place(their);
        theirSeats.move(their, place);
        theirs.pod(their).kill().join();
    }

    /** @param allowed of our writes; theirs may lose no more. @param gap likewise */
    private void bothStayApart(List<MayLose> allowed, Duration gap, Fault fault) throws InterruptedException {
        Outcome their;
        long struck;
        try (WritingClients clients = new WritingClients(theirs, "others-" + name.hashCode() + "-")) {
            struck = System.nanoTime();
            suffer(allowed, gap, fault);
            theirs.awaitWholeFor(STEADY, System.nanoTime());
            their = clients.end();
        }
        cluster.measured(String.format("the other cluster: longest write gap %.0f ms, %d of %d acknowledged writes lost", their.longestGapMs(),
            their.lost().size(), their.acknowledged().size()));
        lostNoMoreThan(allowed, their, struck);
        assertThat(their.longestGapMs()).as("the other cluster's longest write gap, in ms").isLessThan(gap.toMillis());
        theirs.staysQuiet(QUIET);
        Set<String> both = new HashSet<>(ids(cluster));
        both.retainAll(ids(theirs));
        assertThat(both).as("nodes that are in both clusters").isEmpty();
    }

    /** All nodes that any server of this cluster names. */
    private static List<String> ids(RealCluster cluster) {
        List<String> ids = new ArrayList<>();
        cluster.local().pods().stream().map(LocalPod::number).forEach(pod ->
            cluster.askOne(pod, "CLUSTER", "NODES").lines().forEach(line -> ids.add(line.split(" ")[0])));
        return ids;
    }
}
