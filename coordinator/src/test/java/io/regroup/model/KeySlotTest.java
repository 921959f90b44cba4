package io.regroup.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As the client libraries have it. */
class KeySlotTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "123456789", "regroup:0", "regroup:4711", "Schlüssel", "a}b"})
    void itIsWhereClientsLookForIt(String key) {
        assertThat(KeySlot.of(key)).isEqualTo(SlotHash.getSlot(key));
    }

    /** The value that the specification of Redis Cluster gives for its CRC. */
    @Test
    void itIsTheCrcOfTheSpecification() {
        assertThat(KeySlot.of("123456789")).isEqualTo(0x31c3 % SlotSet.COUNT);
    }

    @Test
    void aHashTagIsRefused() {
        assertThatThrownBy(() -> KeySlot.of("a{b}c")).isInstanceOf(IllegalArgumentException.class).hasMessage("it may have a hash tag: a{b}c");
    }
}
