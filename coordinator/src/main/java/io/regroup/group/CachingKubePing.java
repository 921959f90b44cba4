package io.regroup.group;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jgroups.Address;
import org.jgroups.Event;
import org.jgroups.annotations.MBean;
import org.jgroups.annotations.ManagedAttribute;
import org.jgroups.conf.AttributeType;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.PingData;
import org.jgroups.protocols.kubernetes.KUBE_PING;
import org.jgroups.protocols.kubernetes.Pod;
import org.jgroups.util.Responses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * KUBE_PING that remembers the list of pods and asks for it only when {@link ListingSchedule} says so, and that nothing
 * waits for once the member has joined.
 *
 * <p>MERGE3 looks for lost members on the one timer thread that failure detection uses too; a request to an API server that
 * does not answer would hold up both. So discovery runs on a thread of its own after the join. Before it, discovery must run
 * in the joining thread: otherwise the join would not wait for the list, and pods that start together would each start a group.
 */
@MBean(description = "Discovery by the API server's list of pods, which is remembered")
public final class CachingKubePing extends KUBE_PING {

    private static final Logger LOG = LoggerFactory.getLogger(CachingKubePing.class);
    private static final short ID = 2117;

    static {
        ClassConfigurator.addProtocol(ID, CachingKubePing.class);
    }

    /** How long after its first request a join begins another one, in milliseconds: it would wait for that one too. */
    private static final long JOIN_ASKS_WITHIN = 3_000;

    private final ListingSchedule schedule = new ListingSchedule();
    private final AtomicBoolean asking = new AtomicBoolean();
    private final Silence silence = new Silence();
    private volatile PodLister lister;
    private volatile PodsFile memory;
    private volatile List<Pod> pods = List.of();
    private volatile Instant listed;
    private volatile String problem;
    private volatile long joinAskedAt;

    @ManagedAttribute(description = "Lists of pods asked of the API server, failed ones included", type = AttributeType.SCALAR)
    private final LongAdder listings = new LongAdder();

    /** Who is asked. Must be called before {@code init}. @throws GroupException if the API server cannot be trusted */
    void from(Discovery.Kubernetes kubernetes) throws GroupException {
        lister = new PodLister(kubernetes, connectTimeout, readTimeout);
        memory = new PodsFile(kubernetes.memory());
        pods = memory.recall();
    }

    @Override
    public Object down(Event event) {
        switch (event.getType()) {
            case Event.VIEW_CHANGE -> {
                org.jgroups.View view = event.getArg();
                synchronized (schedule) {
                    schedule.viewChanged();
                }
                if (view.size() > 1)
                    silence.broken();
            }
            case Event.BECOME_SERVER -> asyncDiscovery(true);
            case Event.DISCONNECT -> asyncDiscovery(false);
            default -> { }
        }
        return super.down(event);
    }

    @Override
    public void findMembers(List<Address> members, boolean initialDiscovery, Responses responses) {
        super.findMembers(members, initialDiscovery, responses);
        if (is_server && viewSize() == 1)
            silence.look(now(), otherIps(), tp_bind_port);
    }

    @Override
    public void handleDiscoveryResponse(List<PingData> data, Address sender) {
        super.handleDiscoveryResponse(data, sender);
        if (!sender.equals(local_addr))
            silence.broken();
    }

    /** The pods as last listed, after a new request if one is due. While one thread asks the others get what is known. */
    @Override
    protected List<Pod> readAll() {
        long now = now();
        boolean due;
        synchronized (schedule) {
            due = schedule.due(now, viewSize(), leadsView());
        }
        if (!is_server) {
            if (listings.sum() == 0)
                joinAskedAt = now;
            due &= now - joinAskedAt <= JOIN_ASKS_WITHIN;
        }
        if (due && asking.compareAndSet(false, true)) {
            try {
                ask();
            } finally {
                asking.set(false);
            }
        }
        return pods;
    }

    private void ask() {
        listings.increment();
        try {
            PodLister.Listing found = lister.list();
            boolean changed = !found.pods().equals(pods);
            pods = found.pods();
            if (changed || listed == null)
                memory.remember(pods);
            listed = Instant.now();
            synchronized (schedule) {
                schedule.listed(now(), found.size(), changed);
            }
            if (problem != null)
                LOG.info("the pods can be listed again: {} of them", found.size());
            problem = null;
        } catch (ListingFailed e) {
            synchronized (schedule) {
                schedule.failed(now());
            }
            // A failing API server is one piece of news, not one on every attempt.
            if (!e.getMessage().equals(problem))
                LOG.warn("{}; {}", e.getMessage(), pods.isEmpty() ? "other members cannot be found until it works"
                    : "going on with the " + pods.size() + " pods known from before");
            problem = e.getMessage();
        }
    }

    private List<String> otherIps() {
        Object own = down(new Event(Event.GET_PHYSICAL_ADDRESS, local_addr));
        String ownIp = own instanceof org.jgroups.stack.IpAddress ip ? ip.getIpAddress().getHostAddress() : "";
        return pods.stream().map(Pod::getIp).filter(ip -> !ip.equals(ownIp)).toList();
    }

    private int viewSize() {
        org.jgroups.View current = view;
        return current == null ? 0 : current.size();
    }

    private boolean leadsView() {
        org.jgroups.View current = view;
        return current != null && local_addr.equals(current.getCoord());
    }

    private static long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @ManagedAttribute(description = "Pods known from the last list", type = AttributeType.SCALAR)
    public int getKnownPods() {
        return pods.size();
    }

    DiscoveryStatus status() {
        return new DiscoveryStatus(listings.sum(), Optional.ofNullable(listed), pods.size(), Optional.ofNullable(problem), silence.reason());
    }
}
