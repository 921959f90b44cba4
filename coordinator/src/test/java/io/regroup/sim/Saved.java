package io.regroup.sim;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a volume keeps of a server: {@code nodes.conf} and the data that belongs to it. Absent: it starts blank. */
record Saved(Optional<ClusterTable> table, long currentEpoch, long lastVoteEpoch, Dataset data, Optional<NodeId> copyOf) {

    static Saved nothing() {
        return new Saved(Optional.empty(), 0, 0, new Dataset(), Optional.empty());
    }

    static Saved of(SimRedis redis) {
        return new Saved(Optional.of(redis.clusterTable()), redis.currentEpoch, redis.election.lastVoteEpoch, redis.data().copy(), redis.replication.copyOf);
    }

    /** What the coordinator makes of it: a node that never belonged to a cluster is as good as none. */
    Optional<ClusterTable> kept() {
        return table.filter(t -> !t.others().isEmpty() || !SlotSet.of(0).containsAll(t.myself().slots()));
    }

    /** The gate's script: the addresses of these are taken out. */
    Saved without(Set<NodeId> former) {
        return new Saved(table.map(kept -> {
            SortedMap<NodeId, ClusterNode> others = new TreeMap<>(kept.others());
            others.replaceAll((id, line) -> former.contains(id) ? nowhere(line) : line);
            return new ClusterTable(kept.myself(), others);
        }), currentEpoch, lastVoteEpoch, data, copyOf);
    }

    private static ClusterNode nowhere(ClusterNode line) {
        Set<NodeFlag> flags = EnumSet.of(NodeFlag.NOADDR);
        flags.addAll(line.flags());
        return new ClusterNode(line.id(), Optional.empty(), flags, line.master(), line.configEpoch(), false, line.slots(), line.migrating(), line.importing());
    }

    /** Fills the server's table from the file (clusterLoadConfig), or gives it a new id. */
    Entry restore(SimRedis redis) {
        if (table.isEmpty()) {
            Entry myself = new Entry(new NodeId(redis.world.chance.hex(40)), redis.address, redis.world.now());
            myself.flags.add(NodeFlag.MYSELF);
            myself.flags.add(NodeFlag.MASTER);
            redis.table.put(myself.id, myself);
            return myself;
        }
        ClusterTable kept = table.get();
        Entry myself = add(redis, kept.myself());
        // clusterUpdateMyselfFlags: what CONFIG SET said is not in the file.
        myself.flags.remove(NodeFlag.NOFAILOVER);
        myself.address = redis.address;
        kept.others().values().stream().filter(ClusterNode::isIntroduced).forEach(line -> add(redis, line));
        link(redis, kept.myself());
        if (myself.slaveof != null && myself.slaveof != myself) {
            // The gate's script: where the master is now, it says itself.
            myself.slaveof.address = null;
            myself.slaveof.flags.add(NodeFlag.NOADDR);
        }
        // So does that nobody is looked for at its own address.
        redis.table.values().stream().filter(other -> other != myself && redis.address.equals(other.address)).forEach(other -> {
            other.address = null;
            other.flags.add(NodeFlag.NOADDR);
        });
        kept.others().values().stream().filter(ClusterNode::isIntroduced).forEach(line -> link(redis, line));
        return myself;
    }

    private static Entry add(SimRedis redis, ClusterNode line) {
        Entry entry = new Entry(line.id(), line.address().orElse(null), redis.world.now());
        entry.flags.addAll(line.flags());
        if (entry.is(NodeFlag.FAIL)) {
            entry.failTime = redis.world.now();
        }
        entry.configEpoch = line.isReplica() ? 0 : line.configEpoch();
        line.slots().ranges().forEach(range -> redis.slots.bind(range, entry));
        redis.table.put(entry.id, entry);
        return entry;
    }

    private static void link(SimRedis redis, ClusterNode line) {
        line.master().ifPresent(master -> redis.table.get(line.id()).slaveof = redis.table.get(master));
        line.importing().forEach((slot, from) -> {
            if (redis.table.containsKey(from)) {
                redis.slots.importing.put(slot, redis.table.get(from));
            }
        });
        line.migrating().forEach((slot, to) -> {
            if (redis.table.containsKey(to)) {
                redis.slots.migrating.put(slot, redis.table.get(to));
            }
        });
    }
}
