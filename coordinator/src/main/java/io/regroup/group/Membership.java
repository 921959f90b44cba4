package io.regroup.group;

import io.regroup.model.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jgroups.Address;

/**
 * A view in names, and the address behind each name.
 *
 * <p>A name that stands in JGroups' view twice is a container that restarted before its predecessor was excluded. Only the
 * incarnation that started last counts, at its own place in the order; all members decide alike, since they all see the same
 * addresses. (Should both have started in the same millisecond, the one that joined later counts.)
 */
record Membership(View view, Map<String, Address> addresses) {

    static Membership of(org.jgroups.View jgroups, String self) {
        Map<String, Address> newest = new LinkedHashMap<>();
        for (Address member : jgroups.getMembers())
            newest.merge(MemberAddress.name(member), member, Membership::newer);
        List<String> names = new ArrayList<>();
        for (Address member : jgroups.getMembers())
            if (newest.get(MemberAddress.name(member)).equals(member))
                names.add(MemberAddress.name(member));
        return new Membership(
            new View(jgroups.getViewId().getId(), MemberAddress.name(jgroups.getCreator()), names, self),
            Map.copyOf(newest));
    }

    private static Address newer(Address joinedFirst, Address joinedLater) {
        return MemberAddress.startedMillis(joinedFirst) > MemberAddress.startedMillis(joinedLater) ? joinedFirst : joinedLater;
    }

    Optional<Address> address(String name) {
        return Optional.ofNullable(addresses.get(name));
    }

    /** Whether a message of this sender is one of a dead incarnation, of which a newer one is a member already. */
    boolean outdated(Address sender) {
        Address current = addresses.get(MemberAddress.name(sender));
        return current != null && !current.equals(sender) && newer(sender, current).equals(current);
    }
}
