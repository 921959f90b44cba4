package io.regroup.sim;

import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** S1, and S7 of those that leave: no last copy of what clients have written is dropped by an order. */
final class CopyRules {

    private final World world;
    /** What nodes had that were told to follow another master, and that was also elsewhere then. */
    private final SortedMap<NodeId, BitSet> givenUp = new TreeMap<>();
    /** What servers have that the crash of their successor took from it, while they had not heard of that one. */
    private final SortedMap<NodeId, BitSet> doomed = new TreeMap<>();
    /** Keys that were moved to another master, and those of them that a crash has taken with it since. */
    private final BitSet moved = new BitSet();
    private final BitSet crashedSinceMoved = new BitSet();
    /** What the last crashes took with them: nobody can know yet. */
    private final List<Crash> crashes = new ArrayList<>();

    private record Crash(long at, String pod, BitSet writes) {
    }

    CopyRules(World world) {
        this.world = world;
    }

    BitSet dataOf(NodeId id) {
        return world.servers().stream().filter(s -> s.id().equals(id)).findFirst().map(s -> s.data().writes()).orElse(new BitSet());
    }

    static BitSet onSlots(BitSet writes, SlotSet slots) {
        BitSet set = (BitSet) writes.clone();
        for (int slot : Dataset.SLOTS) {
            if (!slots.contains(slot)) {
                set.andNot(Dataset.ofSlot(slot, writes.length()));
            }
        }
        return set;
    }

    static Dataset dataOf(Pod pod) {
        return pod.redis().map(SimRedis::data).orElseGet(() -> pod.volume().data());
    }

    /** What a master accepts that has been superseded elsewhere is lost by the rules: it cannot know yet. */
    void onAcknowledged(SimRedis server, int slot, int write) {
        world.ledger.onAcknowledged(write, world.now());
        boolean superseded = world.servers().stream().anyMatch(s -> s.slots.owner(slot) == s.myself && s.myself.isMaster()
            && s.myself.configEpoch > server.myself.configEpoch)
            || world.pods().stream().filter(p -> p.redis().isEmpty()).flatMap(p -> p.volume().table().stream()).map(ClusterTable::myself)
                .anyMatch(kept -> kept.isMaster() && kept.slots().contains(slot) && kept.configEpoch() > server.myself.configEpoch);
        if (superseded) {
            forgive(write);
        }
    }

    /** So is a key that was moved to one whose slots have become another's, and that cannot know yet: it is not among its replicas' data. */
    void onMigrated(SimRedis target, int write) {
        moved.set(write);
        crashedSinceMoved.clear(write);
        boolean superseded = world.servers().stream().anyMatch(s -> s != target && s.myself.isMaster() && s.myself.configEpoch > target.myself.configEpoch
            && !s.myself.slots().and(target.myself.slots()).isEmpty());
        if (superseded) {
            forgive(write);
        }
    }

    private void forgive(int write) {
        BitSet one = new BitSet();
        one.set(write);
        world.ledger.forgive(one);
    }

    BitSet lastCopies(BitSet dropped) {
        BitSet last = (BitSet) dropped.clone();
        last.and(world.ledger.alive());
        for (Pod pod : world.pods()) {
            if (!last.isEmpty()) {
                last.andNot(copiesOf(pod));
            }
        }
        return last;
    }

    /** A replica that was told to follow another master throws its data away when it gets to that: what it still has is no copy any more. */
    private BitSet copiesOf(Pod pod) {
        BitSet copies = (BitSet) dataOf(pod).writes().clone();
        pod.redis().map(SimRedis::id).or(() -> pod.volume().table().map(t -> t.myself().id())).map(givenUp::get).ifPresent(copies::andNot);
        return copies;
    }

    /** What it has and another one too. */
    BitSet spareCopies(SimRedis server) {
        BitSet others = new BitSet();
        world.pods().stream().filter(p -> p.redis().filter(server::equals).isEmpty()).forEach(p -> others.or(copiesOf(p)));
        others.and(server.data().writes());
        return others;
    }

    /**
     * What it has, and another one had whose crash is younger than the report in which this leader saw it, or than its decision: RESET has no time limit, and
     * takes with it, however late, what would be gone as well if it had come in time (seed 247238).
     */
    BitSet crashedUnseen(SimMember leader, SimRedis server, long decidedAt) {
        BitSet writes = new BitSet();
        crashes.stream().filter(crash -> crash.at() >= decidedAt
            || crash.at() >= world.now() - DecisionRules.MOST_AGE_MS && crash.at() >= world.decisions.seenAt(leader, crash.pod()))
            .forEach(crash -> writes.or(crash.writes()));
        writes.and(server.data().writes());
        return writes;
    }

    /** A server ends without its data. What a former master still has of it, one that has not heard of its successor, goes as soon as it hears. */
    void onEnded(SimRedis ended) {
        world.servers().forEach(other -> {
            BitSet writes = overruled(other, ended);
            writes.and(ended.data().writes());
            doomed.merge(other.id(), writes, (before, more) -> {
                before.or(more);
                return before;
            });
        });
    }

    /** A crash took these with it: no rule holds against that. */
    void onCrashed(Pod pod, Dataset gone) {
        crashes.add(new Crash(world.now(), pod.name, (BitSet) gone.writes().clone()));
        BitSet onTheMove = (BitSet) gone.writes().clone();
        onTheMove.and(moved);
        crashedSinceMoved.or(onTheMove);
        BitSet last = lastCopies(gone.writes());
        if (!last.isEmpty()) {
            world.trace(() -> last.cardinality() + " acknowledged writes were only on " + pod.name + ", which crashed");
            world.ledger.lostByCrash(last);
        }
    }

