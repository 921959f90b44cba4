package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jgroups.Address;
import org.jgroups.util.UUID;
import org.junit.jupiter.api.Test;

class LargestLivingViewWinsTest {

    private final SortedMap<Integer, Address> members = new TreeMap<>();

    @Test
    void theLargerHalfLeads() {
        assertThat(merged(view(4, 5), view(1, 2, 3))).startsWith(member(1)).containsExactlyInAnyOrder(all(1, 2, 3, 4, 5));
    }

    @Test
    void aMemberThatWasFrozenDoesNotLeadByTheViewOfBefore() {
        assertThat(merged(view(1, 2, 3), view(2, 3))).startsWith(member(2)).containsExactlyInAnyOrder(all(1, 2, 3));
    }

    /** 3's own word was not heard: in the view of 1, which was frozen, it still counts. */
    @Test
    void whoLeadsTheMergeKnowsWhoIsInItsOwnView() {
        for (List<Address> own : List.of(view(1, 2, 3), view(2, 3))) {
            LargestLivingViewWins policy = new LargestLivingViewWins();
            policy.judgeBy(() -> own);
            for (Collection<Collection<Address>> views : List.of(views(view(1, 3), view(2, 3)), views(view(2, 3), view(1, 3))))
                assertThat(policy.getNewMembership(views)).as("merged by " + own.getFirst()).startsWith(member(2)).containsExactlyInAnyOrder(all(1, 2, 3));
        }
    }

    @Test
    void nobodyIsLostWhereEachHasTheOther() {
        assertThat(merged(view(1, 2, 3), view(2, 1))).startsWith(member(1)).containsExactlyInAnyOrder(all(1, 2, 3));
    }

    private List<Address> merged(List<Address> one, List<Address> other) {
        List<Address> merged = new LargestLivingViewWins().getNewMembership(views(one, other));
        assertThat(new LargestLivingViewWins().getNewMembership(views(other, one))).as("whichever comes first").startsWith(merged.getFirst());
        return merged;
    }

    private static Collection<Collection<Address>> views(List<Address> one, List<Address> other) {
        return new ArrayList<>(List.of(one, other));
    }

    private List<Address> view(int... numbers) {
        return List.of(all(numbers));
    }

    private Address[] all(int... numbers) {
        return Arrays.stream(numbers).mapToObj(this::member).toArray(Address[]::new);
    }

    private Address member(int number) {
        return members.computeIfAbsent(number, n -> new UUID(0, n));
    }
}
