package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Roster;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Picture.Kin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Nodes of one cluster that lost each other are introduced again, by their members' current addresses: after a restart
 * of all pods with new IPs, or a FORGET by mistake. Before anything is forgotten: FORGET bans a live id for a minute.
 */
final class Heal implements Step {

    /** A handshake that does not succeed is given up by Redis after max(node timeout, 1 s); this is its time to succeed. */
    static final long MEETING_MS = 1000;

    @Override
    public String name() {
        return "heal";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        List<SortedSet<NodeId>> islands = islands(picture);
        if (islands.size() > 1) {
            if (isMeeting(picture)) {
                return Optional.empty();
            }
            if (areFounding(islands, picture)) {
                return bridge(islands, picture);
            }
            waits.add(new Wait("islands", "members of this group hold " + islands.size()
                + " clusters that know nothing of each other " + islands.stream().map(i -> names(picture, i)).toList()
                + ": they are never merged, for the data of one would be lost; remove one of them by hand"));
            return Optional.empty();
        }
        SortedMap<NodeId, Host> misled = RepairEpochs.misled(picture);
        misled.forEach((teller, owner) -> waits.add(new Wait("misled " + teller, picture.name(teller) + " gives slots of " + owner + " to another, with an epoch that "
            + "is not that one's, and would overrule it: it meets nobody until " + owner + " has a higher one")));
        SortedMap<Address, SortedSet<Address>> meetings = new TreeMap<>();
        SortedSet<String> found = new TreeSet<>();
        for (Kin kin : picture.kins) {
            for (Host to : picture.nodes.values()) {
                if (!isLost(kin.roster(), to) || kin.roster().isMeeting(to.address())) {
                    continue;
                }
                for (Host from : kin.hosts()) {
                    if (!misled.containsKey(from.id()) && !misled.containsKey(to.id()) && (picture.isPrimary() || isDeposed(from, to))
                        && !picture.observation.sentWithin("meet " + from.address() + " " + to.address(), MEETING_MS)) {
                        meetings.computeIfAbsent(from.address(), a -> new TreeSet<>()).add(to.address());
                        found.add(to.toString());
                    }
                }
            }
        }
        return meetings.isEmpty() ? Optional.empty()
            : Optional.of(new Work(new Action.Meet(meetings), "others do not know where to find " + String.join(", ", found)));
    }

    private static boolean isMeeting(Picture picture) {
        return picture.nodes.values().stream()
            .anyMatch(to -> picture.kins.stream().anyMatch(kin -> kin.roster().isMeeting(to.address())));
    }

    /**
     * A node on its own that has met nobody, has no key, and claims slots that are not its: it was to become a replica and still has its placeholder, or was to
     * be the master of these and came so late that they were given to another, as no table told of it. It would take them from their owner.
     */
    private static boolean isLateFounder(SortedSet<NodeId> island, Picture picture) {
        Host host = picture.nodes.get(island.first());
        SlotSet own = host.table().myself().slots();
        return island.size() == 1 && host.isMaster() && host.table().others().isEmpty() && host.state().facts().keys() == 0 && !own.isEmpty()
            && (own.equals(Picture.PLACEHOLDER) || servedByOthers(host, picture).containsAll(own));
    }

    private static SlotSet servedByOthers(Host founder, Picture picture) {
        return picture.nodes.values().stream().filter(host -> host.isMaster() && !host.id().equals(founder.id()) && !host.table().others().isEmpty())
            .map(host -> host.table().myself().slots()).reduce(SlotSet.NONE, SlotSet::plus);
    }

    /**
     * A bootstrap that was cut off before its nodes met: no slot is claimed twice but by those that give theirs up, so that none can take anything from another;
     * and at most one island holds keys, or all keep to slots of which no table of another tells, as founders do that clients have found already.
     */
    private static boolean areFounding(List<SortedSet<NodeId>> islands, Picture picture) {
        SortedSet<NodeId> late = new TreeSet<>();
        islands.stream().filter(island -> isLateFounder(island, picture)).forEach(late::addAll);
        long withKeys = islands.stream().filter(island -> island.stream()
            .anyMatch(id -> picture.nodes.get(id).state().facts().keys() > 0)).count();
        SlotSet claimed = SlotSet.NONE;
        for (Host host : picture.nodes.values()) {
            SlotSet own = late.contains(host.id()) ? SlotSet.NONE : host.table().myself().slots();
            if (!claimed.and(own).isEmpty()) {
                return false;
            }
            claimed = claimed.plus(own);
        }
        List<SlotSet> told = islands.stream().map(island -> told(island, picture)).toList();
        return withKeys <= 1 || told.stream().mapToInt(SlotSet::size).sum() == told.stream().reduce(SlotSet.NONE, SlotSet::plus).size();
    }

