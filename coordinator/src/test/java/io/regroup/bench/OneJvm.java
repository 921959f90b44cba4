package io.regroup.bench;

import io.regroup.admin.Counters;
import io.regroup.coordinator.FixedWitness;
import io.regroup.coordinator.Hands;
import io.regroup.coordinator.LeaderLoop;
import io.regroup.coordinator.Moves;
import io.regroup.message.Message;
import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.ShardLoss;
import io.regroup.model.View;
import io.regroup.move.MoveSettings;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.Servers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The product's own leader over bare servers: one JVM stands for all members, messages are method calls. What is measured
 * with it is what the leader decides and Redis does, without the group's milliseconds.
 */
final class OneJvm implements AutoCloseable {

    private final Servers servers = new Servers(Duration.ofMillis(500));
    private final List<Member> members = new ArrayList<>();
    private final ExecutorService readers;
    private final LeaderLoop loop;
    private volatile Optional<Primary> primary = Optional.empty();

    private final class Member {
        private final String name;
        private final Address address;
        private final OwnRedis own;

        Member(int number, Address address) {
            this.name = String.format("member-%03d", number);
            this.address = address;
            this.own = new OwnRedis(servers, address, Duration.ofMillis(1000), () -> { }, new Memory());
        }

        synchronized Report report(long round) {
            RedisState state = switch (own.read()) {
                case OwnRedis.Reading.Answered a -> new RedisState.Answering(a.table(), a.facts());
                case OwnRedis.Reading.Loading l -> new RedisState.Loading();
                case OwnRedis.Reading.Refused r -> new RedisState.Ended();
                case OwnRedis.Reading.Silent s -> new RedisState.Silent(s.problem());
                case OwnRedis.Reading.Unparsed u -> new RedisState.Unparsed(u.problem());
            };
            return new Report(new Pod(name, name, address.host(), "", ""), round, address, address, state, Optional.empty(), false,
                Optional.empty(), primary);
        }
    }

    private static final class Memory implements OwnRedis.CopyOf {
        private final Map<NodeId, NodeId> masters = new HashMap<>();

        @Override
        public Optional<NodeId> master(NodeId self) {
            return Optional.ofNullable(masters.get(self));
        }

        @Override
        public void remember(NodeId self, NodeId master) {
            masters.put(self, master);
        }
    }

    /** All but the last member are here; the cluster is asked for with {@code addresses.size()} nodes. */
    OneJvm(List<Address> addresses, int replicas) {
        for (int i = 0; i < addresses.size(); i++) {
            members.add(new Member(i, addresses.get(i)));
        }
        readers = Executors.newFixedThreadPool(8, Thread.ofPlatform().daemon().factory());
        Hands hands = new Hands(servers, (to, message) -> { }, new Counters());
        loop = new LeaderLoop(view(members.size() - 1), hands, new Moves(2, MoveSettings.DEFAULT), new FixedWitness(OptionalInt.of(addresses.size()), Optional.empty(), List.of()), this::tellAll, why -> { }, replicas, ShardLoss.PRESET);
        loop.start();
    }

    /** The last member joins. */
    void complete() {
        loop.onView(view(members.size()));
    }

    private View view(int count) {
        return new View(count, members.getFirst().name, members.subList(0, count).stream().map(m -> m.name).toList(), members.getFirst().name);
    }

    private void tellAll(Message message) {
        switch (message) {
            case Message.Asked asked -> members.stream()
                .filter(m -> asked.members().isEmpty() || asked.members().contains(m.name)).forEach(m -> readers.execute(() -> loop.onReport(m.report(asked.round()))));
            case Message.Remembered remembered -> primary = Optional.of(remembered.primary());
            default -> { }
        }
    }

    @Override
    public void close() {
        loop.close();
        readers.shutdownNow();
        members.forEach(m -> m.own.close());
        servers.close();
    }
}
