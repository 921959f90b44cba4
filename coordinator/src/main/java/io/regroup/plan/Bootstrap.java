package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.Report;
import io.regroup.model.SlotSet;
import io.regroup.plan.Action.Founder;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Founds the cluster, once (S5): every node that is asked for is here, answers, and belongs to nobody; no member knows of
 * a cluster. A bootstrap that was cut off leaves nodes that own slots or know peers, so it is never begun anew over it:
 * {@link RepairSlots} and {@link Attach} complete it from what they find.
 */
final class Bootstrap implements Step {

    private static final long RENEW_MS = Action.Prepare.PAUSE_MS / 3;

    @Override
    public String name() {
        return "bootstrap";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (picture.clusterIsKnown()) {
            return picture.isPrimary() ? Optional.empty() : prepare(new TreeSet<>(), picture);
        }
        Optional<String> obstacle = obstacle(picture);
        if (obstacle.isPresent()) {
            waits.add(new Wait("bootstrap", "no cluster yet: " + obstacle.get()));
            return prepare(majorityOfAskedIsHere(picture) ? bare(picture) : new TreeSet<>(), picture);
        }
        if (picture.observation.sentWithin("bootstrap", 1000)) {
            return Optional.empty();
        }
        Asked asked = picture.observation.asked().orElseThrow();
        List<Founder> founders = founders(picture, asked.masters());
        return Optional.of(new Work(new Action.Bootstrap(founders), "all " + asked.nodes()
            + " nodes asked for are here and blank: " + asked.masters() + " of them become masters"));
    }

    private static Optional<String> obstacle(Picture picture) {
        Optional<Asked> asked = picture.observation.asked();
        if (asked.isPresent() && asked.get().nodes() < Asked.LEAST_MASTERS) {
            return Optional.of(asked.get().nodes() + " nodes are asked for, and a Redis Cluster needs at least "
                + Asked.LEAST_MASTERS + " masters: ask for " + Asked.LEAST_MASTERS * (1 + asked.get().replicas()) + " or more");
        }
        Quorum.Verdict quorum = picture.quorum();
        if (!quorum.primary()) {
            return Optional.of(quorum.reason());
        }
        int here = picture.observation.view().members().size();
        if (asked.isEmpty() || here < asked.get().nodes()) {
            return Optional.of(here + " of the " + asked.map(a -> Integer.toString(a.nodes())).orElse("unknown number of")
                + " nodes asked for are here");
        }
        if (!picture.unheard.isEmpty()) {
            return Optional.of("these have not reported yet: " + String.join(", ", picture.unheard));
        }
        String silent = picture.reports.values().stream()
            .filter(r -> picture.blanks.values().stream().noneMatch(b -> b.member().equals(r.member())))
            .map(r -> r.member() + " (" + r.state().getClass().getSimpleName() + ")")
            .collect(Collectors.joining(", "));
        return silent.isEmpty() ? Optional.empty() : Optional.of("Redis does not answer yet on " + silent);
    }

    private static SortedSet<Address> bare(Picture picture) {
        return addresses(picture.blanks.values().stream()
            .filter(h -> h.table().myself().slots().isEmpty() && !picture.observation.sentWithin(Action.Prepare.key(h.address()), 1000)));
    }

    /** Those that have the placeholder are told again before the last word runs out, and as soon as their process is another one. */
    private static Optional<Work> prepare(SortedSet<Address> bare, Picture picture) {
        SortedSet<Address> holding = addresses(picture.blanks.values().stream().filter(h -> !h.table().myself().slots().isEmpty()
            && !picture.observation.sentWithin(Action.Prepare.key(h.address()), Math.min(RENEW_MS, (h.state().facts().uptimeSeconds() + 1) * 1000))));
        return bare.isEmpty() && holding.isEmpty() ? Optional.empty() : Optional.of(new Work(new Action.Prepare(bare, holding), bare.isEmpty()
            ? "blank nodes keep writers waiting on until they belong to a cluster"
            : "blank nodes take a placeholder slot, so that they need not wait later, and keep writers waiting"));
    }

    private static SortedSet<Address> addresses(Stream<Host> hosts) {
        return hosts.map(Host::address).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * No other cluster of this Deployment can live with a majority of its own when more than half of all that are asked
     * for are here and know of none.
     */
    static boolean majorityOfAskedIsHere(Picture picture) {
        return picture.observation.asked()
            .filter(a -> Quorum.isMajority(picture.observation.view().members().size(), a.nodes())).isPresent();
    }

    /**
     * Masters first, spread over Kubernetes nodes; where there is a choice those that say ok already (by their placeholder),
     * then those whose process is oldest: a master stays in fail for 2 s after its process started
     * ({@code CLUSTER_WRITABLE_DELAY}), a replica does not.
     */
    static List<Founder> founders(Picture picture, int masters) {
        List<Host> rest = new ArrayList<>(picture.blanks.values());
        rest.sort(Comparator.<Host>comparingInt(h -> h.state().facts().stateOk() ? 0 : 1)
            .thenComparingLong(h -> -h.state().facts().uptimeSeconds()).thenComparing(Host::member));
        SortedMap<String, Integer> mastersOn = new TreeMap<>();
        List<Host> order = new ArrayList<>();
        for (int i = 0; i < masters; i++) {
            Host next = rest.stream().min(Comparator.comparingInt(h -> mastersOn.getOrDefault(machine(h.report()), 0)))
                .orElseThrow();
            mastersOn.merge(machine(next.report()), 1, Integer::sum);
            rest.remove(next);
            order.add(next);
        }
        List<SlotSet> slots = SlotSet.ALL.split(masters);
        order.addAll(rest);
        List<Founder> founders = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            founders.add(new Founder(order.get(i).address(), i + 1, i < masters ? slots.get(i) : SlotSet.NONE));
        }
        return founders;
    }

    private static String machine(Report report) {
        return report.pod().kubernetesNode();
    }
}
