package io.regroup.sim;

import io.regroup.model.NodeId;
import io.regroup.sim.Network.Plane;
import java.util.BitSet;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * S2: who is promoted may lack what was under way to it, not what its master took long after it had heard from that last, where that one serves with all of
 * its data, or its container has just ended and may be back.
 */
final class LeftBehind {

    /** A master that has lost the majority takes writes for so long (cluster-node-timeout, and a moment), and a replica may hear nothing for a ping. */
    private static final long LAG_MS = 5000;
    /** The product waits for a container for 5 s from when it hears of its end. */
    private static final long BACK_MS = 4000;
    /** All hear each other again so soon after a cut. */
    private static final long MENDED_MS = 1000;

    private LeftBehind() {
    }

    /** @param missing what the heir does not have of all that its master's slots had */
    static Optional<String> broken(World world, SimRedis heir, NodeId master, BitSet missing) {
        if (world.now() - world.net.mendedAt() < MENDED_MS) {
            return Optional.empty();
        }
        long quietMs = heir.replication.dataAge();
        long heardAt = world.now() - quietMs;
        for (Pod pod : world.pods()) {
            BitSet kept = CopyRules.dataOf(pod).writes();
            long late = missing.stream().filter(write -> kept.get(write) && world.ledger.acknowledgedAt(write) > heardAt + LAG_MS).count();
            if (late > 0 && keeps(pod, master) && isBackSoon(world, pod) && isOnSameSide(world, heir, pod)) {
                return Optional.of(late + " writes that " + pod.name + " took and keeps, more than " + LAG_MS + " ms after it had heard from that one last, "
                    + quietMs + " ms ago");
            }
        }
        return Optional.empty();
    }

    private static boolean keeps(Pod pod, NodeId master) {
        return pod.redis().map(SimRedis::id).or(() -> pod.volume().table().map(table -> table.myself().id())).filter(master::equals).isPresent();
    }

    /** Of a split: what is between their Redis ports alone splits nobody. */
    private static boolean isOnSameSide(World world, SimRedis heir, Pod pod) {
        String one = heir.address.host();
        return Stream.of(Plane.BUS, Plane.GROUP).allMatch(plane -> world.net.reach(plane, one, pod.ip) && world.net.reach(plane, pod.ip, one));
    }

    private static boolean isBackSoon(World world, Pod pod) {
        return pod.exists && pod.hostUp && !pod.leaving
            && (pod.redis().filter(SimRedis::isServing).isPresent() || pod.redis().isEmpty() && world.now() - pod.endedAt() < BACK_MS);
    }
}
