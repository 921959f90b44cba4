package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.SlotSet;
import java.util.Optional;

/**
 * Whom a server copies, as {@code INFO} says; and where Valkey has ended that although nobody told it to. A replica that hears its own word of before it became
 * one is made a master by it ({@code clusterProcessPacket}); Redis goes on copying then, Valkey does not, and what it has looks like the last keys of slots that
 * have been moved away. It is only a copy, of one that serves it, and goes out of date. Judged from one reading to the next, in one life of the server.
 */
public final class Copied {

    private Optional<Address> linked = Optional.empty();
    private boolean astray;

    /**
     * @param masterAt as INFO has it
     * @return whom it copies, or would if it had not been made a master by its own word
     */
    public Optional<Address> read(ClusterTable table, Optional<Address> masterAt, boolean linkUp, long keys) {
        if (masterAt.isPresent()) {
            astray = false;
            linked = masterAt.filter(at -> linkUp);
            return masterAt;
        }
        // Its coordinator lets it take one slot, to lose that again: see FollowAgain.
        SlotSet own = table.myself().slots();
        astray = keys > 0 && (astray ? own.size() <= 1 : own.isEmpty() && linked.flatMap(at -> masterAt(at, table)).isPresent());
        linked = linked.filter(at -> astray);
        return linked;
    }

    /** Who serves slots at that address. */
    private static Optional<ClusterNode> masterAt(Address address, ClusterTable table) {
        return table.others().values().stream().filter(line -> line.isIntroduced() && line.isMaster() && !line.slots().isEmpty())
            .filter(line -> line.address().filter(address::equals).isPresent()).findFirst();
    }

    /** Another life of the server may have begun. */
    public void forget() {
        linked = Optional.empty();
        astray = false;
    }
}