    /** Slots that its tables give to anyone, here or not, and those of its keys. */
    private static SlotSet told(SortedSet<NodeId> island, Picture picture) {
        return island.stream().map(picture.nodes::get).map(host -> host.table().assigned().plus(host.state().facts().strays())).reduce(SlotSet.NONE, SlotSet::plus);
    }

    private static Optional<Work> bridge(List<SortedSet<NodeId>> islands, Picture picture) {
        if (!picture.unheard.isEmpty() || !picture.isPrimary()) {
            return Optional.empty();
        }
        List<Action> bare = new ArrayList<>();
        for (SortedSet<NodeId> island : islands) {
            Host host = picture.nodes.get(island.first());
            if (isLateFounder(island, picture) && !picture.observation.sentWithin("join " + host.address(), MEETING_MS)) {
                bare.add(new Action.Join(host.address(), true, new TreeSet<>()));
            }
        }
        if (!bare.isEmpty()) {
            return Optional.of(new Work(bare, "a bootstrap was cut off: slots that are not theirs go before the nodes meet"));
        }
        if (islands.stream().anyMatch(island -> isLateFounder(island, picture))) {
            return Optional.empty();
        }
        SortedMap<Address, SortedSet<Address>> meetings = new TreeMap<>();
        Host from = picture.nodes.get(islands.getFirst().first());
        for (SortedSet<NodeId> island : islands.subList(1, islands.size())) {
            Host to = picture.nodes.get(island.first());
            if (!from.table().isMeeting(to.address()) && !to.table().isMeeting(from.address())
                && !picture.observation.sentWithin("meet " + from.address() + " " + to.address(), MEETING_MS)) {
                meetings.computeIfAbsent(from.address(), a -> new TreeSet<>()).add(to.address());
            }
        }
        return meetings.isEmpty() ? Optional.empty()
            : Optional.of(new Work(new Action.Meet(meetings), "a bootstrap was cut off before all its nodes had met"));
    }

    private static boolean isLost(Roster roster, Host to) {
        Optional<ClusterNode> line = roster.line(to.id());
        return line.isEmpty() || line.get().is(NodeFlag.NOADDR)
            || line.get().address().filter(to.address()::equals).isEmpty();
    }

    /**
     * Whether both serve the same slots, and the other one has the higher epoch: of a promotion that this one had not heard of when it was told to
     * forget whom that made a master, Redis tells it nothing ({@code clusterBlacklistExists}, UPDATE) for a minute. All that it takes by then is lost.
     * Redis' own rule settles it as soon as they meet, and nothing is decided here: that needs no quorum.
     */
    private static boolean isDeposed(Host master, Host other) {
        ClusterNode own = master.table().myself();
        ClusterNode theirs = other.table().myself();
        return own.isMaster() && theirs.isMaster() && master.state().facts().stateOk() && other.state().facts().stateOk()
            && theirs.configEpoch() > own.configEpoch() && !theirs.slots().and(own.slots()).isEmpty();
    }

    private static String names(Picture picture, SortedSet<NodeId> ids) {
        return ids.stream().map(picture::name).toList().toString();
    }

    /** The hosted nodes, grouped by "one knows the other's id", directly or through nodes that are not here. */
    private static List<SortedSet<NodeId>> islands(Picture picture) {
        List<SortedSet<NodeId>> islands = new ArrayList<>();
        for (Kin kin : picture.kins) {
            SortedSet<NodeId> island = new TreeSet<>();
            kin.roster().lines().values().stream().filter(ClusterNode::isIntroduced).forEach(line -> island.add(line.id()));
            for (Iterator<SortedSet<NodeId>> i = islands.iterator(); i.hasNext(); ) {
                SortedSet<NodeId> other = i.next();
                if (other.stream().anyMatch(island::contains)) {
                    island.addAll(other);
                    i.remove();
                }
            }
            islands.add(island);
        }
        islands.forEach(island -> island.retainAll(picture.nodes.keySet()));
        islands.sort(Comparator.comparing(SortedSet::first));
        return islands;
    }
}
