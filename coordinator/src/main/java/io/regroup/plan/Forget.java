package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Dead nodes without slots, whom no live replica follows, are struck from every table, again until nobody names them:
 * FORGET bans an id for 60 s on that one node only, and a node left out gives it back to all by gossip.
 */
final class Forget implements Step {

    private static final long SETTLE_MS = 500;
    /**
     * How long a dead node's pod may take to start it again with its data, in ms: a container that is killed is back within seconds. One
     * that was forgotten would be kept out for a minute.
     */
    static final long RETURN_MS = 60_000;
    /**
     * How long one that its pod does not start again is tried on where nothing proves its end, in ms: a cut may have just ended, and have let a move
     * among the servers come to its end before anybody heard that the source lives.
     */
    static final long SILENT_MS = 1000;
    /**
     * How long a node that has not heard who has the dead one's slots now is waited for, in ms; {@link Tell} tells it meanwhile. FORGET leaves these slots to
     * nobody in its table ({@code clusterDelNode}), and a client that asks there is told that they are not served. One that goes on refusing the news is cured
     * by just that.
     */
    static final long HEARD_MS = 2000;

    @Override
    public String name() {
        return "forget";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary()) {
            return Optional.empty();
        }
        boolean allHeard = picture.unheard.isEmpty();
        List<Action> forgets = new ArrayList<>();
        Set<NodeId> forgotten = new TreeSet<>();
        List<String> reasons = new ArrayList<>();
        for (NodeId id : picture.named()) {
            if (picture.hostOf(id).isPresent() || picture.blanks.containsKey(id) || !picture.slotsOf(id).isEmpty()
                || picture.observation.sentWithin("forget " + id, SETTLE_MS)) {
                continue;
            }
            if (!allHeard && Stream.of("silent ", "return ", "heard ", "renamed ").allMatch(wait -> picture.observation.waitedMs(wait + id) == 0)) {
                continue;   // Only what runs already goes on while a report is late: on a busy machine one always is.
            }
            Optional<String> death = death(id, picture);
            if (death.isEmpty()) {
                waits.add(new Wait("forget " + id, picture.name(id) + " has no slots and no member here: "
                    + Fate.of(id, picture).words() + "; it is forgotten once its end is certain"));
                continue;
            }
            if (Fate.mayReturn(id, picture)) {
                waits.add(new Wait("return " + id, picture.name(id) + " is dead (" + death.get() + "), and its pod is not known to be gone: "
                    + "it may be started again with its data, and is forgotten after " + RETURN_MS / 1000 + " s"));
                if (picture.observation.waitedMs("return " + id) < RETURN_MS) {
                    continue;
                }
            } else if (!(Fate.of(id, picture) instanceof Fate.Proven)) {
                waits.add(new Wait("silent " + id, picture.name(id) + " has no slots and is dead (" + death.get() + "), which nothing proves: it is tried on for "
                    + SILENT_MS / 1000 + " s"));
                if (picture.observation.waitedMs("silent " + id) < SILENT_MS) {
                    continue;
                }
            }
            if (isNewName(id, picture, waits)) {
                continue;
            }
            List<Host> followers = picture.replicasOf(id);
            if (!followers.isEmpty()) {
                waits.add(new Wait("forget " + id, picture.name(id) + " is dead, and is forgotten once "
                    + followers + " follow another master"));
                continue;
            }
            if (!isNewsHeard(id, picture, waits)) {
                continue;
            }
            Optional<Report> keeper = whoKnowsOnly(id, forgotten, picture);
            if (keeper.isPresent()) {
                waits.add(new Wait("forget " + id, picture.name(id) + " is dead, and is forgotten once " + keeper.get().member()
                    + " has started, whose server knows of nobody else that the others here know of"));
                continue;
            }
            forgets.add(everywhere(id, picture));
            forgotten.add(id);
            reasons.add(picture.name(id) + " (" + death.get() + ")");
        }
        if (!allHeard) {
            return Optional.empty();
        }
        return forgets.isEmpty() ? firstContacts(picture)
            : Optional.of(new Work(forgets, "dead and without slots: " + String.join(", ", reasons)));
    }

    /**
     * First contacts with addresses where no member is, nor was that may be there still. Who stood still answers a MEET of one that has ended meanwhile, and
     * goes on asking there for the node timeout: a stranger that comes to such an address would be let in.
     */
    private static Optional<Work> firstContacts(Picture picture) {
        Set<Address> ours = picture.missing().values().stream().map(Seat::redis).collect(Collectors.toSet());
        List<Action> forgets = new ArrayList<>();
        SortedSet<Address> where = new TreeSet<>();
        for (Host host : picture.nodes.values()) {
            for (ClusterNode contact : host.table().others().values()) {
                Optional<Address> nobody = contact.isIntroduced() ? Optional.empty()
                    : contact.address().filter(address -> picture.reportAt(address).isEmpty() && !ours.contains(address));
                nobody.ifPresent(address -> {
                    forgets.add(new Action.Forget(contact.id(), new TreeSet<>(Set.of(host.address()))));
                    where.add(address);
                });
            }
        }
        return forgets.isEmpty() ? Optional.empty() : Optional.of(new Work(forgets, "first contacts with addresses where nobody is: " + where));
    }

    /**
     * Where another answers at its address by its member's word, and that word is older than the others': CLUSTER RESET HARD gives a server a new id, and who
     * forgets that keeps the server out for a minute (seed 40583, with more faults).
     */
    private static boolean isNewName(NodeId id, Picture picture, List<Wait> waits) {
        Optional<Host> tenant = picture.addressesOf(id).stream().flatMap(address -> Stream.concat(picture.nodes.values().stream(), picture.blanks.values().stream())
            .filter(host -> host.address().equals(address))).findFirst();
        tenant.ifPresent(host -> waits.add(new Wait("renamed " + id, picture.name(id) + " is dead, and is forgotten once " + host + " has said again that it is another")));
        return tenant.isPresent() && picture.observation.waitedMs("renamed " + id) < SETTLE_MS;
    }

    /** Whether all have heard who has the dead one's slots, as far as another has them, or have been waited for. */
    static boolean isNewsHeard(NodeId id, Picture picture, List<Wait> waits) {
        List<Host> unaware = unaware(id, picture);
        if (unaware.isEmpty()) {
            return true;
        }
        List<Host> importing = unaware.stream().filter(host -> imports(host, id)).toList();
        waits.add(new Wait("heard " + id, picture.name(id) + " is dead, and is forgotten once " + (importing.isEmpty()
            ? unaware + " have heard who has its slots now" : "what " + importing + " imports has come: there it has these slots as yet")));
        return picture.observation.waitedMs("heard " + id) >= HEARD_MS && importing.isEmpty();
    }

    /** Who still gives this node slots that another has by now: whoever may serve them tells all, whether its member is here or not. */
    static List<Host> unaware(NodeId id, Picture picture) {
        SlotSet served = picture.owned.keySet().stream().filter(owner -> !owner.equals(id) && !(Fate.of(owner, picture) instanceof Fate.Proven))
            .map(picture::slotsOf).reduce(SlotSet.NONE, SlotSet::plus);
        return picture.kins.stream().filter(kin -> kin.roster().line(id).filter(line -> !line.slots().and(served).isEmpty()).isPresent())
            .flatMap(kin -> kin.hosts().stream()).toList();
    }

    /**
     * Whether it imports slots that it still has for this node's. It hears of no owner of these until they have come ({@code clusterUpdateSlotsConfigWith}),
     * and with nobody for them in its table it would refuse also whoever is sent there by ASK ({@code getNodeByQuery}).
     */
    private static boolean imports(Host host, NodeId id) {
        return host.table().line(id).filter(line -> host.table().myself().importing().keySet().stream().anyMatch(line.slots()::contains)).isPresent();
    }

    /**
     * A member that keeps data, and whose server is not named by any that runs, as it waits while all that it knew are replaced. Without one whom both know it
     * would be taken for another cluster, and met by nobody ({@link Heal}).
     */
    private static Optional<Report> whoKnowsOnly(NodeId id, Set<NodeId> forgotten, Picture picture) {
        return picture.stored.entrySet().stream().filter(kept -> !picture.named().contains(kept.getKey())).map(Map.Entry::getValue)
            .filter(kept -> kept.stored().filter(table -> table.line(id).isPresent()
                && table.others().keySet().stream().allMatch(other -> other.equals(id) || forgotten.contains(other) || !picture.named().contains(other))).isPresent())
            .findFirst();
    }

    static Action.Forget everywhere(NodeId id, Picture picture) {
        SortedSet<Address> from = new TreeSet<>();
        picture.nodes.values().stream().filter(h -> h.table().line(id).filter(ClusterNode::isIntroduced).isPresent())
            .forEach(h -> from.add(h.address()));
        return new Action.Forget(id, from);
    }

    private static Optional<String> death(NodeId id, Picture picture) {
        if (Fate.of(id, picture) instanceof Fate.Proven proven) {
            return Optional.of(proven.words());
        }
        if (Fate.of(id, picture) instanceof Fate.Suspected && picture.isFailedForAll(id)) {
            return Optional.of("every node calls it failed, and it does not answer");
        }
        return isNowhere(id, picture) ? Optional.of("nobody knows an address of it") : Optional.empty();
    }

    /** Where its member was seen last its port is tried, whatever the tables say: they drop an address as soon as another node answers there. */
    private static boolean isNowhere(NodeId id, Picture picture) {
        return Fate.seenLastAt(id, picture).isEmpty() && picture.saidOf(id).stream().allMatch(line -> line.is(NodeFlag.NOADDR));
    }
}