    /** What the pod has of slots that another owns by a later vote: it would throw it away as soon as it hears of that. */
    private BitSet overruled(Pod pod) {
        BitSet writes = new BitSet();
        pod.redis().ifPresent(redis -> world.servers().stream().filter(SimRedis::isServing).forEach(other -> writes.or(overruled(redis, other))));
        return writes;
    }

    private BitSet overruled(SimRedis redis, SimRedis other) {
        BitSet writes = new BitSet();
        if (other != redis && other.myself.isMaster()) {
            for (int slot : Dataset.SLOTS) {
                Entry believed = redis.slots.owner(slot);
                if (other.slots.owner(slot) == other.myself && (believed == null
                    || believed.configEpoch < other.myself.configEpoch || believed.id.equals(other.id()))) {
                    writes.or(Dataset.ofSlot(slot, world.ledger.acknowledged().length()));
                }
            }
        }
        return writes;
    }

    /** S7: who is let go has nothing that another, as far as anyone can know by now, could not take over; unless all go. */
    void onReleased(Pod pod) {
        BitSet only = (BitSet) dataOf(pod).writes().clone();
        only.and(world.ledger.alive());
        only.andNot(world.ledger.forgiven());
        only.andNot(overruled(pod));
        world.pods().stream().filter(p -> p != pod).forEach(p -> only.andNot(dataOf(p).writes()));
        crashes.stream().filter(crash -> crash.at() >= world.now() - DecisionRules.MOST_AGE_MS).forEach(crash -> only.andNot(crash.writes()));
        if (!only.isEmpty() && world.pods().stream().anyMatch(p -> !p.leaving)) {
            throw world.broken("S7", pod.name + " is let go with the only copy of " + only.cardinality() + " writes");
        }
    }

    /** The gate was opened as "blank": what the volume had is gone by our order. */
    void onWiped(Pod pod, Dataset before) {
        BitSet last = lastCopies(before.writes());
        if (!last.isEmpty()) {
            throw world.broken("S1", pod.name + " was started blank over the last copy of " + last.cardinality() + " writes");
        }
    }

    /** It drops what it has given to another in whole. Where that one has crashed since, the crash took it. */
    void onGivenAway(SimRedis server, int slot) {
        BitSet rest = new BitSet();
        world.pods().stream().filter(pod -> pod.redis().filter(server::equals).isEmpty()).forEach(pod -> rest.or(copiesOf(pod)));
        BitSet last = onSlots(server.data().writes(), SlotSet.of(slot));
        last.and(world.ledger.alive());
        last.andNot(rest);
        if (!last.isEmpty()) {
            world.ledger.lostByCrash(last);
        }
    }

    /** A replica hears that its master has given these away. It may have been the last to have them: where the crash of who got them took the others. */
    void onFollowed(SimRedis replica, BitSet gone, SimRedis master) {
        BitSet crashed = (BitSet) doomed.getOrDefault(master.id(), new BitSet()).clone();
        crashed.or(crashedSinceMoved);
        onEmptied(replica, gone, crashed);
    }

    /** These are not on a server any more, by an order; a crash that nobody could know of took the other copies of some. */
    void onEmptied(SimRedis server, BitSet gone, BitSet unseen) {
        BitSet last = lastCopies(gone);
        BitSet crashed = (BitSet) last.clone();
        crashed.and(unseen);
        world.ledger.lostByCrash(crashed);
        last.andNot(crashed);
        BitSet inexcusable = world.ledger.lostByOrder(last);
        if (!inexcusable.isEmpty()) {
            throw world.broken("S1", server + " was told to drop the last copy of " + inexcusable.cardinality() + " acknowledged writes");
        }
    }

    /** A server's data were replaced by those of another, or slots of it emptied. */
    void onReplaced(SimRedis server, Dataset before, SimRedis source) {
        BitSet arrived = (BitSet) server.data().writes().clone();
        arrived.andNot(before.writes());
        world.ledger.onCopied(arrived);
        BitSet dropped = (BitSet) before.writes().clone();
        Optional.ofNullable(givenUp.remove(server.id())).ifPresent(dropped::andNot);
        BitSet last = lastCopies(dropped);
        if (source == server) {
            BitSet crashed = (BitSet) last.clone();
            crashed.and(doomed.getOrDefault(server.id(), new BitSet()));
            world.ledger.lostByCrash(crashed);
            last.andNot(crashed);
        }
        if (last.isEmpty()) {
            return;
        }
        BitSet inexcusable = world.ledger.lostByOrder(last);
        world.trace(() -> last.cardinality() + " acknowledged writes are gone, " + server + " has the data of " + source + " now");
        if (!inexcusable.isEmpty()) {
            throw world.broken("S1", server + " dropped the last copy of " + inexcusable.cardinality() + " acknowledged writes, e.g. to slot "
                + Dataset.slotOf(inexcusable.nextSetBit(0)) + ", when it copied " + source);
        }
    }

    /** It was told to throw these away when it gets to its new master; others had them then. */
    void onGivenUp(SimRedis server, BitSet spare) {
        givenUp.put(server.id(), spare);
    }

    /** A master syncs from nobody: what it was to throw away at its next sync it keeps, or has thrown away by a RESET. */
    void onFollowsNobody(SimRedis server) {
        givenUp.remove(server.id());
    }
}
