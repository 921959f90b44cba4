package io.regroup.bench;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.End;
import io.regroup.model.Heard;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Rounds;
import io.regroup.model.Roster;
import io.regroup.model.Seat;
import io.regroup.model.ServerFacts;
import io.regroup.model.ShardLoss;
import io.regroup.model.SlotSet;
import io.regroup.model.View;
import io.regroup.plan.Outlook;
import io.regroup.plan.Planner;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** How long one look of the planner takes, by the number of nodes: all well, and with one dead master. */
public final class PlannerBench {

    /** A look does nothing but compute: time that other processes take is not its own. */
    private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();

    private PlannerBench() {
    }

    public static void main(String[] args) {
        System.out.println("One look of the planner, milliseconds of CPU (median of 50, worst)");
        System.out.printf("%6s  %-16s  %s%n", "nodes", "all is well", "a master is dead");
        for (int nodes : new int[] {6, 60, 1000}) {
            System.out.printf(Locale.ROOT, "%6d  %-16s  %s%n", nodes, time(observation(nodes, false)), time(observation(nodes, true)));
        }
    }

    private static String time(Observation observation) {
        double[] took = new double[50];
        String reason = "";
        for (int i = -300; i < took.length; i++) {
            long start = THREAD.getCurrentThreadCpuTime();
            Outlook outlook = Planner.look(observation);
            double ms = (THREAD.getCurrentThreadCpuTime() - start) / 1e6;
            reason = outlook.decision().step();
            if (i >= 0) {
                took[i] = ms;
            }
        }
        Arrays.sort(took);
        return String.format(Locale.ROOT, "%.2f (%.2f) %s", took[25], took[49], reason);
    }

    private static NodeId id(int number) {
        // Spread as Redis' own random ids are.
        SplittableRandom random = new SplittableRandom(number);
        return new NodeId(String.format("%016x%016x%08x", random.nextLong(), random.nextLong(), random.nextInt()));
    }

    private static Address address(int number) {
        return new Address("10." + number / 62500 + "." + number / 250 % 250 + "." + (number % 250 + 1), 6379);
    }

    private static Observation observation(int nodes, boolean dead) {
        int masters = nodes / 2;
        List<SlotSet> slots = SlotSet.ALL.split(masters);
        List<ClusterNode> lines = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            boolean master = i < masters;
            lines.add(new ClusterNode(id(i), Optional.of(address(i)), new TreeSet<>(List.of(master ? NodeFlag.MASTER : NodeFlag.REPLICA)),
                master ? Optional.empty() : Optional.of(id(i - masters)), i % masters + 1, true, master ? slots.get(i) : SlotSet.NONE,
                new TreeMap<>(), new TreeMap<>()));
        }
        SortedMap<String, Heard> heard = new TreeMap<>();
        SortedMap<String, Seat> seats = new TreeMap<>();
        List<String> members = new ArrayList<>();
        Roster shared = null;
        for (int i = 0; i < nodes; i++) {
            seats.put("pod-" + i, new Seat("uid-" + i, address(i), address(i), Optional.of(id(i))));
        }
        Primary primary = new Primary(1, seats, new TreeMap<>(), new TreeSet<>(), new TreeMap<>());
        for (int i = dead ? 1 : 0; i < nodes; i++) {
            SortedMap<NodeId, ClusterNode> others = new TreeMap<>();
            lines.forEach(line -> others.put(line.id(), line));
            ClusterNode line = others.remove(id(i));
            TreeSet<NodeFlag> flags = new TreeSet<>(line.flags());
            flags.add(NodeFlag.MYSELF);
            ClusterTable table = new ClusterTable(new ClusterNode(line.id(), line.address(), flags, line.master(), line.configEpoch(),
                true, line.slots(), new TreeMap<>(), new TreeMap<>()), others);
            shared = shared == null ? table.roster() : shared;
            String name = "pod-" + i;
            members.add(name);
            heard.put(name, new Heard(new Report(new Pod(name, "uid-" + i, address(i).host(), "machine-" + i % 20, ""), 1, address(i),
                address(i), new RedisState.Answering(table.sharing(shared), new ServerFacts(true, masters, 0, true, true, Optional.empty(), 100, 100, "7.0.0",
                    SlotSet.NONE)),
                Optional.empty(), false, Optional.empty(), Optional.of(primary)), 1000));
        }
        SortedMap<String, End> ended = new TreeMap<>();
        if (dead) {
            ended.put("pod-0", new End("its pod is gone", true));
        }
        return new Observation(1000, Rounds.from(1), new View(1, members.getFirst(), members, members.getFirst()), heard,
            Optional.of(new Asked(nodes, 1)), new TreeMap<>(), ended, Optional.empty(), new TreeMap<>(), new TreeSet<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>(),
            List.of(), ShardLoss.PRESET);
    }
}
