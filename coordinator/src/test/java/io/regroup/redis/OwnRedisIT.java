package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import io.regroup.redis.OwnRedis.Reading;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a member reads from its own server, whatever that does: each thing that can be the matter is told apart. */
class OwnRedisIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Of "key". */
    private static final int SLOT_OF_KEY = 12539;
    /** Longer than what a link that is in sync may seem to lack. */
    private static final Duration IDLE = Duration.ofMillis(ServerFacts.IN_SYNC_MS + 2000);
    private static final Duration TIMEOUT = Duration.ofMillis(800);

    @TempDir
    Path dir;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final AtomicInteger lost = new AtomicInteger();
    private final Map<NodeId, NodeId> copies = new TreeMap<>();
    private final Servers servers = new Servers(TIMEOUT);

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        servers.close();
    }

    private RealServer server(String name) {
        RealServer server = new RealServer(dir.resolve(name));
        open.add(server);
        return server;
    }

    private OwnRedis reader(Address address) {
        return new OwnRedis(servers, address, TIMEOUT, lost::incrementAndGet, new OwnRedis.CopyOf() {
            @Override
            public Optional<NodeId> master(NodeId self) {
                return Optional.ofNullable(copies.get(self));
            }

            @Override
            public void remember(NodeId self, NodeId master) {
                copies.put(self, master);
            }
        });
    }

    private static Reading.Answered answered(OwnRedis reader) {
        return (Reading.Answered) await().atMost(PATIENCE).until(reader::read, Reading.Answered.class::isInstance);
    }

    private String send(RealServer to, String... words) {
        Reply reply = servers.send(new TreeMap<>(Map.of(to.address(), List.of(new Command(List.of(words))))), Duration.ofSeconds(5))
            .get(to.address()).getFirst();
        assertThat(reply).as(new Command(List.of(words)).toString()).isInstanceOf(Reply.Answer.class);
        return reply.answer();
    }

    /** Word by word, as every version understands it. */
    private void sendSlots(RealServer to, SlotSet slots) {
        send(to, Stream.concat(Stream.of("CLUSTER", "ADDSLOTS"), slots.stream().mapToObj(Integer::toString)).toArray(String[]::new));
    }

    @Test
    void aBlankServerKnowsNobodyAndHasNothing() {
        RealServer server = server("blank").start();

        Reading.Answered reading = answered(reader(server.address()));

        assertThat(reading.table().others()).isEmpty();
        assertThat(reading.table().myself().slots().isEmpty()).isTrue();
        assertThat(reading.table().myself().isMaster()).isTrue();
        assertThat(reading.facts().keys()).isZero();
        assertThat(reading.facts().stateOk()).isFalse();
        assertThat(reading.facts().currentEpoch()).isZero();
        assertThat(reading.facts().synced()).isFalse();
        assertThat(reading.facts().version()).isEqualTo(RealServer.server(dir.resolve("version")).version());
    }

    @Test
    void nobodyListens() {
        assertThat(reader(server("never-started").address()).read()).isInstanceOf(Reading.Refused.class);
    }

    @Test
    void aKilledServerIsNoticedAtOnceAndReadAnewWhenItIsBack() throws InterruptedException {
        RealServer server = server("killed").start();
        OwnRedis reader = reader(server.address());
        NodeId id = answered(reader).table().myself().id();

        server.kill();

        await("the loss is told").atMost(PATIENCE).until(() -> lost.get() == 1);
        assertThat(reader.read()).isInstanceOf(Reading.Refused.class);
        server.start();
        assertThat(answered(reader).table().myself().id()).as("nodes.conf was kept").isEqualTo(id);
    }

    @Test
    void aStoppedServerIsSilentAndNotEnded() throws IOException, InterruptedException {
        RealServer server = server("stopped").start();
        OwnRedis reader = reader(server.address());
        answered(reader);

        server.signal("STOP");

        assertThat(reader.read()).isInstanceOf(Reading.Silent.class);
        assertThat(Port.probe(server.address(), 300)).isEqualTo(Probe.SILENT);
        server.signal("CONT");
        answered(reader);
        assertThat(Port.probe(server.address(), 300)).isEqualTo(Probe.ANSWERS);
    }

    @Test
    void aServerThatReadsItsDataIsLoading() throws InterruptedException {
        Random random = new Random(1);
        RealServer server = server("loading").start();
        OwnRedis reader = reader(server.address());
        answered(reader);
        sendSlots(server, SlotSet.ALL);
        await("it takes writes").atMost(PATIENCE).until(() -> answered(reader).facts().stateOk());
        for (int i = 0; i < 100; i++) {
            // What does not compress: it looks at its sockets after so many bytes of the file.
            send(server, "SET", "key" + i, new BigInteger(8 * 2000, random).toString(36));
        }
        send(server, "SAVE");
        server.kill();

        // It sleeps 50 ms at each key, and looks at its sockets after each KB.
        server.start("--key-load-delay", "50000", "--loading-process-events-interval-bytes", "1024");

        await("loading").atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20))
            .until(reader::read, Reading.Loading.class::isInstance);
        assertThat(answered(reader).facts().keys()).isEqualTo(100);
    }

    @Test
    void aServerThatAsksForAPasswordIsNotUnderstood() {
        RealServer server = server("locked").start("--requirepass", "secret");

        Reading reading = await().atMost(PATIENCE).until(() -> reader(server.address()).read(), r -> !(r instanceof Reading.Refused));

        assertThat(reading).isInstanceOfSatisfying(Reading.Unparsed.class, r -> assertThat(r.problem()).startsWith("NOAUTH"));
    }

    /** The master gets all slots. */
    private NodeId follow(RealServer replica, RealServer master, OwnRedis reader) throws InterruptedException {
        NodeId masterId = answered(reader(master.address())).table().myself().id();
        answered(reader);
        sendSlots(master, SlotSet.ALL);
        send(replica, "CLUSTER", "MEET", master.address().host(), Integer.toString(master.address().port()));
        await("introduced").atMost(PATIENCE).until(() -> answered(reader).table().line(masterId).isPresent());
        send(replica, "CLUSTER", "REPLICATE", masterId.value());
        return masterId;
    }

    @Test
    void aReplicaIsACopyOnceItHasSyncedAlsoWhenItsMasterIsGone() throws InterruptedException {
        RealServer master = server("master").start();
        RealServer replica = server("replica").start();
        OwnRedis reader = reader(replica.address());
        NodeId masterId = follow(replica, master, reader);

        Reading.Answered synced = await("synced").atMost(PATIENCE).until(() -> answered(reader), r -> r.facts().linkUp());

        assertThat(synced.facts().synced()).isTrue();
        ClusterTable table = synced.table();
        assertThat(table.myself().master()).contains(masterId);
        assertThat(table.line(masterId).orElseThrow().address()).contains(master.address());
        master.kill();
        Reading.Answered alone = await("the link is down").atMost(PATIENCE).until(() -> answered(reader), r -> !r.facts().linkUp());
        assertThat(alone.facts().synced()).as("its data is still the master's").isTrue();
        await("it counts how long nothing has come").atMost(PATIENCE).until(() -> answered(reader).facts().quietMs() >= 2000);
    }

    /** So it is where that has no memory to fork: the bus goes on. */
    @Test
    void aReplicaThatItsMasterRefusesKnowsThatItIsBehind() throws InterruptedException {
        RealServer master = server("master").start("--repl-ping-replica-period", "1");
        RealServer replica = server("replica").start();
        OwnRedis reader = reader(replica.address());
        follow(replica, master, reader);
        await("synced").atMost(PATIENCE).until(() -> answered(reader).facts().linkUp());
        await("nothing is written").during(IDLE).atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> facts.linkUp() && !facts.isBehind());

        send(master, "CONFIG", "SET", "requirepass", "secret");
        send(master, "CLIENT", "KILL", "TYPE", "replica");

        await("it counts since when").atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> !facts.linkUp() && facts.isBehind());
        send(replica, "CONFIG", "SET", "masterauth", "secret");
        await("it is in sync again").atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> facts.linkUp() && facts.behindMs() <= 0);
        send(replica, "CONFIG", "SET", "masterauth", "wrong");
        master.kill();
        await("its master is gone").atMost(PATIENCE).until(() -> answered(reader).facts().quietMs() >= IDLE.toMillis());
        assertThat(answered(reader).facts().isBehind()).as("it has all that there was").isFalse();
    }

    /**
     * It has heard that another got them all, and stays where it is: whoever is left with the data is to be found by its keys. Redis 8.6 has
     * them too, and says of slots that are not its own to serve that they have none ({@code clusterCanAccessKeysInSlot}): there it is all that its
     * master had.
     */
    @Test
    void aReplicaWhoseMasterOwnsNothingAnyMoreTellsWhatItHasKeysOf() throws InterruptedException {
        RealServer master = server("master").start();
        RealServer replica = server("replica").start();
        OwnRedis reader = reader(replica.address());
        follow(replica, master, reader);
        OwnRedis mastersReader = reader(master.address());
        await("it takes writes").atMost(PATIENCE).until(() -> answered(mastersReader).facts().stateOk());
        send(master, "SET", "key", "value");
        await("synced").atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> facts.linkUp() && facts.keys() == 1);
        assertThat(answered(reader).facts().strays()).as("its master serves them").isEqualTo(SlotSet.NONE);
        SlotSet found = System.getProperty("moves", "").equals("MIGRATION") ? SlotSet.ALL : SlotSet.of(SLOT_OF_KEY);

        for (RealServer server : List.of(master, replica)) {
            send(server, "CLUSTER", "DELSLOTSRANGE", "0", "16383");
        }

        await("its keys are found").atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> facts.synced() && facts.strays().equals(found));
        master.kill();
        send(replica, "CLUSTER", "FAILOVER", "TAKEOVER");
        // Valkey gives itself slots that it has keys of and that are nobody's.
        Reading.Answered alone = await("also when it follows nobody any more").atMost(PATIENCE).until(() -> answered(reader),
            reading -> reading.table().myself().isMaster() && reading.facts().strays().plus(reading.table().myself().slots()).equals(found));
        sendSlots(replica, SlotSet.ALL.minus(alone.table().myself().slots()));
        await("they are its own").atMost(PATIENCE).until(() -> answered(reader).facts(), facts -> facts.stateOk() && facts.strays().isEmpty());
        assertThat(send(replica, "GET", "key")).isEqualTo("value");
    }

    @Test
    void itTellsThatItsServerHasTurnedOnceItIsAReplicaAndWhenItsLinkIsThereAndLost() throws InterruptedException {
        RealServer master = server("master").start();
        RealServer replica = server("replica").start();
        OwnRedis reader = reader(replica.address());
        assertThat(reader.hasTurned()).as("nothing is known of it").isTrue();
        OwnRedis mastersReader = reader(master.address());
        NodeId masterId = answered(mastersReader).table().myself().id();
        answered(reader);
        sendSlots(master, SlotSet.ALL);
        send(replica, "CLUSTER", "MEET", master.address().host(), Integer.toString(master.address().port()));
        await("introduced").atMost(PATIENCE).until(() -> answered(reader).table().line(masterId).isPresent());
        assertThat(reader.hasTurned()).as("it is what it was, and knows one more").isFalse();

        send(replica, "CLUSTER", "REPLICATE", masterId.value());
        // A glance that takes long tells nothing.
        await("it is a replica").atMost(PATIENCE).until(reader::hasTurned);
        await("it takes writes").atMost(PATIENCE).until(() -> answered(mastersReader).facts().stateOk());
        await("its link is read").atMost(PATIENCE).until(() -> answered(reader).facts().linkUp());
        send(master, "SET", "key", "value");
        assertThat(reader.hasTurned()).as("its offset moves").isFalse();
        master.kill();
        await("its link is lost").atMost(PATIENCE).until(reader::hasTurned);
        assertThat(answered(reader).facts().linkUp()).isFalse();
        assertThat(reader.hasTurned()).as("that is known").isFalse();

        replica.kill();
        assertThat(reader.hasTurned()).as("there is none").isTrue();
    }

    /** Valkey stops copying then, and is a master of nothing with its master's keys. */
    @Test
    void aReplicaThatItsOwnWordHasMadeAMasterCopiesItsMasterAllTheSame() {
        RealServer master = server("master").start().awaitAnswers(servers);
        RealServer replica = server("replica").start("--cluster-allow-replica-migration", "no").awaitAnswers(servers);
        NodeId masterId = answered(reader(master.address())).table().myself().id();
        OwnRedis reader = reader(replica.address());
        NodeId replicaId = answered(reader).table().myself().id();
        sendSlots(master, SlotSet.ALL);
        send(master, "CLUSTER", "SET-CONFIG-EPOCH", "2");
        replica.meet(servers, master);
        await("introduced").atMost(PATIENCE).until(() -> answered(reader).table().line(masterId).filter(line -> line.slots().equals(SlotSet.ALL)).isPresent());
        await("it takes writes").atMost(PATIENCE).until(() -> master.ask(servers, "SET", "key", "value"), new Reply.Answer("OK")::equals);
        replica.hearsItselfLate(servers, () -> {
            send(replica, "CLUSTER", "REPLICATE", masterId.value());
            await("it copies").atMost(PATIENCE).until(() -> answered(reader).facts().linkUp() && answered(reader).facts().keys() == 1);
        });

        Reading.Answered astray = await("a master by its table").atMost(PATIENCE).until(() -> answered(reader), reading -> reading.table().myself().isMaster());
        assertThat(new RedisState.Answering(astray.table(), astray.facts()).copiesAsMaster()).contains(master.address());
        copies.clear();
        Reading.Answered again = answered(reader);
        assertThat(copies.containsKey(replicaId)).as("whose copy it has is seen also now, while it copies; Valkey does not any more").isEqualTo(again.facts().linkUp());
        assertThat(again.facts().copies()).as("nor is it a replica there").isEqualTo(again.facts().linkUp());
        copies.put(replicaId, masterId);

        assertThat(reader.say(List.of(Command.mayMigrate(true), Command.setSlot(SLOT_OF_KEY, "NODE", replicaId)))).isTrue();
        await("it follows again").atMost(PATIENCE).until(() -> answered(reader).table().myself().master().filter(masterId::equals).isPresent());
        assertThat(reader.say(List.of(Command.mayMigrate(false)))).isTrue();
        await("and copies").atMost(PATIENCE).until(() -> answered(reader).facts().linkUp() && answered(reader).facts().keys() == 1);
        assertThat(answered(reader(master.address())).table().myself().slots()).isEqualTo(SlotSet.ALL);
        assertThat(send(master, "GET", "key")).isEqualTo("value");
    }

    @Test
    void aPortThatAcceptsAndSaysNothingIsSilent() throws IOException {
        try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Address address = new Address("127.0.0.1", mute.getLocalPort());

            assertThat(Port.probe(address, 200)).isEqualTo(Probe.SILENT);
            assertThat(Port.refuses(address, 200)).isFalse();
        }
        assertThat(Port.probe(server("nobody").address(), 200)).isEqualTo(Probe.REFUSES);
    }
}
