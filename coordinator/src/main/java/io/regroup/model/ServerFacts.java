package io.regroup.model;

import java.util.Optional;

/**
 * What a server says of itself beside its table ({@code INFO}, {@code CLUSTER INFO}).
 *
 * @param stateOk       {@code cluster_state:ok}
 * @param currentEpoch  {@code cluster_current_epoch}
 * @param keys          keys in its keyspace
 * @param linkUp        replicas: {@code master_link_status:up}
 * @param synced        replicas: it has finished a full or partial sync in this process's life, so that its data is a
 *                      copy of its master's. False for one that never got that far.
 * @param masterAt      where it looks for its master ({@code master_host} and {@code master_port}), whatever its table says; also where Valkey has ended
 *                      that although nobody told it to
 * @param offset        replication offset ({@code master_repl_offset} or {@code slave_repl_offset})
 * @param uptimeSeconds age of the process
 * @param strays        slots of which it has keys; masters: only those that are not its own and that it does not import; replicas: none once synced
 *                      with a master that owns slots
 * @param quietMs       replicas: how long nothing has come from its master, in ms, to a second ({@code master_last_io_seconds_ago}, or {@code
 *                      master_link_down_since_seconds}); of one that has had no link since its start, and of masters: 0
 * @param behindMs      replicas: for how much of that time its master was heard on the cluster bus, in ms; below 0: for so much longer it was not heard there
 * @param clockMs       what its clock shows, in ms since the epoch ({@code server_time_usec}); 0: it does not tell
 * @param atomic        masters: slots that it moves by itself
 * @param copies        whether it is a replica in truth ({@code role:slave}): by its table it may be a master all the same, and one that is no replica any more
 *                      still has a master to look for
 * @param copyOf        whose copy its data was last, as its coordinator saw it, also in an earlier life; itself: nobody's; absent: not known
 */
public record ServerFacts(boolean stateOk, long currentEpoch, long keys, boolean linkUp, boolean synced, Optional<Address> masterAt, long offset,
                          long uptimeSeconds, String version, SlotSet strays, long quietMs, long behindMs, long clockMs,
                          Atomic atomic, boolean copies, Optional<NodeId> copyOf) {

    /**
     * What the link of a replica that is in sync may seem to lack in ms: its master sends a ping a second (repl-ping-replica-period), answers on the bus as often,
     * and the server counts whole seconds.
     */
    public static final long IN_SYNC_MS = 3000;

    /** Of a server that moves no slots by itself, and whose link is quick. */
    public ServerFacts(boolean stateOk, long currentEpoch, long keys, boolean linkUp, boolean synced, Optional<Address> masterAt, long offset,
                       long uptimeSeconds, String version, SlotSet strays) {
        this(stateOk, currentEpoch, keys, linkUp, synced, masterAt, offset, uptimeSeconds, version, strays, 0, 0, 0, Atomic.NONE, masterAt.isPresent(), Optional.empty());
    }

    /** The same, of one that looks for its master there, and has that one's data. */
    public ServerFacts lookingAt(Optional<Address> master, Optional<NodeId> copied) {
        return new ServerFacts(stateOk, currentEpoch, keys, linkUp, synced, master, offset, uptimeSeconds, version, strays, quietMs, behindMs, clockMs, atomic,
            copies, copied);
    }

    /** Replicas: how long ago its master was heard on the cluster bus, in ms; as long ago as anything came from it where that is not known. */
    public long unheardMs() {
        return quietMs - behindMs;
    }

    /** Replicas: whether its master has gone on without it. */
    public boolean isBehind() {
        return behindMs > IN_SYNC_MS;
    }
}
