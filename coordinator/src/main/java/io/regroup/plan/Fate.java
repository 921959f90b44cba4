package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.End;
import io.regroup.model.NodeId;
import io.regroup.model.Probe;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.RedisState.Ended;
import io.regroup.model.RedisState.Loading;
import io.regroup.model.RedisState.Silent;
import io.regroup.model.RedisState.Starting;
import io.regroup.model.RedisState.Unparsed;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is known of a node that may be dead: suspicion, evidence and proof are different things (S2, S3).
 */
sealed interface Fate {

    String words();

    /** It lives, or is about to: nothing is to be done to it. */
    record Lives(String words) implements Fate {
    }

    /** Its process has ended and cannot return by itself: TAKEOVER is safe. */
    record Proven(String words) implements Fate {
    }

    /** Gone from the view and its Redis does not answer: evidence, no proof. Others must vote. */
    record Suspected(String words) implements Fate {
    }

    /** Nothing can be said yet. */
    record Unknown(String words) implements Fate {
    }

    static Fate of(NodeId id, Picture picture) {
        if (picture.nodes.containsKey(id)) {
            return new Lives("it answers");
        }
        Report keeper = picture.stored.get(id);
        if (keeper != null) {
            return ofMember(keeper);
        }
        if (!picture.unheard.isEmpty() && seatOf(id, picture).map(Map.Entry::getKey).filter(picture.unheard::contains).isPresent()) {
            return new Unknown("its member has not reported yet");
        }
        if (isLost(id, picture)) {
            return new Proven("its own pod was seen without its data");
        }
        Optional<Map.Entry<String, Seat>> seat = seatOf(id, picture);
        Optional<End> end = seat.flatMap(s -> proofOfEnd(s, picture));
        if (end.isPresent()) {
            return new Proven(end.get().words());
        }
        return seat.isEmpty() && noPodIsElsewhere(picture)
            ? new Proven("no pod is left that could have it: all that the API server lists are here") : ofPlaces(id, seat.map(Map.Entry::getKey), picture);
    }

    /**
     * That its container had ended is old news where it was let through the gate since: the API server hears of that late, and not at all from a machine
     * that is cut off. So that counts only where its port refuses connections: one that answers lives, and one that is silent may serve on the other side of
     * a cut. Where another member has its address, the port tells nothing of it.
     */
    private static Optional<End> proofOfEnd(Map.Entry<String, Seat> seat, Picture picture) {
        Address address = seat.getValue().redis();
        return Optional.ofNullable(picture.observation.ended().get(seat.getKey()))
            .filter(end -> end.forGood() || picture.observation.probes().get(address) == Probe.REFUSES || picture.reportAt(address).isPresent());
    }

    /** Where this node's port is to be tried: it is not here, and its end is not proven for good. */
    static SortedSet<Address> toBeTried(NodeId id, Picture picture) {
        SortedSet<Address> addresses = new TreeSet<>();
        if (picture.hostOf(id).isPresent()) {
            return addresses;
        }
        Optional<Map.Entry<String, Seat>> seat = seatOf(id, picture);
        if (hasEndedForNow(seat, picture) || !(of(id, picture) instanceof Proven)) {
            addresses.addAll(placesOf(id, picture));
            addresses.removeIf(address -> picture.reportAt(address).isPresent());
        }
        return addresses;
    }

    private static boolean hasEndedForNow(Optional<Map.Entry<String, Seat>> seat, Picture picture) {
        return seat.map(Map.Entry::getKey).map(picture.observation.ended()::get).filter(end -> !end.forGood()).isPresent();
    }

    /** Its process has ended, and its container may be started again, with its data: its own member shows them, or has not come yet. */
    static boolean hasEndedForNow(NodeId id, Picture picture) {
        Report keeper = picture.stored.get(id);
        return keeper != null ? keeper.state() instanceof Ended : hasEndedForNow(seatOf(id, picture), picture);
    }

    /** Every pod that there is, and that there should be, is in this view, and shows which node it has, or that it has none. */
    static boolean noPodIsElsewhere(Picture picture) {
        return picture.unheard.isEmpty()
            && picture.observation.asked().filter(a -> a.nodes() <= picture.reports.size()).isPresent()
            && picture.observation.pods().filter(pods -> pods.equals(picture.reports.keySet())).isPresent()
            && picture.reports.values().stream()
                .allMatch(r -> Picture.nodeAt(r).isPresent() || r.state() instanceof AtGate || r.state() instanceof Ended);
    }

