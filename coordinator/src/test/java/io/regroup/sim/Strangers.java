package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Clusters that are not of this deployment, each with peers, slots, epochs and keys of its own. One node of each has got an IP that a pod of
 * ours had: our servers still dial it there, and it answers. The bus asks nobody for a password; its clients' port does, also replicas. One
 * that asked for none would be copied by a replica whose master had its address: Redis does not look who its master is, and only a
 * NetworkPolicy keeps the two apart.
 */
final class Strangers {

    private static final int NODES = 3;
    private static final long MOST_EPOCH = 60;
    /** Numbers of writes that no client of ours comes to. */
    private static final int FIRST_WRITE = 2000;

    private final World world;
    private final List<SimRedis> servers = new ArrayList<>();
    /** Also of those that have gone: nobody of ours may ever name them. */
    private final Set<NodeId> ids = new TreeSet<>();
    private int ips;

    Strangers(World world) {
        this.world = world;
    }

    boolean isOne(NodeId id) {
        return ids.contains(id);
    }

    /** The process behind this address; null: none of them. */
    SimRedis at(Address address) {
        return servers.stream().filter(s -> s.isAlive() && s.address.equals(address)).findFirst().orElse(null);
    }

    boolean hasHost(String ip) {
        return servers.stream().anyMatch(s -> s.isAlive() && s.address.host().equals(ip));
    }

    /** A cluster of which one node is at this IP. */
    void arrive(String ip) {
        List<SimRedis> cluster = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            SimRedis server = new SimRedis(world, new Address(i == 0 ? ip : "10.9.0." + ++ips, Pod.PORT), Saved.nothing());
            server.start(world.chance.between(10, 60), 5);
            cluster.add(server);
            ids.add(server.id());
        }
        servers.addAll(cluster);
        world.trace(() -> "a stranger's cluster has " + ip + ": " + cluster);
        world.after(100, () -> found(cluster));
    }

    private void found(List<SimRedis> cluster) {
        long epoch = world.chance.between(1, MOST_EPOCH);
        List<SlotSet> parts = SlotSet.ALL.split(NODES);
        for (int i = 0; i < NODES; i++) {
            SimRedis server = cluster.get(i);
            ClusterCommands.execute(server, List.of("CLUSTER", "SET-CONFIG-EPOCH", Long.toString(epoch + i)));
            ClusterCommands.execute(server, List.of("CLUSTER", "ADDSLOTSRANGE", Integer.toString(parts.get(i).first()), Integer.toString(parts.get(i).last())));
            for (int slot = 0; slot < Dataset.SLOTS.length; slot++) {
                if (parts.get(i).contains(Dataset.SLOTS[slot])) {
                    server.replication.write(Dataset.number(slot, FIRST_WRITE));
                }
            }
            for (SimRedis peer : cluster.subList(0, i)) {
                ClusterCommands.execute(server, List.of("CLUSTER", "MEET", peer.address.host(), Integer.toString(peer.address.port())));
            }
        }
    }

    /** The one at this IP ends, and its peers look for it there: whoever comes next hears from them. */
    void leave(String ip) {
        servers.stream().filter(s -> s.isAlive() && s.address.host().equals(ip)).forEach(server -> {
            world.trace(() -> "the stranger at " + ip + " is gone");
            server.end(true);
        });
        servers.removeIf(s -> !s.isAlive());
    }
}
