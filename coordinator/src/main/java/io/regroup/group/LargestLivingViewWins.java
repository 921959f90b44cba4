package io.regroup.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jgroups.Address;
import org.jgroups.stack.LargestWinningPolicy;

/**
 * When groups merge, the leader of the largest leads them all. A view counts without the members that have moved on to another
 * of the merging views: a member that was frozen comes back with the view of before, which names everybody and is the largest by
 * its words, and nobody but itself is in it any more.
 */
public final class LargestLivingViewWins extends LargestWinningPolicy {

    /** @param views the merging views, each in its order */
    @Override
    public List<Address> getNewMembership(Collection<Collection<Address>> views) {
        return super.getNewMembership(views.stream().map(view -> living(view, views)).toList());
    }

    private static Collection<Address> living(Collection<Address> view, Collection<Collection<Address>> views) {
        Collection<Address> living = new ArrayList<>(view);
        for (Collection<Address> other : views) {
            if (hasMovedOnTo(other, view))
                living.removeAll(other);
        }
        return living;
    }

    /** The other view's leader was a member of this one, and has a view without this one's leader. */
    private static boolean hasMovedOnTo(Collection<Address> other, Collection<Address> view) {
        return view.contains(other.iterator().next()) && !other.contains(view.iterator().next());
    }
}
