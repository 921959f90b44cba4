package io.regroup.local;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that is back before anybody noticed that it was gone, again and again: without the gate its replica would copy what it
 * has within half a second, and without an append-only file that is nothing.
 */
class GateIT {

    private static final int KILLS = 50;
    private static final int KEYS = 200;

    private RealCluster cluster;

    @RegisterExtension
    final Evidence evidence = new Evidence(() -> cluster);

    @AfterEach
    void end() {
        cluster.close();
    }

    @ParameterizedTest(name = "appendonly {0}")
    @ValueSource(strings = {"yes", "no"})
    void everyKeyIsThereHoweverOftenAMastersRedisServerIsKilledAndStartedAgainAtOnce(String appendonly) throws IOException {
        cluster = new RealCluster(6, 1);
        cluster.configure("appendonly " + appendonly + "\nsave \"\"\n");
        cluster.local().startAll();
        cluster.awaitWhole(System.nanoTime());
        Map<String, String> keys = cluster.writeKeys("gate", KEYS);
        double longest = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            List<Integer> masters = cluster.masterPods();
            int master = masters.get(kill % masters.size());
            int replica = cluster.replicaPodOf(master);
            long killed = System.nanoTime();
            cluster.pod(master).kill(LocalPod.Process.REDIS);
            longest = Math.max(longest, cluster.awaitPromoted(replica, killed));
            cluster.awaitWhole(killed);
            cluster.allReadable(keys);
        }
        cluster.measured(String.format("appendonly %s: %d kills, promoted after %.2f s at the latest, %d of %d keys there", appendonly, KILLS,
            longest, keys.size(), keys.size()));
        cluster.staysQuiet();
    }
}
