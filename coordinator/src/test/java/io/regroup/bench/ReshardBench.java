package io.regroup.bench;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.faults.Writer;
import io.regroup.model.Address;
import io.regroup.model.Move;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.move.MoveSettings;
import io.regroup.move.Transfer;
import io.regroup.plan.Action;
import io.regroup.plan.Action.Founder;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.Counting;
import io.regroup.redis.Mover;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/**
 * How long it takes to move slots from one master to another, and how long anybody has to wait meanwhile: Regroup's mover forth, then
 * {@code redis-cli --cluster reshard} back, the same slots with the same keys on the same servers; and where these move slots by themselves, so
 * forth once more.
 */
public final class ReshardBench {

    private static final int FIRST_PORT = 21_000;
    private static final int MASTERS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int AT_ONCE = 2_000;
    private static final int COUNTERS = 1_000;
    private static final int QUIET_S = 3;

    /** What is moved: the first slots, and so many keys of so many bytes in them. */
    private enum Load {
        SPARSE("50,000 small keys", 8_192, 50_000, 20),
        BIG("20 keys of 50 MB", 64, 20, 50_000_000),
        DENSE("1,000,000 small keys", 8_192, 1_000_000, 20);

        final String words;
        final SlotSet slots;
        final int keys;
        final int bytes;

        Load(String words, int slots, int keys, int bytes) {
            this.words = words;
            this.slots = SlotSet.range(0, slots - 1);
            this.keys = keys;
            this.bytes = bytes;
        }
    }

    /** What was seen while something ran. */
    private record Seen(double seconds, double sourceMs, double targetMs, double clientMs) {
    }

    private interface Work {
        void run() throws Exception;
    }

    private ReshardBench() {
    }

    /** @param args which loads, of {@code sparse big dense}; default all */
    public static void main(String[] args) throws Exception {
        String asked = String.join(" ", args).strip();
        System.out.println("Moving slots from one master to another; longest time that a ping, or one write of a client that follows ASK and MOVED, took");
        System.out.printf("%-34s %-28s %8s %8s %10s %10s %10s %10s%n", "load", "by", "seconds", "ratio", "MB/s", "source ms", "target ms", "client ms");
        for (String load : (asked.isEmpty() ? "sparse big dense" : asked).split(" ")) {
            compare(Load.valueOf(load.toUpperCase(Locale.ROOT)));
        }
    }

    private static void compare(Load load) throws Exception {
        try (BareServers bare = new BareServers(MASTERS, FIRST_PORT); Servers servers = new Servers(Duration.ofSeconds(1))) {
            build(bare, servers);
            fill(load, bare.addresses().getFirst(), servers);
            Address from = bare.addresses().get(0);
            Address to = bare.addresses().get(1);
            Seen quiet = watch(from, to, () -> LockSupport.parkNanos(Duration.ofSeconds(QUIET_S).toNanos()));
            print(load, "nobody (" + QUIET_S + " s)", quiet, "", 0);
            Move move = new Move(id(servers, from), from, id(servers, to), to, load.slots, new TreeSet<>(List.of(bare.addresses().get(2))));
            Seen ours = watch(from, to, () -> regroup(move, MoveBy.MIGRATE));
            expect(servers, from, to, load.keys);
            Seen theirs = watch(to, from, () -> redisCli(move));
            expect(servers, to, from, load.keys);
            double mega = (double) load.keys * load.bytes / 1e6;
            print(load, "Regroup", ours, String.format(Locale.ROOT, "%.1f", theirs.seconds / ours.seconds), mega);
            print(load, "redis-cli --cluster reshard", theirs, "", mega);
            MoveBy able = able(servers, from);
            if (able != MoveBy.MIGRATE) {
                Seen atomic = watch(from, to, () -> regroup(move, able));
                expect(servers, from, to, load.keys);
                print(load, "Regroup, " + able, atomic, String.format(Locale.ROOT, "%.1f", theirs.seconds / atomic.seconds), mega);
            }
        }
    }

    private static void print(Load load, String by, Seen seen, String ratio, double mega) {
        System.out.printf(Locale.ROOT, "%-34s %-28s %8.2f %8s %10.1f %10.0f %10.0f %10.0f%n", load.slots.size() + " slots, " + load.words, by,
            seen.seconds, ratio, mega / seen.seconds, seen.sourceMs, seen.targetMs, seen.clientMs);
    }

