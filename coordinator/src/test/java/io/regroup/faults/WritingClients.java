package io.regroup.faults;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.local.RealCluster;
import io.regroup.model.Address;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * One client for each shard, from before the fault until all is whole again: writes one key after the other to a slot of it, follows
 * MOVED, asks the next server when one does not answer, and remembers when each write was acknowledged.
 */
final class WritingClients implements AutoCloseable {

    private static final int ANSWER_MS = 300;
    private static final long PACE_NS = 2_000_000;
    private static final long RETRY_NS = 1_000_000;
    private static final int READS = 50;
    private static final int AT_ONCE = 200;

    /** A write that was acknowledged then ({@link System#nanoTime}). */
    record Write(int shard, long at) {
    }

    /** What came of it. @param lost those of the acknowledged that are not there */
    record Outcome(List<Write> acknowledged, List<Write> lost, double longestGapMs) {

        /** Of these shards, those that were acknowledged before that. */
        List<Write> acknowledgedBefore(long nanos, Set<Integer> shards) {
            return acknowledged.stream().filter(write -> write.at() < nanos && shards.contains(write.shard())).toList();
        }
    }

    private final RealCluster cluster;
    private final List<Client> clients = new ArrayList<>();
    private final AtomicBoolean enough = new AtomicBoolean();

    /** Returns when each of them has been acknowledged some writes. @param story makes the keys differ from those of other stories */
    WritingClients(RealCluster cluster, String story) {
        this.cluster = cluster;
        int shard = 0;
        for (SlotSet slots : SlotSet.ALL.split(cluster.masterPods().size())) {
            Client client = new Client(tag(story, slots), 1 + shard++ % cluster.nodes());
            clients.add(client);
            client.thread.start();
        }
        clients.forEach(client -> await("writing").atMost(RealCluster.PATIENCE).until(() -> client.acknowledged() > 20));
    }

    private static String tag(String story, SlotSet slots) {
        for (int i = 0; ; i++) {
            String tag = story + i;
            if (slots.contains(SlotHash.getSlot(tag))) {
                return tag;
            }
        }
    }

    Outcome end() throws InterruptedException {
        stop();
        return outcome();
    }

    /** Once they have stopped: reads back what was acknowledged. */
    Outcome outcome() {
        List<Write> acknowledged = new ArrayList<>();
        List<Write> lost = new ArrayList<>();
        double longest = 0;
        for (int shard = 0; shard < clients.size(); shard++) {
            Client client = clients.get(shard);
            int number = shard;
            client.times.forEach(at -> acknowledged.add(new Write(number, at)));
            longest = Math.max(longest, client.longestNs / 1e6);
            client.lost().forEach(at -> lost.add(new Write(number, at)));
        }
        return new Outcome(acknowledged, lost, longest);
    }

    /** Ends the writing. */
    void stop() throws InterruptedException {
        enough.set(true);
        for (Client client : clients) {
            client.thread.join();
        }
    }

    @Override
    public void close() {
        enough.set(true);
    }

    private final class Client {
        private final String tag;
        private final Thread thread = Thread.ofPlatform().daemon().name("writing client").unstarted(this::write);
        private final List<Long> times = new ArrayList<>();
        /** The pod that was asked last where no server told another address. */
        private int at;
        private Writer server;
        private long longestNs;

        Client(String tag, int at) {
            this.tag = tag;
            this.at = at;
            server = new Writer(cluster.address(at), ANSWER_MS);
        }

        synchronized int acknowledged() {
            return times.size();
        }

        private synchronized void acknowledge(long now) {
            if (!times.isEmpty()) {
                longestNs = Math.max(longestNs, now - times.getLast());
            }
            times.add(now);
        }

        private void write() {
            while (!enough.get()) {
                int number = times.size();
                String answer = server.ask("SET {" + tag + "}:" + number + " " + number);
                if (answer.equals("+OK")) {
                    acknowledge(System.nanoTime());
                    LockSupport.parkNanos(PACE_NS);
                } else {
                    goOn(answer);
                }
            }
            server.close();
        }

        private void goOn(String answer) {
            server.close();
            // A server that does not know where the owner is now says ":0".
            if (answer.startsWith("-MOVED ") && !answer.contains(" :")) {
                server = new Writer(Address.parse(answer.split(" ")[2]), ANSWER_MS);
            } else {
                at = 1 + at % cluster.nodes();
                server = new Writer(cluster.address(at), ANSWER_MS);
                LockSupport.parkNanos(RETRY_NS);
            }
        }

        private List<Long> lost() {
            List<Long> lost = new ArrayList<>();
            for (int from = 0; from < times.size(); from += AT_ONCE) {
                List<String> answers = server.askAll(IntStream.range(from, Math.min(times.size(), from + AT_ONCE)).mapToObj(this::get).toList());
                for (int i = from; i < from + answers.size(); i++) {
                    String answer = answers.get(i - from);
                    if (!(isRefusal(answer) ? read(get(i)) : answer).equals(Integer.toString(i))) {
                        lost.add(times.get(i));
                    }
                }
            }
            server.close();
            return lost;
        }

        private String get(int number) {
            return "GET {" + tag + "}:" + number;
        }

        /** A redirection, an error or silence. */
        private static boolean isRefusal(String answer) {
            return answer.isEmpty() || answer.startsWith("-");
        }

        /** The first answer that is one. */
        private String read(String command) {
            String answer = server.ask(command);
            for (int i = 0; i < READS && isRefusal(answer); i++) {
                goOn(answer);
                answer = server.ask(command);
            }
            return answer;
        }
    }
}
