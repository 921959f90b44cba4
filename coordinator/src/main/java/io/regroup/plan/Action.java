package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One thing to be done. A value: what it sends is fixed when it is decided. An action is Redis commands, one pipeline a
 * node, or a word to one member.
 */
public sealed interface Action {

    /** What remembers that it was done: an action is not sent again while the effect of the last may be on its way. */
    List<String> keys();

    /**
     * What is asked of the node itself just before, as reports may be seconds old: where an answer is another one, nothing of the whole
     * decision is sent.
     */
    default SortedMap<Address, Check> checks() {
        return new TreeMap<>();
    }

    /** What Redis is sent, in order, by node. */
    default SortedMap<Address, List<Command>> commands() {
        return new TreeMap<>();
    }

    /** What Redis is sent after that, once every node has carried out {@link #commands}. */
    default SortedMap<Address, List<Command>> sequel() {
        return new TreeMap<>();
    }

    /** The short name that counters and logs use. */
    default String kind() {
        return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * Before the bootstrap: each blank node takes slot 0 for itself. A node without slots counts itself a minority and
     * would stay in {@code cluster_state:fail} for clamp(node timeout, 500, 5000) ms after it got its slots
     * ({@code clusterUpdateState}); with the placeholder that time passes while the other pods start. It serves that slot then, so clients that
     * write are kept waiting: what one wrote before the bootstrap would be lost, and the node not be blank any more.
     *
     * @param bare    have no slot yet
     * @param holding have the placeholder, and keep writers waiting on
     */
    record Prepare(SortedSet<Address> bare, SortedSet<Address> holding) implements Action {
        /** How long they are kept waiting, in ms, where nobody says so again: a leader is missed for seconds, and the word that ends it may be lost. */
        static final long PAUSE_MS = 30_000;

        public Prepare {
            bare = copy(bare);
            holding = copy(holding);
        }

        @Override
        public List<String> keys() {
            return Stream.concat(bare.stream(), holding.stream()).map(Prepare::key).toList();
        }

        static String key(Address node) {
            return "prepare " + node;
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            SortedMap<Address, List<Command>> batch = new TreeMap<>();
            bare.forEach(a -> batch.put(a, List.of(Command.pauseWrites(PAUSE_MS), Command.addSlots(Picture.PLACEHOLDER))));
            holding.forEach(a -> batch.put(a, List.of(Command.pauseWrites(PAUSE_MS))));
            return batch;
        }
    }

    /** One node of a cluster that is being founded; replicas-to-be have no slots. */
    record Founder(Address address, long epoch, SlotSet slots) {
    }

    /**
     * The bootstrap: every node gets an epoch of its own and its slots, and only then meets those after it: a node that
     * knows another one refuses SET-CONFIG-EPOCH.
     */
    record Bootstrap(List<Founder> founders) implements Action {
        public Bootstrap {
            founders = List.copyOf(founders);
        }

        @Override
        public List<String> keys() {
            List<String> keys = new ArrayList<>(List.of("bootstrap"));
            for (Founder from : founders) {
                founders.forEach(to -> keys.add("meet " + from.address() + " " + to.address()));
            }
            return keys;
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            SortedMap<Address, List<Command>> batch = new TreeMap<>();
            for (Founder founder : founders) {
                // Cut off before the slots it serves nobody; after them and before UNPAUSE it would keep its writers waiting.
                List<Command> pipeline = new ArrayList<>(List.of(Command.setConfigEpoch(founder.epoch()), Command.flushSlots(), Command.unpause()));
                if (!founder.slots().isEmpty()) {
                    pipeline.add(Command.addSlots(founder.slots()));
                }
                batch.put(founder.address(), pipeline);
            }
            return batch;
        }

        @Override
        public SortedMap<Address, List<Command>> sequel() {
            SortedMap<Address, List<Command>> batch = new TreeMap<>();
            for (int i = 0; i < founders.size() - 1; i++) {
                batch.put(founders.get(i).address(), founders.subList(i + 1, founders.size()).stream()
                    .map(peer -> Command.meet(peer.address())).toList());
            }
            return batch;
        }
    }

    /** A blank node meets every node of the cluster, and so do they it. Its placeholder goes first: it must not claim slot 0. */
    record Join(Address node, boolean holdsPlaceholder, SortedSet<Address> peers) implements Action {
        public Join {
            peers = copy(peers);
        }

        @Override
        public List<String> keys() {
            List<String> keys = new ArrayList<>(List.of("join " + node));
            peers.forEach(peer -> {
                keys.add("meet " + node + " " + peer);
                keys.add("meet " + peer + " " + node);
            });
            return keys;
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return holdsPlaceholder ? new TreeMap<>(Map.of(node, List.of(Command.flushSlots()))) : joining();
        }

        /** Not in one breath: a server that stands still refuses FLUSHSLOTS when that comes too late, not UNPAUSE, and would take writes for slot 0 (seed 110584). */
        @Override
        public SortedMap<Address, List<Command>> sequel() {
            return holdsPlaceholder ? joining() : new TreeMap<>();
        }

        private SortedMap<Address, List<Command>> joining() {
            List<Command> pipeline = new ArrayList<>(List.of(Command.unpause()));
            peers.forEach(peer -> pipeline.add(Command.meet(peer)));
            return new TreeMap<>(Map.of(node, pipeline));
        }
    }

    /**
     * Nodes tell others who and where they are: CLUSTER MEET carries the sender's header, with its role, epoch and slots, at once,
     * where gossip takes seconds. Harmless between nodes that know each other.
     */
    record Meet(SortedMap<Address, SortedSet<Address>> meetings) implements Action {
        public Meet {
            SortedMap<Address, SortedSet<Address>> copy = new TreeMap<>();
            meetings.forEach((from, to) -> copy.put(from, copy(to)));
            meetings = Collections.unmodifiableSortedMap(copy);
        }

        @Override
        public List<String> keys() {
            List<String> keys = new ArrayList<>();
            meetings.forEach((from, tos) -> tos.forEach(to -> keys.add("meet " + from + " " + to)));
            return keys;
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            SortedMap<Address, List<Command>> batch = new TreeMap<>();
            meetings.forEach((from, tos) -> batch.put(from, tos.stream().map(Command::meet).toList()));
            return batch;
        }
    }

    /** How a replica is made the master of its shard. */
    enum Promotion {
        /** Asks nobody: needs proof that the old master has ended (S2). */
        TAKEOVER,
        /** So does this, of a master that is a replica by the table of its own one, which gives it nothing. */
        FROM_REPLICA,
        /** Asks the majority of masters. */
        FORCE,
        /** Asks the living master first, loses nothing: the planned hand-over. */
        HANDOVER
    }

    /** A slot that is half moved. @param state MIGRATING or IMPORTING */
    record Open(int slot, String state, NodeId other) {
    }

    /**
     * A replica becomes the master of its shard. Neither TAKEOVER nor FORCE asks the node that it follows by then: that may be one which the
     * others have elected since, and what that one has taken would be lost.
     *
     * @param follows the node that it follows: its master, or one of before that
     * @param takes   from a replica only: slots that its table gives to nobody. They come first: a pipeline that is cut off leaves a replica then, and
     *                no master of nothing; and they are refused where another has got one of them since
     * @param open    with a TAKEOVER only, after which the node is a master at once: slots of its master that are half moved
     */
    record Promote(Address node, NodeId replica, NodeId master, NodeId follows, Promotion how, SlotSet takes, List<Open> open) implements Action {
        public Promote {
            open = List.copyOf(open);
        }

        public Promote(Address node, NodeId replica, NodeId master, NodeId follows, Promotion how, List<Open> open) {
            this(node, replica, master, follows, how, SlotSet.NONE, open);
        }

        public Promote(Address node, NodeId replica, NodeId master, Promotion how) {
            this(node, replica, master, master, how, List.of());
        }

        @Override
        public SortedMap<Address, Check> checks() {
            return how == Promotion.HANDOVER || how == Promotion.FROM_REPLICA ? new TreeMap<>()
                : new TreeMap<>(Map.of(node, Check.follows(replica, follows)));
        }

        @Override
        public List<String> keys() {
            return List.of("promote for " + master, "promote " + replica);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            List<Command> pipeline = new ArrayList<>();
            if (!takes.isEmpty()) {
                pipeline.add(Command.addSlots(takes));
            }
            pipeline.add(switch (how) {
                case FROM_REPLICA -> Command.takeoverFromReplica(follows);
                case TAKEOVER -> Command.failoverWhileItFollows(replica, follows, "TAKEOVER");
                case FORCE -> Command.failoverWhileItFollows(replica, follows, "FORCE");
                case HANDOVER -> Command.failover();
            });
            open.forEach(slot -> pipeline.add(Command.setSlot(slot.slot(), slot.state(), slot.other())));
            return new TreeMap<>(Map.of(node, pipeline));
        }
    }

    /**
     * A replica becomes a master of nothing: of a dead master whose data it never had, and whose slots another is to have. They go out of its table
     * first, for it takes what that gives to its master ({@code clusterFailoverReplaceYourMaster}). It keeps the keys that it has. To forget its
     * master, which Redis refuses to a replica, or to be reset, which empties it, would not do.
     */
    record Unfollow(Address node, NodeId replica, NodeId master, SlotSet slots) implements Action {
        @Override
        public SortedMap<Address, Check> checks() {
            return new TreeMap<>(Map.of(node, Check.follows(replica, master)));
        }

        @Override
        public List<String> keys() {
            return List.of("unfollow " + replica);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            List<Command> pipeline = new ArrayList<>();
            if (!slots.isEmpty()) {
                pipeline.add(Command.delSlots(slots));
            }
            pipeline.add(Command.failoverWhileItFollows(replica, master, "TAKEOVER"));
            return new TreeMap<>(Map.of(node, pipeline));
        }
    }

    /**
     * Of replicas that follow each other one becomes a master again. It takes what its table gives to the one that it follows, which is nothing, for that
     * one is a replica there; and nothing is sent where it is not.
     */
    record LeaveCircle(Address node, NodeId replica, NodeId followed) implements Action {
        @Override
        public List<String> keys() {
            return List.of("leave circle " + replica);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, List.of(Command.takeoverFromReplica(followed))));
        }
    }

    /**
     * Slots without an owner that can come back go to a live master, with a new epoch so that all hear of it at once.
     *
     * @param from another master; the taker where it is the only one
     */
    record TakeSlots(Address node, NodeId taker, SlotSet slots, SlotSet drop, NodeId from) implements Action {
        @Override
        public List<String> keys() {
            return List.of("take " + taker);
        }

        /**
         * The sequence that FACTS.md measures: the last slot is imported, for SETSLOT NODE is what bumps the epoch. The only master cannot import
         * (Valkey: "Target node is myself"), and has nobody whose epoch is higher.
         */
        @Override
        public SortedMap<Address, List<Command>> commands() {
            List<Command> pipeline = new ArrayList<>();
            if (!drop.isEmpty()) {
                pipeline.add(Command.delSlots(drop));
            }
            boolean isOnly = from.equals(taker);
            SlotSet imported = isOnly ? SlotSet.NONE : SlotSet.of(slots.last());
            SlotSet rest = slots.minus(imported);
            if (!rest.isEmpty()) {
                pipeline.add(Command.addSlots(rest));
            }
            imported.stream().forEach(last -> {
                pipeline.add(Command.setSlot(last, "IMPORTING", from));
                pipeline.add(Command.setSlot(last, "NODE", taker));
            });
            if (isOnly) {
                pipeline.add(Command.bumpEpoch());
            }
            return new TreeMap<>(Map.of(node, pipeline));
        }
    }

    /**
     * Slots go to another master with their keys. That takes its time: it begins, and goes on beside all other work.
     *
     * @param copies how many replicas of the target must have what was moved before more is: 0 or 1
     * @param by     how: both servers can
     */
    record MoveSlots(Move move, int copies, MoveBy by) implements Action {
        @Override
        public List<String> keys() {
            return List.of("move " + move.source() + " " + move.target());
        }
    }

    /** A server ends the moves of slots that it carries out by itself ({@link MoveBy}): all stay where they are. */
    record CancelMoves(Address node, MoveBy by) implements Action {
        @Override
        public List<String> keys() {
            return List.of("cancel " + node);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, List.of(by == MoveBy.MIGRATION ? Command.of("CLUSTER", "MIGRATION", "CANCEL", "ALL")
                : Command.of("CLUSTER", "CANCELSLOTMIGRATIONS"))));
        }
    }

    /**
     * A master takes an epoch that is higher than all that it knows of. Nobody votes on it: where the master stands still before it has told anybody, who is
     * elected in its place has the same one, and may lose its writes to it.
     *
     * @param slots that it serves; none: it is nobody's master
     */
    record BumpEpoch(Address node, NodeId master, SlotSet slots) implements Action {
        @Override
        public List<String> keys() {
            return List.of("bump " + master);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, slots.isEmpty() ? List.of(Command.bumpEpoch()) : List.of(Command.bumpEpoch(), Command.tellReplicas(slots))));
        }
    }

    /** Slots that were left open for a migration that nobody carries on are closed. */
    record CloseSlots(Address node, SlotSet slots) implements Action {
        @Override
        public List<String> keys() {
            return List.of("close " + node);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, slots.stream().mapToObj(Command::stable).toList()));
        }
    }

    /** One dead node is struck from every table that names it. */
    record Forget(NodeId node, SortedSet<Address> from) implements Action {
        public Forget {
            from = copy(from);
        }

        @Override
        public List<String> keys() {
            return List.of("forget " + node);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            SortedMap<Address, List<Command>> batch = new TreeMap<>();
            from.forEach(a -> batch.put(a, List.of(Command.forget(node))));
            return batch;
        }
    }

    record Replicate(Address node, NodeId replica, NodeId master) implements Action {
        @Override
        public List<String> keys() {
            return List.of("replicate " + replica);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, List.of(Command.replicate(master))));
        }
    }

    /**
     * A replica that is over becomes a blank node, which may become a master. What it had, its master and the master's other replicas have
     * (S1). Its id is new: as the old one it would have an epoch, and be nobody's blank node. RESET has no time limit ({@link Command#until}), so that the
     * server is asked just before.
     */
    record Reset(Address node, NodeId replica, NodeId master) implements Action {
        @Override
        public SortedMap<Address, Check> checks() {
            return new TreeMap<>(Map.of(node, Check.follows(replica, master)));
        }

        @Override
        public List<String> keys() {
            return List.of("reset " + replica);
        }

        @Override
        public SortedMap<Address, List<Command>> commands() {
            return new TreeMap<>(Map.of(node, List.of(Command.of("CLUSTER", "RESET", "HARD"))));
        }
    }

    /**
     * The gate of this member opens for one start.
     *
     * @param former nodes whose addresses its table is to lose before, see {@link io.regroup.plan.Permit}
     */
    record Permit(String member, String request, boolean blank, SortedSet<NodeId> former) implements Action {
        public Permit {
            former = Collections.unmodifiableSortedSet(new TreeSet<>(former));
        }

        public Permit(String member, String request, boolean blank) {
            this(member, request, blank, new TreeSet<>());
        }

        @Override
        public List<String> keys() {
            return List.of("permit " + request);
        }
    }

    /**
     * This terminating member may go: it holds nothing that another could own.
     *
     * @param withSlots also where it owns slots by now: nobody is left to take them. Else it looks itself first, for Redis' own election may
     *                  have made it a master since its last report
     */
    record Release(String member, boolean withSlots) implements Action {
        @Override
        public List<String> keys() {
            return List.of("release " + member);
        }
    }

    /**
     * This member's server copies another, is a master by its table ({@link io.regroup.model.RedisState.Answering#copiesAsMaster}), and has the last copy of a
     * shard. Started again, it is a master of nothing that can be given slots. Its member looks first whether that is still so.
     */
    record Restart(String member, NodeId node) implements Action {
        @Override
        public List<String> keys() {
            return List.of("restart " + node);
        }
    }

    /**
     * This member's server copies a master, is one by its table, and has a lower epoch than that one by its own word: it may take a slot of it, and lose that
     * again, to be its replica. Were its own the higher one, the master would lose the slot with its keys.
     */
    record TellEpoch(String member, NodeId node, NodeId master, long epoch) implements Action {
        @Override
        public List<String> keys() {
            return List.of("tell epoch " + node);
        }
    }

    private static SortedSet<Address> copy(SortedSet<Address> addresses) {
        return Collections.unmodifiableSortedSet(new TreeSet<>(addresses));
    }
}
