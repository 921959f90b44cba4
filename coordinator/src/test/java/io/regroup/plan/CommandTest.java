package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.model.Address;
import io.regroup.model.SlotSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Until when a server may carry a command out. {@code HandsIT} asks real ones. */
class CommandTest {

    private static final long UNTIL = 1_800_000_000_123L;

    private static Stream<Command> limited() {
        return Stream.of(Command.meet(new Address("10.0.0.1", 6379)), Command.forget(id("m1")), Command.replicate(id("m1")), Command.addSlots(SlotSet.range(1, 5)),
            Command.delSlots(SlotSet.range(1, 5)), Command.flushSlots(), Command.bumpEpoch(), Command.setConfigEpoch(3), Command.failover(),
            Command.failoverWhileItFollows(id("r1"), id("m1"), "TAKEOVER"), Command.takeoverFromReplica(id("m1")),
            Command.setSlot(7, "NODE", id("m1")));
    }

    @ParameterizedTest
    @MethodSource("limited")
    void itIsTheSameWithALimit(Command command) {
        Command limited = command.until(UNTIL);
        assertThat(command.limit()).isEmpty();
        assertThat(limited.limit()).contains(UNTIL);
        assertThat(limited.unlimited()).isEqualTo(command);
        assertThat(limited.name()).as("in counters").isEqualTo(command.name());
        assertThat(limited).hasToString(command + " (until " + UNTIL + ")");
    }

    @Test
    void whatNoScriptMayDoHasNoneNorWhatOnlyOpensOrClosesASlot() {
        for (Command command : List.of(Command.of("CLUSTER", "RESET", "HARD"), Command.unpause(), Command.setSlot(7, "MIGRATING", id("m1")), Command.stable(7))) {
            assertThat(command.until(UNTIL)).isEqualTo(command);
        }
    }

    /** Redis refuses a channel of another's slots (MOVED). */
    @Test
    void replicasAreToldOnAChannelOfTheirMastersOwn() {
        for (SlotSet slots : List.of(SlotSet.range(0, 5460), SlotSet.range(16380, 16383), SlotSet.of(SlotHash.getSlot("regroup:17")))) {
            Command command = Command.tellReplicas(slots);
            assertThat(slots.contains(SlotHash.getSlot(command.words().get(1)))).as(command.toString()).isTrue();
            assertThat(command.name()).isEqualTo("SPUBLISH");
        }
    }

    @Test
    void norHasWhatIsTooLongForAScript() {
        SlotSet scattered = SlotSet.of(IntStream.range(0, 8000).map(i -> 2 * i));
        assertThat(Command.addSlots(scattered).until(UNTIL)).isEqualTo(Command.addSlots(scattered));
    }
}
