package io.regroup.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jgroups.Address;
import org.jgroups.stack.LargestWinningPolicy;

/**
 * When groups merge, the leader of the largest leads them all. A view counts without the members that have moved on to another
 * of the merging views: a member that was frozen comes back with the view of before, which names everybody and is the largest by
 * its words, and nobody but itself is in it any more.
 *
 * <p>{@code Merger.sanitizeViews} has taken out of each view whoever is known to have another one, and it does not hear of all: then the
 * frozen one still counts some that are not its own. Whoever leads the merge knows better, by its own view as it is.
 */
public final class LargestLivingViewWins extends LargestWinningPolicy {

    private volatile Supplier<List<Address>> ownView = List::of;

    /** @param own the view of the member that uses this policy; empty while it has none */
    void judgeBy(Supplier<List<Address>> own) {
        ownView = own;
    }

    /** @param views the merging views, each in its order */
    @Override
    public List<Address> getNewMembership(Collection<Collection<Address>> views) {
        // Of one's own view, those that take part: the others are gone.
        List<Address> own = new ArrayList<>(ownView.get());
        own.retainAll(views.stream().flatMap(Collection::stream).toList());
        Collection<Collection<Address>> known = views.stream().map(view -> asKnown(view, own)).toList();
        return super.getNewMembership(known.stream().map(view -> living(view, known)).toList());
    }

    /** One's own view is what it is; and who is in it is not in the view of somebody who is not. */
    private static Collection<Address> asKnown(Collection<Address> view, List<Address> own) {
        if (own.isEmpty() || view.isEmpty())
            return view;
        Address leader = view.iterator().next();
        if (leader.equals(own.getFirst()))
            return own;
        List<Address> others = new ArrayList<>(view);
        if (!own.contains(leader))
            others.removeAll(own);
        return others;
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
        return !other.isEmpty() && view.contains(other.iterator().next()) && !other.contains(view.iterator().next());
    }
}
