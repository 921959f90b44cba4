package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jgroups.Address;
import org.jgroups.View;
import org.jgroups.util.NameCache;
import org.jgroups.util.UUID;
import org.jgroups.util.Util;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private final Address a = MemberAddress.create("a", 10);
    private final Address b = MemberAddress.create("b", 20);
    private final Address c = MemberAddress.create("c", 30);

    @Test
    void aViewIsInNamesInItsOwnOrder() {
        Membership membership = Membership.of(View.create(b, 7, b, c, a), "a");

        assertThat(membership.view()).isEqualTo(new io.regroup.model.View(7, "b", List.of("b", "c", "a"), "a"));
        assertThat(membership.view().isLed()).isFalse();
        assertThat(membership.address("c")).contains(c);
        assertThat(membership.address("d")).isEmpty();
    }

    @Test
    void ofARestartedContainersTwoIncarnationsTheNewerOneCountsAndStandsAtItsOwnPlace() {
        Address again = MemberAddress.create("a", 40);
        Membership membership = Membership.of(View.create(a, 7, a, b, c, again), "c");

        assertThat(membership.view().members()).containsExactly("b", "c", "a");
        assertThat(membership.view().members().getFirst()).isEqualTo("b");
        assertThat(membership.address("a")).contains(again);
        assertThat(membership.outdated(a)).isTrue();
        assertThat(membership.outdated(again)).isFalse();
        assertThat(membership.outdated(b)).isFalse();
    }

    @Test
    void theNewerIncarnationCountsEvenIfAMergePutItFirst() {
        Address again = MemberAddress.create("a", 40);

        assertThat(Membership.of(View.create(again, 7, again, b, a), "b").view().members()).containsExactly("a", "b");
    }

    @Test
    void amongIncarnationsOfTheSameMillisecondTheOneThatJoinedLaterCounts() {
        Address again = MemberAddress.create("a", 10);

        assertThat(Membership.of(View.create(a, 7, a, b, again), "b").address("a")).contains(again);
    }

    @Test
    void aMessageOfOneThatIsNotInTheViewAnyMoreIsNotOutdated() {
        assertThat(Membership.of(View.create(a, 7, a, b), "a").outdated(c)).isFalse();
    }

    @Test
    void aNameTravelsWithinTheAddress() throws Exception {
        Address sent = MemberAddress.create("redis-6c8f9d7b5c-ärger", 1234567890123L);
        NameCache.remove(sent);

        Address received = overTheWire(sent);

        assertThat(received).isEqualTo(sent);
        assertThat(MemberAddress.name(received)).isEqualTo("redis-6c8f9d7b5c-ärger").hasToString(received.toString());
        assertThat(MemberAddress.startedMillis(received)).isEqualTo(1234567890123L);
    }

    @Test
    void theLongestNameFitsIntoAnAddress() throws Exception {
        String longest = "n".repeat(GroupSettings.LONGEST_NAME);
        Address sent = MemberAddress.create(longest, 1);

        Address received = overTheWire(sent);

        assertThat(MemberAddress.name(received)).isEqualTo(longest);
    }

    @Test
    void anAddressThatIsNotOursHasANameThatIsNobodys() {
        assertThat(MemberAddress.name(UUID.randomUUID())).matches("[0-9a-f-]{36}");
        assertThat(MemberAddress.startedMillis(UUID.randomUUID())).isZero();
    }

    private static Address overTheWire(Address address) throws Exception {
        return Util.objectFromByteBuffer(Util.objectToByteBuffer(address));
    }
}
