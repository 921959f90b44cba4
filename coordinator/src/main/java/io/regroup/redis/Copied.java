package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.Optional;

/**
 * Whom a server copies, as {@code INFO} says; and where that has ended although nobody told it to. A replica that hears its own word of before it became one is
 * made a master by it ({@code clusterProcessPacket}). Redis goes on copying until it is started again, Valkey stops at once; and what it has looks like the
 * last keys of slots that have been moved away then. It is only a copy, of one that serves it, and goes out of date.
 */
public final class Copied {

    private boolean astray;

    /**
     * @param masterAt as INFO has it
     * @param copyOf   whose copy its data was last, as the volume has it, and nothing else since
     * @return whom it copies, or would if it had not been made a master by its own word
     */
    public Optional<Address> read(ClusterTable table, Optional<Address> masterAt, long keys, Optional<NodeId> copyOf) {
        if (masterAt.isPresent()) {
            astray = false;
            return masterAt;
        }
        Optional<Address> serving = copyOf.flatMap(table::line).filter(Copied::serves).flatMap(ClusterNode::address);
        // Its coordinator lets it take one slot, to lose that again: see FollowAgain.
        SlotSet own = table.myself().slots();
        astray = table.myself().isMaster() && keys > 0 && serving.isPresent() && (own.isEmpty() || astray && own.size() == 1);
        return serving.filter(at -> astray);
    }

    /** Else what it has may be the last copy. */
    private static boolean serves(ClusterNode master) {
        return master.isIntroduced() && master.isMaster() && !master.slots().isEmpty() && !master.is(NodeFlag.FAIL);
    }

    /** Whether what it has, or gets from here on, is its own: it serves slots, or is a master and has nothing yet. */
    public boolean isItsOwn(ClusterTable table, long keys) {
        return !astray && table.myself().isMaster() && (!table.myself().slots().isEmpty() || keys == 0);
    }

    /** Another life of the server may have begun. */
    public void forget() {
        astray = false;
    }
}
