package io.regroup.kube;

import io.regroup.lead.Chronicle;
import io.regroup.lead.Witness;
import io.regroup.model.Address;
import io.regroup.model.End;
import io.regroup.model.Pod;
import io.regroup.model.Seat;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * The API server as the leader's witness. Made when this member first leads: only then is the Kubernetes client loaded.
 */
public final class KubeWitness implements Witness {

    private final ApiSettings settings;
    private final Identity identity;
    private final String self;
    private final String labels;
    private final OptionalInt nodes;
    private volatile Optional<Office> office = Optional.empty();

    private record Office(LeaderApi api, LightApi light, DeploymentWatch watch, PodEnds ends, LivingPods pods, GracePeriods grace, DeletionCosts costs, Events events) {
    }

    /**
     * @param labels {@code GROUP_LABELS}: which pods the members' are among
     * @param nodes  {@code REDIS_CLUSTER_COUNT}: what holds until the API server has told
     */
    public KubeWitness(ApiSettings settings, Identity identity, String self, String labels, OptionalInt nodes) {
        this.settings = settings;
        this.identity = identity;
        this.self = self;
        this.labels = labels;
        this.nodes = nodes;
    }

    @Override
    public OptionalInt assumed() {
        return nodes.isPresent() ? nodes : identity.replicas();
    }

    @Override
    public void open(Count asked) {
        LeaderApi api = new LeaderApi(settings);
        LightApi light = new LightApi(settings);
        DeploymentWatch watch = new DeploymentWatch(api, identity, seen -> {
            switch (seen) {
                case DeploymentSeen.Asked known -> asked.asked(known.replicas(), known.first());
                case DeploymentSeen.Ending ending -> asked.asked(0, false);
            }
        });
        office = Optional.of(new Office(api, light, watch, new PodEnds(api), new LivingPods(light, labels, identity),
            new GracePeriods(api, Clock.systemUTC()), new DeletionCosts(api), new Events(api, identity, self)));
        watch.start();
    }

    @Override
    public void close() {
        office.ifPresent(open -> {
            open.watch().close();
            open.events().close();
            open.api().close();
            open.light().abort();
        });
        office = Optional.empty();
    }

    /** Who has the address now proves nothing: a machine that restarts gives its pods new ones. */
    @Override
    public Optional<End> proofOfEnd(String member, Seat seat, Optional<String> tenant) {
        return office.flatMap(open -> switch (open.ends().ask(member, seat.podUid())) {
            case PodEnds.Answer.Ended ended -> Optional.of(new End(ended.reason(), false));
            case PodEnds.Answer.Gone gone -> Optional.of(new End(gone.reason(), true));
            case PodEnds.Answer.NotEnded living -> Optional.<End>empty();
            case PodEnds.Answer.Unknown unknown -> Optional.<End>empty();
        });
    }

    @Override
    public Optional<SortedMap<String, Long>> pods(SortedMap<Address, String> here) {
        return office.flatMap(open -> open.pods().ask());
    }

    @Override
    public boolean price(SortedMap<String, Integer> costs) {
        // Only a ReplicaSet asks for it; and where there is no controller to watch, the client is not loaded for this.
        return ControllerKind.of(identity).filter(kind -> kind != ControllerKind.STATEFUL_SET).isEmpty()
            || office.filter(open -> open.costs().set(costs)).isPresent();
    }

    @Override
    public OptionalLong graceMs(Pod pod) {
        return office.flatMap(open -> open.grace().left(pod.name(), pod.uid())).stream().mapToLong(Duration::toMillis).findFirst();
    }

    @Override
    public void tell(Chronicle.Entry entry) {
        Events.Kind kind = entry.warning() ? Events.Kind.WARNING : Events.Kind.NORMAL;
        office.filter(open -> ControllerKind.of(identity).isPresent()).ifPresent(open -> {
            open.events().onDeployment(kind, entry.reason(), entry.sentence());
            entry.pod().ifPresent(pod -> open.events().onPod(pod.name(), pod.uid(), kind, entry.reason(), entry.sentence()));
        });
    }
}
