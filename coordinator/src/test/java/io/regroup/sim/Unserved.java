package io.regroup.sim;

import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.Optional;

/**
 * A FORGET leaves the slots that the forgotten node has in that table to nobody ({@code clusterDelNode}), and whoever asks there is told that they are not
 * served. So it comes after the news of whose they are, where that one can tell them.
 */
final class Unserved {

    /** The product waits for the news for 2 s; they need a moment after a cut. */
    private static final long MENDED_MS = 3000;

    private Unserved() {
    }

    /** What would become of a FORGET of this node at this server. */
    static Optional<String> broken(World world, SimRedis server, NodeId id) {
        Entry forgotten = server.table.get(id);
        if (forgotten == null || forgotten.slots().isEmpty() || world.now() - world.net.mendedAt() < MENDED_MS) {
            return Optional.empty();
        }
        for (SimRedis owner : world.servers()) {
            SlotSet slots = owner.myself.isMaster() ? owner.myself.slots().and(forgotten.slots()) : SlotSet.NONE;
            // A table that has the dead one with a higher epoch believes nobody else: there FORGET is the cure.
            if (!slots.isEmpty() && owner.isServing() && owner.stateOk && owner.myself.configEpoch > forgotten.configEpoch
                && world.busReaches(owner, server.address) && world.busReaches(server, owner.address)) {
                return Optional.of(slots.size() + " slots that " + owner + " serves would have no owner in the table of " + server + " without " + id.brief());
            }
        }
        return Optional.empty();
    }
}
