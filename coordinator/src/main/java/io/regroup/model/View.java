package io.regroup.model;

import java.util.List;

/**
 * One JGroups view as this member sees it.
 *
 * @param id      JGroups' ViewId number. Both halves of a split count on: it proves nothing (S4)
 * @param creator the name of the member that made the view
 * @param members in view order: the first is the leader candidate
 * @param self    the name of this member
 */
public record View(long id, String creator, List<String> members, String self) {

    public View {
        members = List.copyOf(members);
    }

    public boolean isLed() {
        return !members.isEmpty() && members.getFirst().equals(self);
    }

    @Override
    public String toString() {
        return creator + "|" + id + " " + members;
    }
}
