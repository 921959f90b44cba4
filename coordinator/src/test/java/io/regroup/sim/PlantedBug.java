package io.regroup.sim;

import io.regroup.lead.Effect.CarryOut;
import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.End;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.RedisState;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action;
import io.regroup.plan.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The product with one guard taken out, each from the outside: what it hears or does is changed as if the guard were not there. */
enum PlantedBug {

    /** A server starts without a permit. */
    GATE_ALWAYS_OPEN("S1", 3015, new Tamper() {
        @Override
        void onGate(Pod pod) {
            pod.permit(pod.request(), pod.volume().kept().isEmpty());
        }
    }),
    /** Data on the volume is not looked at when the gate opens. */
    EVERY_START_IS_BLANK("S1", 1502, new Tamper() {
        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            return actions(carryOut, a -> a instanceof Action.Permit p ? new Action.Permit(p.member(), p.request(), true) : a);
        }
    }),
    /** Every view is primary. */
    QUORUM_ALWAYS_TRUE("S4", 1504, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            Seat seat = new Seat(report.pod().uid(), report.redis(), report.group(), Optional.empty());
            return copy(report, report.round(), report.state(), Optional.of(new Primary(1, new TreeMap<>(Map.of(report.member(), seat)), new TreeMap<>(), new TreeSet<>(), new TreeMap<>())));
        }
    }),
    /** A node whose container ended is forgotten as if its pod were gone. */
    ENDED_IS_FORGOTTEN("S3", 1501, new Tamper() {
        @Override
        End proof(End end) {
            return new End(end.words(), true);
        }
    }),
    /** A suspected master is taken over without proof. */
    TAKEOVER_WITHOUT_PROOF("S2", 1561, new Tamper() {
        @Override
        List<String> words(List<String> words) {
            return words.contains("FORCE") ? List.of("CLUSTER", "FAILOVER", "TAKEOVER") : words;
        }
    }),
    /** Any replica is as good as another. */
    OFFSETS_NOT_COMPARED("S2", 1564, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            return facts(report, f -> new ServerFacts(f.stateOk(), f.currentEpoch(), f.keys(), f.linkUp(), f.synced(), f.masterAt(), -f.offset(), f.uptimeSeconds(), f.version(),
                f.strays(), f.quietMs(), f.behindMs(), f.clockMs(), f.atomic(), f.copies(), f.copyOf()));
        }
    }),
    /** A replica is promoted before its first sync. */
    SYNC_NOT_REQUIRED("S2", 4745, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            return facts(report, f -> new ServerFacts(f.stateOk(), f.currentEpoch(), f.keys(), f.linkUp(), true, f.masterAt(), f.offset(), f.uptimeSeconds(), f.version(),
                f.strays(), f.quietMs(), f.behindMs(), f.clockMs(), f.atomic(), f.copies(), f.copyOf()));
        }
    }),
    /** The cluster is founded by those who happen to be here. */
    BOOTSTRAP_WITHOUT_COUNT("S5", 3003, new Tamper() {
        @Override
        Asked asked(SimMember leader, Asked asked) {
            int here = leader.view().map(v -> v.members().size()).orElse(Asked.LEAST_MASTERS);
            return new Asked(Math.max(Asked.LEAST_MASTERS, here), asked.replicas(), asked.first());
        }
    }),
    /** A report is fresh whenever it comes. */
    NO_STALE_CHECK("S8", 2001, new Tamper() {
        @Override
        void beforeLook(SimMember leader) {
            long round = leader.leader().orElseThrow().observation(leader.clock()).rounds().last();
            leader.heard.replaceAll((member, heard) -> {
                Report report = copy(heard.report(), round, heard.report().state(), heard.report().primary());
                leader.leader().orElseThrow().onReport(report, leader.clock());
                return new SimMember.Heard(report, heard.readAt(), heard.at());
            });
        }
    }),
    /** Whoever a table names is met where the table has it, whether its member is here or not. */
    OLD_ADDRESSES_ARE_MET("S6", 1581, new Tamper() {
        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            return actions(carryOut, a -> a instanceof Action.Meet meet ? withAll(meet, leader.world) : a);
        }

        private static Action withAll(Action.Meet meet, World world) {
            SortedMap<Address, SortedSet<Address>> all = new TreeMap<>(meet.meetings());
            all.replaceAll((from, to) -> {
                SortedSet<Address> more = new TreeSet<>(to);
                world.servers().stream().filter(s -> s.address.equals(from)).flatMap(s -> s.table.values().stream())
                    .filter(line -> line.hasAddress() && !line.address.equals(from)).forEach(line -> more.add(line.address));
                return more;
            });
            return new Action.Meet(all);
        }
    }),
    /** Only the monotonic clock is read, which stands still while the machine does. */
    NO_LEAP_IS_SEEN("S8", 2475, new Tamper() {
        @Override
        boolean leapt(boolean seen) {
            return false;
        }
    }),
    /** A dead master is forgotten together with its replica's promotion, not after it. */
    FORGET_WITH_PROMOTION("S3", 3014, new Tamper() {
        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            List<Action> actions = new ArrayList<>();
            for (Action action : carryOut.decision().actions()) {
                if (action instanceof Action.Promote promote && promote.how() != Action.Promotion.HANDOVER) {
                    SortedSet<Address> all = new TreeSet<>();
                    leader.world.servers().forEach(s -> all.add(s.address));
                    actions.add(new Action.Forget(promote.master(), all));
                }
                actions.add(action);
            }
            return with(carryOut, actions);
        }
    }),
    /** All have heard who has a dead node's slots now. */
    FORGET_BEFORE_THE_NEWS("redirects", 1501, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            return report.state() instanceof Answering a ? copy(report, report.round(), new Answering(withNews(leader.world, a.table()), a.facts()),
                report.primary()) : report;
        }

        private static ClusterTable withNews(World world, ClusterTable table) {
            SlotSet served = world.servers().stream().filter(s -> s.isServing() && s.myself.isMaster()).map(s -> s.myself.slots())
                .reduce(SlotSet.NONE, SlotSet::plus);
            Set<NodeId> alive = world.servers().stream().filter(SimRedis::isServing).map(SimRedis::id).collect(Collectors.toSet());
            SortedMap<NodeId, ClusterNode> others = new TreeMap<>(table.others());
            others.replaceAll((id, line) -> alive.contains(id) ? line : new ClusterNode(id, line.address(), line.flags(), line.master(), line.configEpoch(),
                line.linkUp(), line.slots().minus(served), line.migrating(), line.importing()));
            return new ClusterTable(table.myself(), others);
        }
    }),
    /** Redis may elect a replica that has nothing of its master. */
    ANYONE_IS_ELECTED("S2", 2607, new Tamper() {
        @Override
        Optional<Boolean> toBeSaid(Answering state) {
            return Optional.empty();
        }
    }),
    /** Who leaves is let go at once. */
    RELEASE_AT_ONCE("S7", 3002, new Tamper() {
        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            List<Action> actions = new ArrayList<>(carryOut.decision().actions());
            leader.heard.values().stream().map(SimMember.Heard::report).filter(Report::leaving)
                .forEach(r -> actions.add(new Action.Release(r.member(), true)));
            return with(carryOut, actions);
        }
    }),
    /** The source of a move goes on taking new keys. */
    SOURCE_IS_NOT_FROZEN("S1", 3542, new Tamper() {
        @Override
        List<String> words(List<String> words) {
            return words.contains("MIGRATING") ? List.of("CLUSTER", "SETSLOT", words.get(2), "STABLE") : words;
        }
    }),
    /** The target of a move does not import: it takes its slots without a new epoch. */
    TARGET_DOES_NOT_IMPORT("liveness", 3006, new Tamper() {
        @Override
        List<String> words(List<String> words) {
            return words.contains("IMPORTING") ? List.of("CLUSTER", "SETSLOT", words.get(2), "STABLE") : words;
        }
    }),
    /** Nobody looks which slots are half moved. */
    OPEN_SLOTS_ARE_NOT_SEEN("liveness", 1665, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            return report.state() instanceof Answering a ? copy(report, report.round(), new Answering(closed(a.table()), withoutStrays(a.facts())),
                report.primary()) : report;
        }
    }),
    /** What a server is told it may carry out whenever it gets to it. */
    ORDERS_ARE_GOOD_FOR_EVER("S2", 258, new Tamper() {
        @Override
        CarryOut change(SimMember leader, CarryOut carryOut) {
            return new CarryOut(carryOut.decision(), carryOut.round(), carryOut.view(), new TreeMap<>());
        }
    }),
    /** What a volume keeps is not asked. */
    VOLUMES_NOT_READ("S1", 1512, new Tamper() {
        @Override
        Report hear(SimMember leader, Report report) {
            return new Report(report.pod(), report.round(), report.redis(), report.group(), report.state(), Optional.empty(), report.leaving(),
                report.masterProbe(), report.primary());
        }
    });

    /** The rule that has to catch it. */
    final String rule;
    /** Where it was caught last. */
    final long seed;
    final Tamper tamper;

    PlantedBug(String rule, long seed, Tamper tamper) {
        this.rule = rule;
        this.seed = seed;
        this.tamper = tamper;
    }

    static CarryOut with(CarryOut carryOut, List<Action> actions) {
        Decision decision = carryOut.decision();
        return new CarryOut(new Decision(decision.step(), actions, decision.reason(), decision.waits()), carryOut.round(), carryOut.view(), carryOut.until());
    }

    private static CarryOut actions(CarryOut carryOut, UnaryOperator<Action> change) {
        return with(carryOut, carryOut.decision().actions().stream().map(change).toList());
    }

    private static Report facts(Report report, UnaryOperator<ServerFacts> change) {
        return report.state() instanceof Answering a ? copy(report, report.round(), new Answering(a.table(), change.apply(a.facts())), report.primary())
            : report;
    }

    private static ClusterTable closed(ClusterTable table) {
        ClusterNode self = table.myself();
        return new ClusterTable(new ClusterNode(self.id(), self.address(), self.flags(), self.master(), self.configEpoch(), self.linkUp(), self.slots(),
            new TreeMap<>(), new TreeMap<>()), table.others());
    }

    private static ServerFacts withoutStrays(ServerFacts f) {
        return new ServerFacts(f.stateOk(), f.currentEpoch(), f.keys(), f.linkUp(), f.synced(), f.masterAt(), f.offset(), f.uptimeSeconds(), f.version(),
            SlotSet.NONE);
    }

    private static Report copy(Report report, long round, RedisState state, Optional<Primary> primary) {
        return new Report(report.pod(), round, report.redis(), report.group(), state, report.stored(), report.leaving(), report.masterProbe(), primary);
    }
}
