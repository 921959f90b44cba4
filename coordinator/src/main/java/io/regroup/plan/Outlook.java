package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.Seat;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * All that one look at an observation tells.
 *
 * @param pending  empty when the cluster is whole; else why not. The one oracle of readiness, metrics and tests
 * @param quorum   why this view may act, or may not (S4)
 * @param primary  the last primary view as this one remembers it
 * @param remember the view that all members are to remember as the last primary one, when it differs from {@code primary}
 * @param newcomers members that are to be told of {@code primary} in any case
 * @param unsure   addresses of nodes whose end is not proven and whose member is not here: their ports are to be tried
 * @param missing  members of the last primary view, and departed ones, that are neither here nor proven to have ended
 * @param orphans  nodes that do not answer and whose pod nobody remembers: only a list of all pods can tell that it is gone
 * @param podsDecide whether only a list of all pods can tell that nobody else goes on (S4), or that nobody older is elsewhere
 * @param reading  members whose replica still reads what a master that has ended has sent: they are to be asked again soon
 * @param toMove   slots that are to go to another master until all have their parts
 * @param costs    what it would cost to lose each pod, by member; empty while something is not whole
 * @param remark   what is as it must be, and not as it was asked for
 * @param standing who is what now
 */
public record Outlook(Decision decision, Optional<String> pending, boolean isPrimary, String quorum,
                      Optional<Primary> primary, Optional<Primary> remember, SortedSet<String> newcomers, SortedSet<Address> unsure,
                      SortedMap<String, Seat> missing, SortedSet<NodeId> orphans, boolean podsDecide, SortedSet<String> reading, int toMove, SortedMap<String, Integer> costs, Optional<String> remark, Standing standing) {
}
