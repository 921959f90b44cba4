package io.regroup.bench;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.NodesText;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Three masters and their replicas, built by {@code redis-cli}, with nobody to help them. */
final class RedisAlone implements AutoCloseable {

    private static final int NODES = 6;
    private static final int MASTERS = 3;

    private final BareServers bare;
    private final Address replica;

    RedisAlone(int firstPort, int nodeTimeoutMs) throws IOException, InterruptedException {
        bare = new BareServers(NODES, firstPort, "--cluster-node-timeout", Integer.toString(nodeTimeoutMs));
        List<String> words = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
        bare.addresses().forEach(a -> words.add(a.toString()));
        words.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
        Process create = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (!create.waitFor(60, TimeUnit.SECONDS) || create.exitValue() != 0) {
            throw new IOException("redis-cli --cluster create did not build a cluster");
        }
        try (Agreement agreement = new Agreement(bare.addresses(), MASTERS)) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(agreement::isReached);
        }
        replica = replicaOf(master());
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> isInSync(replica));
    }

    Address master() {
        return bare.addresses().getFirst();
    }

    Address replica() {
        return replica;
    }

    /** SIGKILL: the kernel closes its connections. */
    void killMaster() {
        bare.process(0).destroyForcibly();
    }

    /** SIGSTOP: it is silent, and its connections stay as they are. */
    void silenceMaster() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-STOP", Long.toString(bare.process(0).pid())).start().waitFor();
    }

    private Address replicaOf(Address master) {
        ClusterTable table = NodesText.parse(ask(master, "CLUSTER", "NODES"));
        return table.others().values().stream().filter(n -> n.master().filter(table.myself().id()::equals).isPresent())
            .flatMap(n -> n.address().stream()).findFirst().orElseThrow();
    }

    private boolean isInSync(Address address) {
        return ask(address, "INFO", "replication").contains("master_link_status:up");
    }

    private static String ask(Address address, String... words) {
        try (Servers servers = new Servers(Duration.ofMillis(500))) {
            Reply reply = servers.send(new TreeMap<>(Map.of(address, List.of(new Command(List.of(words))))), Duration.ofSeconds(2))
                .get(address).getFirst();
            return reply instanceof Reply.Answer answer ? answer.text() : "";
        }
    }

    @Override
    public void close() {
        bare.close();
    }
}
