package io.regroup.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What a member knows of its own Redis. Each kind of not knowing has a type of its own. */
public sealed interface RedisState {

    /** It answers; this is what it says. */
    record Answering(ClusterTable table, ServerFacts facts) implements RedisState {

        /**
         * Whom it copies, where its own table shows it as a master: Redis made it one by a packet of its own, of before it became that one's replica, which
         * it heard late ({@code clusterProcessPacket} sets the role of whoever a packet names). It takes no write, and REPLICATE, RESET and FAILOVER refuse it.
         * Valkey has ended the copying too, and takes writes.
         */
        public Optional<Address> copiesAsMaster() {
            return facts.masterAt().filter(at -> table.myself().isMaster());
        }

        /** The same by its line. Absent too where nobody is known at that address, or several are. */
        public Optional<ClusterNode> copiedAsMaster() {
            return copiesAsMaster().flatMap(table::onlyAt);
        }

        /** Whose replica that one is to be: whom it copies; where that one has no slot any more, whoever serves those of its keys, all of which are served. */
        public Optional<ClusterNode> toFollowAgain() {
            if (copiesAsMaster().isEmpty()) {
                return Optional.empty();
            }
            Optional<ClusterNode> copied = copiedAsMaster().filter(line -> line.isMaster() && !line.slots().isEmpty());
            if (copied.isPresent()) {
                return copied;
            }
            List<ClusterNode> serving = table.others().values().stream().filter(line -> line.isMaster() && !line.is(NodeFlag.FAIL)).toList();
            SlotSet served = serving.stream().map(ClusterNode::slots).reduce(SlotSet.NONE, SlotSet::plus);
            return serving.stream().filter(line -> !line.slots().and(facts.strays()).isEmpty() && served.containsAll(facts.strays()))
                .max(Comparator.<ClusterNode>comparingInt(line -> line.slots().and(facts.strays()).size()).thenComparing(ClusterNode::id));
        }
    }

    /** It answers {@code LOADING}: it reads its data and will serve. */
    record Loading() implements RedisState {
    }

    /** It has been permitted to start and does not answer yet. */
    record Starting() implements RedisState {
    }

    /**
     * Its process has ended and cannot come back by itself: its port refuses connections, and the gate is closed behind
     * it. The next process has not asked for a start yet.
     *
     * @param writtenMs see {@link AtGate}
     */
    record Ended(Optional<Long> writtenMs) implements RedisState {

        /** It has no data. */
        public Ended() {
            this(Optional.empty());
        }
    }

    /**
     * Its process has ended, the next one waits at the gate.
     *
     * @param request  the id of this one start
     * @param waitedMs how long it waits already
     * @param writtenMs how long ago its data files were written last, in ms: until then at least the one before it has served. Absent: it has none
     */
    record AtGate(String request, long waitedMs, Optional<Long> writtenMs) implements RedisState {
    }

    /** No answer within the time-out, yet nothing shows that the process has ended. */
    record Silent(String problem) implements RedisState {
    }

    /** It answered something that could not be understood. */
    record Unparsed(String problem) implements RedisState {
    }
}
