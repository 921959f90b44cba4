package io.regroup.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlotSetTest {

    @Test
    void whatIsReadIsShort() {
        assertThat(SlotSet.range(0, 5460).plus(SlotSet.of(5462)).brief()).isEqualTo("0-5460 5462");
        SlotSet apart = SlotSet.of(IntStream.range(0, 1000).map(slot -> 2 * slot));
        assertThat(apart.brief()).startsWith("0 2 4 6 8 10 ").endsWith(" 36 38 and 980 more ranges");
        assertThat(SlotSet.parse(apart.toString())).as("what is sent is whole").isEqualTo(apart);
    }
}
