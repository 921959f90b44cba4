package io.regroup.lead;

import io.regroup.model.Address;
import io.regroup.model.End;
import io.regroup.model.Pod;
import io.regroup.model.Seat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * What the leader learns outside of the group: how many nodes are asked for, and proof that a member has ended. On
 * Kubernetes the API server knows both; without it the settings and the ports do.
 */
public interface Witness {

    /** Is told how many nodes are asked for. */
    interface Count {
        /** @param first see {@link io.regroup.model.Asked#first} */
        void asked(int nodes, boolean first);
    }

    /** How many nodes are asked for, as far as it is known without asking: for a leader whom nobody has told yet. */
    OptionalInt assumed();

    /** This member leads from now on. @param count is told, on any thread, how many nodes are asked for, and each change */
    void open(Count count);

    /** It leads no more. */
    void close();

    /**
     * Looks for proof that this member's pod has ended and does not come back by itself (S2). Blocks for some seconds at
     * most; called from a thread of its own.
     *
     * @param tenant the member that has its address in the group now, if one does
     * @return absent when it is not proven
     */
    Optional<End> proofOfEnd(String member, Seat seat, Optional<String> tenant);

    /**
     * The pods that there are, by name, and when each was created, in ms of one clock for all; those that have ended for good left out.
     * Blocks for some seconds at most; called from a thread of its own.
     *
     * @param here the members that are here, by their addresses in the group
     * @return absent when it is not known
     */
    Optional<SortedMap<String, Long>> pods(SortedMap<Address, String> here);

    /**
     * Tells who deletes pods what the loss of each would cost. Blocks for some seconds at most; called from a thread of its own.
     *
     * @return whether that is told; else it may be tried again
     */
    boolean price(SortedMap<String, Integer> costs);

    /**
     * How long a pod that leaves may still run, in ms. Blocks for some seconds at most; called from a thread of its own.
     *
     * @return absent when it is not known
     */
    OptionalLong graceMs(Pod pod);

    /** Something worth telling happened. */
    void tell(Chronicle.Entry entry);
}
