package io.regroup.plan;

import io.regroup.model.Report;
import io.regroup.plan.Action.Promotion;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * After the storm: replicas leave the machine of their master, and masters the machine where they have piled up. One planned move at
 * a time, and only in a cluster that has been whole for a while: nothing here is worth a risk. Each move makes the sum of what
 * replicas share with their masters, or of the squared numbers of masters on a machine, smaller, so that it comes to an end.
 */
final class Spread implements Step {

    /** How long all must have been well before anything moves, in ms. */
    static final long CALM_MS = 10_000;

    @Override
    public String name() {
        return "spread";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary() || !picture.unheard.isEmpty() || !waits.isEmpty() || picture.reports.values().stream().anyMatch(Report::leaving)
            || picture.pending().isPresent() || isOnePlace(picture)) {
            return Optional.empty();
        }
        Optional<Work> move = apart(picture).or(() -> even(picture));
        move.ifPresent(work -> waits.add(new Wait("spread", work.reason())));
        return move.filter(work -> picture.observation.waitedMs("spread") >= CALM_MS);
    }

    private static boolean isOnePlace(Picture picture) {
        Host first = picture.nodes.get(picture.nodes.firstKey());
        return picture.nodes.values().stream().allMatch(h -> machine(h).equals(machine(first))
            && h.report().pod().zone().equals(first.report().pod().zone()));
    }

    /** A replica goes to a master with which it shares less. Where that leaves its own master alone, another one comes in exchange. */
    private static Optional<Work> apart(Picture picture) {
        List<Host> masters = picture.liveOwners();
        for (Host master : masters) {
            for (Host replica : picture.replicasOf(master.id())) {
                int shared = Attach.closeness(replica, master);
                Optional<Host> better = shared == 0 ? Optional.empty() : masters.stream().filter(other -> other != master)
                    .filter(other -> shared - Attach.closeness(replica, other) + exchange(master, other, picture) > 0)
                    .max(Comparator.<Host>comparingInt(other -> exchange(master, other, picture) - Attach.closeness(replica, other))
                        .thenComparing(Host::id, Comparator.reverseOrder()));
                if (better.isPresent()) {
                    return Optional.of(new Work(new Action.Replicate(replica.address(), replica.id(), better.get().id()),
                        replica + " shares the machine or zone of its master " + master + ": it moves to " + better.get()));
                }
            }
        }
        return Optional.empty();
    }

    /** What is won by the move of a replica the other way, {@link Attach} will make it; none is needed where one is over. */
    private static int exchange(Host master, Host other, Picture picture) {
        if (picture.replicasOf(master.id()).size() > picture.replicasOf(other.id()).size()) {
            return 0;
        }
        return picture.replicasOf(other.id()).stream()
            .mapToInt(r -> Attach.closeness(r, other) - Attach.closeness(r, master)).max().orElse(Integer.MIN_VALUE / 2);
    }

    /** A master hands over to a replica whose machine has at least two masters less. */
    private static Optional<Work> even(Picture picture) {
        SortedMap<String, Integer> masters = new TreeMap<>();
        picture.liveOwners().forEach(m -> masters.merge(machine(m), 1, Integer::sum));
        Work best = null;
        int most = 1;
        for (Host master : picture.liveOwners()) {
            for (Host replica : picture.replicasOf(master.id())) {
                int gain = masters.get(machine(master)) - masters.getOrDefault(machine(replica), 0);
                if (gain > most && !machine(replica).isEmpty() && !machine(master).isEmpty()) {
                    most = gain;
                    best = new Work(new Action.Promote(replica.address(), replica.id(), master.id(), Promotion.HANDOVER),
                        masters.get(machine(master)) + " masters are on the machine " + machine(master) + ": " + master + " hands over to "
                            + replica + " on " + machine(replica));
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private static String machine(Host host) {
        return host.report().pod().kubernetesNode();
    }
}
