package io.regroup.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What can be known of other pods without an API server: whether anybody listens where one could be. */
class FixedWitnessTest {

    private static final String HOST = "127.0.0.1";

    @Test
    void thereIsNoOtherPodWhenNobodyListensAtAnyOtherPlace() throws IOException {
        Address mine = new Address("127.0.0.2", 7800);
        SortedMap<Address, String> here = new TreeMap<>(Map.of(mine, "pod-1"));
        Address other;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            other = new Address(HOST, socket.getLocalPort());
            assertThat(witness(mine, other).pods(here).orElseThrow()).as("somebody is there").containsOnlyKeys("pod-1", other.toString());
            here.put(other, "pod-2");
            assertThat(witness(mine, other).pods(here).orElseThrow()).as("it is one of us").containsOnlyKeys("pod-1", "pod-2");
            here.remove(other);
        }
        assertThat(witness(mine, other).pods(here).orElseThrow()).as("nobody is there").containsOnlyKeys("pod-1");
    }

    private static FixedWitness witness(Address... places) {
        return new FixedWitness(OptionalInt.of(6), Optional.empty(), List.of(places));
    }
}
