package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three machines with two pods each: whatever has put masters together, or a replica with its master, is undone when all is calm. */
class SpreadIT {

    private static final int PODS = 6;
    private static final int MACHINES = 3;

    /** Pods 1 and 4 are on the first machine, 2 and 5 on the second, 3 and 6 on the third. */
    private static final Places MACHINE_BY_NUMBER = new Places() {

        private final Places loopback = new OwnLoopback();

        @Override
        public String host(int pod) {
            return loopback.host(pod);
        }

        @Override
        public List<String> enter(int pod) {
            return loopback.enter(pod);
        }

        @Override
        public String machine(int pod) {
            return "machine-" + (pod - 1) % MACHINES;
        }
    };

    private final RealCluster cluster = new RealCluster(PODS, 1, MACHINE_BY_NUMBER);

    @AfterEach
    void end() {
        cluster.close();
    }

    @Test
    void mastersThatAnOperatorPutOnOneMachineAreSpreadAgain() {
        cluster.local().startAll();
        cluster.awaitWhole(System.nanoTime());
        assertThat(problem()).as("as it was built").isEmpty();
        Map<String, String> written = cluster.writeKeys("spread", 500);

        pileUp();
        assertThat(problem()).as("piled up").isPresent();

        await("spread again").atMost(RealCluster.PATIENCE).pollInterval(Duration.ofMillis(200)).ignoreExceptions().until(() -> problem().isEmpty());
        cluster.awaitWhole(System.nanoTime());
        cluster.staysQuiet();
        assertThat(problem()).as("and it stays so").isEmpty();
        cluster.allReadable(written);
    }

    /** Hands over from one master to its replica on a machine that has a master of another shard. */
    private void pileUp() {
        int replica = cluster.replicaPodOf(cluster.masterPods().getFirst());
        assertThat(cluster.askOne(replica, "CLUSTER", "FAILOVER")).isEqualTo("OK");
        await("handed over").atMost(RealCluster.PATIENCE).ignoreExceptions().until(() -> cluster.masterPods().contains(replica));
    }

    /** Why masters and replicas are not where they belong. */
    private Optional<String> problem() {
        SortedMap<Integer, ClusterTable> tables = cluster.tables().byPod();
        SortedMap<NodeId, String> machines = new TreeMap<>();
        tables.forEach((pod, table) -> machines.put(table.myself().id(), MACHINE_BY_NUMBER.machine(pod)));
        List<String> ofMasters = tables.values().stream().filter(t -> t.myself().isMaster()).map(t -> machines.get(t.myself().id())).toList();
        if (ofMasters.stream().distinct().count() < MACHINES) {
            return Optional.of("masters are on " + ofMasters);
        }
        return tables.values().stream().filter(t -> t.myself().master().filter(m -> machines.get(m).equals(machines.get(t.myself().id()))).isPresent())
            .map(t -> t.myself().id().brief() + " is on its master's machine").findFirst();
    }
}
