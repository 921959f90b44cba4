package io.regroup.sim;

import io.regroup.model.NodeFlag;
import io.regroup.model.SlotSet;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Whether the cluster is whole, looked at from above: independent of what the product thinks. */
final class Wholeness {

    private Wholeness() {
    }

    static Optional<String> pending(World world) {
        int asked = world.kube.asked.nodes();
        if (world.pods().size() != asked || world.pods().stream().anyMatch(p -> p.leaving)) {
            return Optional.of(world.pods().size() + " pods of " + asked + ", or one that leaves");
        }
        List<SimRedis> servers = world.servers().stream().filter(SimRedis::isServing).toList();
        if (servers.size() != asked) {
            return Optional.of(servers.size() + " servers of " + asked);
        }
        SlotSet covered = SlotSet.NONE;
        int masters = 0;
        for (SimRedis server : servers) {
            if (server.myself.isMaster()) {
                masters++;
                if (!server.myself.hasSlots()) {
                    return Optional.of(server + " is a master without slots");
                }
                if (!covered.and(server.myself.slots()).isEmpty()) {
                    return Optional.of("slots with two owners");
                }
                covered = covered.plus(server.myself.slots());
                long replicas = servers.stream().filter(s -> s.myself.slaveof != null && s.myself.slaveof.id.equals(server.id())).count();
                if (replicas < Math.min(world.kube.asked.replicas(), asked / world.kube.asked.masters() - 1)) {
                    return Optional.of(server + " has " + replicas + " replicas");
                }
            } else if (!server.replication.isUp()) {
                return Optional.of(server + " is not in sync");
            }
        }
        if (!covered.equals(SlotSet.ALL)) {
            return Optional.of(covered.size() + " slots are covered");
        }
        if (masters != world.kube.asked.masters()) {
            return Optional.of(masters + " masters");
        }
        for (SimRedis server : servers) {
            Optional<String> problem = problem(server, servers);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return data(world, servers);
    }

    private static Optional<String> problem(SimRedis server, List<SimRedis> servers) {
        if (!server.stateOk) {
            return Optional.of(server + " is in state fail");
        }
        if (server.table.size() != servers.size()) {
            return Optional.of(server + " names " + server.table.size() + " nodes");
        }
        for (SimRedis other : servers) {
            Entry line = server.table.get(other.id());
            if (line == null || line.isFlaggedDown() || line.is(NodeFlag.NOADDR) || line.inHandshake()
                || line.isMaster() != other.myself.isMaster() || !line.slots().equals(other.myself.slots())) {
                return Optional.of(server + " has " + other + " wrong");
            }
        }
        return Optional.empty();
    }

    /** Every write that is still somewhere is where it belongs. */
    private static Optional<String> data(World world, List<SimRedis> servers) {
        for (SimRedis server : servers) {
            if (server.myself.isMaster()) {
                for (int slot : Dataset.SLOTS) {
                    BitSet missing = Dataset.ofSlot(slot, world.ledger.acknowledged().length());
                    missing.and(world.ledger.alive());
                    missing.andNot(server.data().writes());
                    if (server.slots.owner(slot) == server.myself && !missing.isEmpty()) {
                        return Optional.of(missing.cardinality() + " writes to slot " + slot + " are not on its master " + server);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
