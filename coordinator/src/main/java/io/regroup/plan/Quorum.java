package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.End;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether this view may act: dynamic primary partition (DESIGN.md, S4).
 *
 * <p>The invariant: of two views that do not know of each other at most one is primary. A view is primary when it holds
 * more than half of the last primary view, those subtracted that said that they leave or whose pod is gone; exactly half is not. Only those
 * that have been heard are counted: one that has not may remember a later primary view, which went on without the others. And with those whose pods
 * are gone, or whose coordinators have forgotten, others may have gone on before that: so all that are not here and remember may be half of it at
 * most, or there are no pods but those that are here.
 * A group that remembers none takes the nodes that its Redis servers know, and those that are asked for; fewer are enough where the API
 * server has no pod that is not here, for then there is no other view. Where they know none either, all that are asked for must be here, and
 * no other pod may be anywhere: the server of one whose coordinator has ended may be all that is left of a cluster.
 * A view that becomes primary counts alone when all its members have been seen to remember it; until then more than half of the one
 * before are needed too, for who has not heard of the new one goes by that.
 */
final class Quorum {

    /** @param podsDecide whether a list of all pods may make it primary */
    record Verdict(boolean primary, String reason, boolean podsDecide) {

        Verdict(boolean primary, String reason) {
            this(primary, reason, false);
        }
    }

    private Quorum() {
    }

    static Verdict of(Picture picture) {
        Optional<Primary> last = picture.lastPrimary;
        if (last.isPresent()) {
            Verdict verdict = ofMembers(picture, last.get());
            boolean allLeave = picture.reports.values().stream().allMatch(Report::leaving);
            return verdict.primary() || allLeave || !noOtherPodIs(picture) ? verdict : new Verdict(true, verdict.reason() + "; but no pod is anywhere else");
        }
        if (!picture.unheard.isEmpty()) {
            return new Verdict(false, "who has been heard remembers no primary view, and these have not been heard: " + picture.unheard);
        }
        // Who knows nobody and owns nothing has data of no cluster: then it is still to be seen whether there is one elsewhere.
        return picture.owned.isEmpty() ? ofAsked(picture) : ofNodes(picture);
    }