    private static void build(BareServers bare, Servers servers) {
        List<SlotSet> slots = List.of(SlotSet.range(0, 8_191), SlotSet.range(8_192, SlotSet.COUNT - 2), SlotSet.of(SlotSet.COUNT - 1));
        List<Founder> founders = new ArrayList<>();
        for (int i = 0; i < MASTERS; i++) {
            founders.add(new Founder(bare.addresses().get(i), i + 1, slots.get(i)));
        }
        Action.Bootstrap bootstrap = new Action.Bootstrap(founders);
        List.of(bootstrap.commands(), bootstrap.sequel()).forEach(batch ->
            servers.send(batch, Duration.ofSeconds(10)).values().forEach(replies -> replies.forEach(Reply::answer)));
        try (Agreement agreement = new Agreement(bare.addresses(), MASTERS)) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(agreement::isReached);
        }
    }

    private static void fill(Load load, Address at, Servers servers) {
        String[] tags = new String[SlotSet.COUNT];
        int missing = load.slots.size();
        for (int i = 0; missing > 0; i++) {
            int slot = SlotHash.getSlot("t" + i);
            if (load.slots.contains(slot) && tags[slot] == null) {
                tags[slot] = "t" + i;
                missing--;
            }
        }
        Random random = new Random(1);
        byte[] bytes = new byte[load.bytes];
        List<Command> batch = new ArrayList<>();
        for (int i = 0; i < load.keys; i++) {
            random.nextBytes(bytes);
            batch.add(Command.of("SET", "{" + tags[i % load.slots.size()] + "}" + i, new String(bytes, StandardCharsets.ISO_8859_1)));
            if (batch.size() == AT_ONCE || (long) batch.size() * load.bytes >= 50_000_000 || i == load.keys - 1) {
                servers.send(new TreeMap<>(Map.of(at, batch)), Duration.ofSeconds(60)).get(at).forEach(Reply::answer);
                batch.clear();
            }
        }
    }

    private static String one(Servers servers, Address at, String... words) {
        return servers.send(new TreeMap<>(Map.of(at, List.of(Command.of(words)))), Duration.ofSeconds(10)).get(at).getFirst().answer();
    }

    private static NodeId id(Servers servers, Address at) {
        return new NodeId(one(servers, at, "CLUSTER", "MYID"));
    }

    /** All has been moved: else the time means nothing. */
    private static void expect(Servers servers, Address from, Address to, int keys) throws IOException {
        long here = Long.parseLong(one(servers, to, "DBSIZE"));
        long there = Long.parseLong(one(servers, from, "DBSIZE"));
        // What the counting clients have put into the slots that were not moved.
        if (here < keys || there > 3 * COUNTERS) {
            throw new IOException(there + " keys are still at " + from + ", " + here + " at " + to);
        }
    }

    private static MoveBy able(Servers servers, Address at) {
        Reply help = servers.send(new TreeMap<>(Map.of(at, List.of(Command.of("CLUSTER", "HELP")))), Duration.ofSeconds(10)).get(at).getFirst();
        List<String> lines = ((Reply.Answer) help).items();
        return lines.stream().anyMatch(line -> line.startsWith("MIGRATESLOTS ")) ? MoveBy.MIGRATESLOTS
            : lines.stream().anyMatch(line -> line.startsWith("MIGRATION ")) ? MoveBy.MIGRATION : MoveBy.MIGRATE;
    }

    private static void regroup(Move move, MoveBy by) throws Exception {
        CompletableFuture<List<Transfer>> over = new CompletableFuture<>();
        try (Mover mover = new Mover(1)) {
            mover.start(List.of(Transfer.of(new Action.MoveSlots(move, 0, by), MoveSettings.DEFAULT)), over::complete);
            Transfer moved = over.get().getFirst();
            if (moved.problem().isPresent()) {
                throw new IOException(moved.problem().get());
            }
        }
    }

    private static void redisCli(Move move) throws Exception {
        Process process = new ProcessBuilder("redis-cli", "--cluster", "reshard", move.sourceAt().toString(), "--cluster-from", move.target().value(),
            "--cluster-to", move.source().value(), "--cluster-slots", Integer.toString(move.slots().size()), "--cluster-yes")
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (process.waitFor() != 0) {
            throw new IOException("redis-cli --cluster reshard did not move the slots");
        }
    }

    private static Seen watch(Address source, Address target, Work work) throws Exception {
        try (Counting clients = new Counting(target, 1, COUNTERS); Pinger atSource = new Pinger(source); Pinger atTarget = new Pinger(target)) {
            clients.forgetLongest();
            long from = System.nanoTime();
            work.run();
            double seconds = (System.nanoTime() - from) / 1e9;
            Seen seen = new Seen(seconds, atSource.longestMs(), atTarget.longestMs(), clients.longestMs());
            clients.end();
            return seen;
        }
    }

    /** Pings a server all the time. */
    private static final class Pinger implements AutoCloseable {

        private final Writer server;
        private final Thread thread = Thread.ofPlatform().daemon().name("pinger").unstarted(this::ping);
        private volatile boolean closed;
        private volatile int pings;
        private volatile double longestMs;

        Pinger(Address address) {
            server = new Writer(address, Math.toIntExact(PATIENCE.toMillis()));
            thread.start();
            Awaitility.await().until(() -> pings > 100);
            longestMs = 0;
        }

        private void ping() {
            while (!closed) {
                long from = System.nanoTime();
                if (!server.ask("PING").equals("+PONG")) {
                    throw new IllegalStateException("no pong");
                }
                longestMs = Math.max(longestMs, (System.nanoTime() - from) / 1e6);
                pings++;
                LockSupport.parkNanos(1_000_000);
            }
        }

        double longestMs() {
            return longestMs;
        }

        @Override
        public void close() {
            closed = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server.close();
        }
    }
}
