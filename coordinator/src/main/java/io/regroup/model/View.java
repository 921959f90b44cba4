package io.regroup.model;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * One membership of the group, as one member sees it.
 *
 * <p>It is no fencing token: both halves of a split count their views on, and two different views may carry the same id
 * (FACTS.md, leadership). Two views are the same only if all their fields are.
 *
 * @param id      the number that the view's creator gave it; grows with every view that this member installs
 * @param creator name of the member that made this view
 * @param members names in view order, oldest first, each once; the first is the candidate for the lead. A member's name
 *                is its pod's name
 * @param self    the member that sees this view; always one of {@code members}
 */
public record View(long id, String creator, List<String> members, String self) {

    /** @throws IllegalArgumentException if a member is named twice, or {@code self} is not a member */
    public View {
        Objects.requireNonNull(creator, "creator");
        Objects.requireNonNull(self, "self");
        members = List.copyOf(members);
        if (new HashSet<>(members).size() != members.size())
            throw new IllegalArgumentException("a member is named twice: " + members);
        if (!members.contains(self))
            throw new IllegalArgumentException(self + " is not in its own view " + members);
    }

    /** The member that leads, if this view has a quorum (which a view alone cannot know). */
    public String first() {
        return members.getFirst();
    }

    /** Whether {@code self} is the candidate for the lead. */
    public boolean selfFirst() {
        return first().equals(self);
    }

    public boolean contains(String member) {
        return members.contains(member);
    }
}