    /** What is to be remembered: present only when this view is primary, all of it is heard, and not all of it remembers just that. */
    static Optional<Primary> next(Picture picture) {
        if (!picture.unheard.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        Optional<Primary> last = picture.lastPrimary;
        SortedSet<NodeId> lost = lost(picture);
        SortedMap<String, Seat> seats = new TreeMap<>();
        picture.reports.values().forEach(r -> {
            Optional<NodeId> had = last.flatMap(p -> Optional.ofNullable(p.seats().get(r.member()))).filter(s -> s.podUid().equals(r.pod().uid()))
                .flatMap(Seat::node).filter(id -> !lost.contains(id) && picture.hostOf(id).isEmpty());
            seats.put(r.member(), new Seat(r.pod().uid(), r.redis(), r.group(), Picture.nodeAt(r).or(() -> had)));
        });
        SortedMap<String, Seat> departed = new TreeMap<>();
        last.ifPresent(p -> p.all().forEach((member, seat) -> {
            boolean isMissing = seat.node().filter(id -> mayBeNamed(id, picture) && picture.hostOf(id).isEmpty()).isPresent();
            if (isMissing && !seats.containsKey(member)) {
                departed.put(member, seat);
            }
        }));
        boolean same = last.filter(p -> p.seats().equals(seats) && p.departed().equals(departed) && p.lost().equals(lost)).isPresent();
        if (!same) {
            SortedMap<String, Seat> before = last.map(p -> p.isSettled() ? p.seats() : p.before()).orElseGet(TreeMap::new);
            return Optional.of(new Primary(last.map(Primary::number).orElse(0L) + 1, seats, departed, lost, before));
        }
        boolean allRemember = picture.reports.values().stream().allMatch(r -> r.primary().equals(last));
        return allRemember ? last.filter(p -> !p.isSettled()).map(Primary::settled) : last;
    }

    /**
     * Nodes whose pod is here and has something else, or nothing: the data on its volume is gone, and the node with it. That has to
     * be remembered, for when the pod goes too nothing tells any more where the node was.
     */
    private static SortedSet<NodeId> lost(Picture picture) {
        SortedSet<NodeId> lost = new TreeSet<>();
        picture.lastPrimary.ifPresent(last -> {
            lost.addAll(last.lost());
            last.all().forEach((member, seat) -> seat.node().filter(id -> isWithout(id, seat, picture.reports.get(member))).ifPresent(lost::add));
        });
        lost.removeIf(id -> !mayBeNamed(id, picture) || picture.hostOf(id).isPresent());
        return lost;
    }

    /** By a table that is at hand, or by one of those that may come back. */
    private static boolean mayBeNamed(NodeId id, Picture picture) {
        return picture.known().contains(id) || !picture.clusterIsKnown() || !picture.missing().isEmpty();
    }

    private static boolean isWithout(NodeId node, Seat seat, Report report) {
        return report != null && report.pod().uid().equals(seat.podUid()) && isWithout(node, report);
    }

    /** Whether that pod shows that it has something else than this node's data, or nothing. */
    static boolean isWithout(NodeId node, Report report) {
        return (report.state() instanceof AtGate || report.state() instanceof Answering)
            && Picture.nodeAt(report).filter(node::equals).isEmpty();
    }

    private static Verdict ofMembers(Picture picture, Primary last) {
        Verdict latest = ofMembers(picture, last.seats().keySet(), "the last primary view");
        boolean latestDecides = !latest.primary() || allExcused(last.before().keySet(), picture);
        return latestDecides ? latest
            : ofMembers(picture, last.before().keySet(), "the primary view before the last one, which not all have heard of,");
    }

    private static Verdict ofMembers(Picture picture, Set<String> members, String what) {
        Set<String> here = new TreeSet<>(picture.observation.view().members());
        int present = 0;
        int leaving = 0;
        List<String> missing = new ArrayList<>();
        List<String> unheard = new ArrayList<>();
        List<String> silenced = new ArrayList<>();
        for (String member : members) {
            Report report = picture.reports.get(member);
            if (isLeaving(member, here.contains(member), picture)) {
                leaving++;
            } else if (report != null) {
                present++;
                if (report.primary().isEmpty()) {
                    silenced.add(member);
                }
            } else if (here.contains(member)) {
                unheard.add(member);
            } else if (isGone(member, picture)) {
                silenced.add(member);
            } else {
                missing.add(member);
            }
        }
        int gone = (int) silenced.stream().filter(member -> !picture.reports.containsKey(member)).count();
        int total = members.size() - leaving - gone;
        String count = present + " of " + total + " members of " + what + " are here";
        boolean isMost = isMajority(present, total);
        boolean canOthersBe = isMajority(missing.size() + unheard.size() + silenced.size(), members.size() - leaving);
        return isMost && !canOthersBe ? new Verdict(true, count) : new Verdict(false, count
            + (isMost ? ", but with " + silenced + ", that are gone or have started anew, others may have gone on before" : ", more than half is needed")
            + (missing.isEmpty() ? "" : "; missing without proof that their pods are gone: " + missing)
            + (unheard.isEmpty() ? "" : "; not heard, and they may remember a later one: " + unheard), missing.isEmpty() && unheard.isEmpty());
    }

    /** Then there is no other view. A list in which the leader's own pod is not, by wrong labels perhaps, is not that of our pods. */
    private static boolean noOtherPodIs(Picture picture) {
        String leader = picture.observation.view().members().getFirst();
        return picture.observation.pods().filter(pods -> pods.contains(leader) && picture.reports.keySet().containsAll(pods)).isPresent();
    }

    private static String inTheWay(SortedSet<String> pods, Picture picture) {
        List<String> others = pods.stream().filter(pod -> !picture.reports.containsKey(pod)).toList();
        return others.isEmpty() ? ", but the list of pods does not name the leader's own: do its labels fit?"
            : ", and so are pods that are not in this view, which may have a cluster: " + others;
    }

    /**
     * Members that were not in the last primary view and do not remember it: they are told of it, also by a view that is not primary, so that it is
     * known when the others are gone. Of those that were in it and have forgotten, nobody knows whether they went on with others.
     */
    static SortedSet<String> newcomers(Picture picture) {
        SortedSet<String> members = new TreeSet<>();
        picture.lastPrimary.ifPresent(last -> picture.reports.values().stream().filter(r -> r.primary().isEmpty()).map(Report::member)
            .filter(member -> !last.seats().containsKey(member) && !last.before().containsKey(member)).forEach(members::add));
        return members;
    }

    /** Whether all members of the last primary view leave or have ended for good: no other side can take anything over. */
    static boolean nobodyElseIsLeft(Picture picture) {
        return picture.lastPrimary.filter(p -> allExcused(p.seats().keySet(), picture) && allExcused(p.before().keySet(), picture)).isPresent();
    }

    private static boolean allExcused(Set<String> members, Picture picture) {
        Set<String> here = new TreeSet<>(picture.observation.view().members());
        return members.stream().allMatch(m -> isExcused(m, here.contains(m), picture));
    }

    /**
     * Counted by nobody any more: its pod is gone for good, or it leaves. That its processes have ended does not excuse a member: they are started
     * again, perhaps on the other side.
     */
    private static boolean isExcused(String member, boolean isHere, Picture picture) {
        return isLeaving(member, isHere, picture) || !isHere && isGone(member, picture);
    }

    /** Whoever sees it in its view hears that from itself: on no side it counts. */
    private static boolean isLeaving(String member, boolean isHere, Picture picture) {
        return isHere ? Optional.ofNullable(picture.reports.get(member)).filter(Report::leaving).isPresent() : picture.observation.left().contains(member);
    }

    private static boolean isGone(String member, Picture picture) {
        return Optional.ofNullable(picture.observation.ended().get(member)).filter(End::forGood).isPresent();
    }

    private static Verdict ofNodes(Picture picture) {
        SortedSet<NodeId> known = new TreeSet<>(picture.known());
        // What fewer servers call failed, one alone perhaps that has just started with its old table, may be where the others are.
        if (isMajority(picture.liveOwners().size(), picture.owned.size())) {
            known.removeIf(id -> picture.hostOf(id).isEmpty() && picture.slotsOf(id).isEmpty() && picture.isFailedForAll(id));
        }
        long present = known.stream().filter(id -> picture.hostOf(id).isPresent()).count();
        String count = present + " of the " + known.size() + " nodes that the Redis servers here know are here";
        if (!isMajority(present, known.size()) && Fate.noPodIsElsewhere(picture)) {
            return new Verdict(true, count + ", and no pod is anywhere else");
        }
        if (!isMajority(present, known.size())) {
            return new Verdict(false, count + ", more than half is needed");
        }
        // A node that was just blank knows few others, or only itself: that is no cluster's majority.
        if (picture.observation.asked().isEmpty()) {
            return known.size() >= Asked.LEAST_MASTERS ? new Verdict(true, count)
                : new Verdict(false, count + ", and nobody has told yet how many are asked for");
        }
        return Bootstrap.majorityOfAskedIsHere(picture) ? new Verdict(true, count)
            : new Verdict(false, count + ", and not more than half of those that are asked for");
    }

    /** Who leaves is one too many: of those that stay there are not more than are asked for, so that they are all here or nobody else has them all. */
    private static Verdict ofAsked(Picture picture) {
        Optional<Asked> asked = picture.observation.asked();
        if (asked.isEmpty()) {
            return new Verdict(false, "nobody has told yet how many nodes are asked for");
        }
        long here = picture.reports.values().stream().filter(r -> !r.leaving()).count();
        String count = here + " of the " + asked.get().nodes() + " nodes asked for are here";
        boolean allAreHere = asked.get().nodes() > 0 && here >= asked.get().nodes();
        if (!allAreHere || asked.get().nodes() < Asked.LEAST_MASTERS || noOtherPodIs(picture)) {
            return new Verdict(allAreHere, count);
        }
        return new Verdict(false, count + picture.observation.pods().map(pods -> inTheWay(pods, picture))
            .orElse(", but whether there are other pods is not known yet"), true);
    }

    static boolean isMajority(long part, long whole) {
        return 2 * part > whole;
    }
}