    /** Nodes that do not answer, whose end is not proven and whose pod nobody remembers. */
    static SortedSet<NodeId> orphans(Picture picture) {
        return picture.known().stream().filter(id -> picture.hostOf(id).isEmpty() && seatOf(id, picture).isEmpty() && !isLost(id, picture))
            .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isLost(NodeId id, Picture picture) {
        return picture.lastPrimary.filter(p -> p.lost().contains(id)).isPresent();
    }

    /** Its own member speaks, and the volume keeps this very node. */
    private static Fate ofMember(Report report) {
        return switch (report.state()) {
            case Answering a -> new Lives("it answers");
            case Loading l -> new Lives("it reads its data");
            case Starting s -> new Lives("it starts");
            case Ended e -> new Proven("its process ended, says its own member, and the gate is closed");
            case AtGate g -> new Proven("its process ended and waits at the gate");
            case Silent s -> new Unknown("its own member gets no answer: " + s.problem());
            case Unparsed u -> new Unknown("its answer is not understood: " + u.problem());
        };
    }

    /**
     * A member serves at the node's address, and does not keep the node: another one has taken its place. Where that is not known to be the node's
     * own pod, that one may be on its way back at another address, with its data, or serve there: a machine that restarts gives its pods new ones.
     */
    private static Fate ofTenant(Report report, Optional<String> ownPod) {
        Fate fate = ofTenant(report);
        return fate instanceof Proven proven && ownPod.filter(report.member()::equals).isEmpty()
            ? new Suspected(proven.words() + ", and its own pod may be elsewhere") : fate;
    }

    private static Fate ofTenant(Report report) {
        return switch (report.state()) {
            case Answering a -> new Proven("another node answers at its address: " + a.table().myself().id().brief());
            case Ended e -> new Proven("its process ended, says its own member, and the gate is closed");
            case AtGate g -> new Proven("its process ended and a blank one waits at the gate");
            case Loading l -> new Unknown("a server that loads is at its address");
            case Starting s -> new Unknown("a server that starts is at its address");
            case Silent s -> new Unknown("its own member gets no answer: " + s.problem());
            case Unparsed u -> new Unknown("its answer is not understood: " + u.problem());
        };
    }

    /** Where its member, that is not here, was seen last. */
    static Optional<Address> seenLastAt(NodeId id, Picture picture) {
        return seatOf(id, picture).filter(seat -> !picture.reports.containsKey(seat.getKey())).map(seat -> seat.getValue().redis());
    }

    /**
     * Every address that a table has for it, and the one where its member was seen last: pods change theirs, and no table knows that before the node
     * has met somebody again.
     */
    private static SortedSet<Address> placesOf(NodeId id, Picture picture) {
        SortedSet<Address> places = new TreeSet<>(picture.addressesOf(id));
        seenLastAt(id, picture).ifPresent(places::add);
        return places;
    }

    /** One that lives at one of its places lives; what is found at the others proves nothing before. */
    private static Fate ofPlaces(NodeId id, Optional<String> ownPod, Picture picture) {
        Fate worst = null;
        for (Address address : placesOf(id, picture)) {
            Fate here = picture.reportAt(address).map(tenant -> ofTenant(tenant, ownPod)).orElseGet(() -> ofPort(id, address, picture));
            worst = worst == null || doubt(here) > doubt(worst) ? here : worst;
        }
        return worst == null ? new Unknown("nobody knows where it was") : worst;
    }

    private static int doubt(Fate fate) {
        return switch (fate) {
            case Lives l -> 3;
            case Unknown u -> 2;
            case Suspected s -> 1;
            case Proven p -> 0;
        };
    }

    private static Fate ofPort(NodeId id, Address address, Picture picture) {
        Probe probe = picture.observation.probes().get(address);
        return switch (probe) {
            case ANSWERS -> isLinked(id, picture) ? new Lives("its coordinator is gone, its Redis answers")
                : new Unknown("something answers at its address, and no node here has a link to it");
            case REFUSES -> refusedForReplica(id, address, picture)
                ? new Proven("its port refuses connections from the leader and from its replica's pod")
                : new Suspected("its port refuses connections from the leader");
            case SILENT -> new Suspected("its member left the group and its Redis does not answer");
            case null -> new Unknown("its member is not in the group and its port has not been tried yet");
        };
    }

    /** On the cluster bus nodes say who they are: a stranger that has got the address is hung up on ({@code clusterProcessPacket}). */
    private static boolean isLinked(NodeId id, Picture picture) {
        return picture.nodes.values().stream().anyMatch(h -> h.table().line(id).filter(ClusterNode::linkUp).isPresent());
    }

    /** Only who has had a link to it knows that it was there; from an address of before a restart another pod may refuse. */
    private static boolean refusedForReplica(NodeId id, Address address, Picture picture) {
        return picture.replicasOf(id).stream().filter(replica -> !replica.isAsStarted())
            .flatMap(h -> h.report().masterProbe().stream())
            .anyMatch(p -> p.master().equals(id) && p.address().equals(address) && p.probe() == Probe.REFUSES);
    }

    /**
     * Whether its pod may start this very node again: nothing says that the pod is gone. That another one has its address says nothing:
     * a machine that restarts gives its pods new ones. Where nobody remembers its pod, because all coordinators were restarted, that pod
     * may just not be back yet, as long as there may be pods that are not here.
     */
    static boolean mayReturn(NodeId id, Picture picture) {
        if (isLost(id, picture)) {
            return false;
        }
        Optional<String> member = seatOf(id, picture).map(Map.Entry::getKey);
        if (member.isPresent()) {
            Report here = picture.reports.get(member.get());
            return (here == null || !Quorum.isWithout(id, here)) && !picture.observation.left().contains(member.get())
                && Optional.ofNullable(picture.observation.ended().get(member.get())).filter(End::forGood).isEmpty();
        }
        return !noPodIsElsewhere(picture);
    }

    /** Whether its member has said that it leaves, and is not here any more. */
    static boolean hasLeft(NodeId id, Picture picture) {
        return seatOf(id, picture).map(Map.Entry::getKey).filter(picture.observation.left()::contains).isPresent();
    }

    private static Optional<Map.Entry<String, Seat>> seatOf(NodeId id, Picture picture) {
        return Optional.ofNullable(picture.seats().get(id));
    }
}
