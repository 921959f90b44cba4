package io.regroup.sim;

import io.regroup.model.View;
import io.regroup.sim.Network.Plane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The group of coordinators as JGroups behaves: a view for those who reach each other, a new one when somebody is gone (noticed
 * after a while), one for both when two halves find each other again. Both halves number their views on.
 */
final class SimGroup {

    /** A view as its members share it. Two with the same number are two views all the same. */
    private static final class Shared {
        final long id;
        final List<String> members;

        Shared(long id, List<String> members) {
            this.id = id;
            this.members = List.copyOf(members);
        }
    }

    private final World world;
    private final SortedMap<String, SimMember> members = new TreeMap<>();
    private final SortedMap<String, Shared> views = new TreeMap<>();
    private final Map<String, Long> lastArrival = new HashMap<>();

    SimGroup(World world) {
        this.world = world;
        mergeLater();
    }

    // ---- membership

    void join(SimMember member) {
        members.put(member.name, member);
        views.remove(member.name);
        world.after(world.chance.between(30, 400), () -> seekView(member));
    }

    /** Joins the view of any member that it reaches; alone when there is none. */
    private void seekView(SimMember member) {
        if (members.get(member.name) != member) {
            return;
        }
        Optional<Shared> found = members.values().stream()
            .filter(m -> m != member && views.containsKey(m.name) && reach(m, member))
            .map(m -> views.get(m.name)).filter(v -> world.kube.up).findFirst();
        List<String> order = new ArrayList<>();
        found.ifPresent(v -> v.members.stream().filter(m -> !m.equals(member.name) && views.get(m) == v).forEach(order::add));
        order.add(member.name);
        install(order, found.map(v -> v.id).orElse(0L) + 1);
    }

    /** It is gone. The others notice when their failure detection does. */
    void lose(SimMember member, boolean gracefully) {
        if (members.get(member.name) == member) {
            members.remove(member.name);
            views.remove(member.name);
            lookAfter(gracefully ? world.chance.between(10, 40) : world.chance.between(150, 450));
        }
    }

    void onNetwork() {
        lookAfter(world.chance.between(500, 1200));
    }

    private void lookAfter(long ms) {
        world.after(ms, this::splitWhatIsParted);
    }

    private boolean reach(SimMember one, SimMember other) {
        return world.net.reach(Plane.GROUP, one.pod.ip, other.pod.ip);
    }

    private void splitWhatIsParted() {
        for (Shared shared : new LinkedHashSet<>(views.values())) {
            List<String> left = new ArrayList<>(shared.members.stream().filter(m -> views.get(m) == shared).toList());
            boolean first = left.size() == shared.members.size();
            while (!left.isEmpty()) {
                SimMember head = members.get(left.getFirst());
                List<String> part = left.stream().filter(m -> reach(head, members.get(m))).toList();
                left.removeAll(part);
                if (first && left.isEmpty()) {
                    break;
                }
                first = false;
                install(part, shared.id + 1);
            }
        }
    }

    private void mergeLater() {
        world.after(world.chance.between(500, 3000), () -> {
            merge();
            mergeLater();
        });
    }

    /** MERGE3: two views whose members reach each other become one, led by the larger one's first. */
    private void merge() {
        Set<Shared> all = new LinkedHashSet<>(views.values());
        for (Shared one : all) {
            for (Shared other : all) {
                if (one != other && allReach(one, other)) {
                    Shared large = one.members.size() >= other.members.size() ? one : other;
                    Shared small = large == one ? other : one;
                    List<String> order = new ArrayList<>(present(large));
                    order.addAll(present(small));
                    install(order, Math.max(one.id, other.id) + 1);
                    return;
                }
            }
        }
    }

    private List<String> present(Shared shared) {
        return shared.members.stream().filter(m -> views.get(m) == shared).toList();
    }

    private boolean allReach(Shared one, Shared other) {
        return present(one).stream().allMatch(a -> present(other).stream().allMatch(b -> reach(members.get(a), members.get(b))));
    }

    private void install(List<String> order, long id) {
        Shared shared = new Shared(id, order);
        world.trace(() -> "group: view " + id + " " + order);
        for (String name : order) {
            SimMember member = members.get(name);
            views.put(name, shared);
            deliver("view " + name, world.chance.between(0, 20), () -> {
                if (members.get(name) == member) {
                    member.onView(new View(id, order.getFirst(), order, name));
                }
            });
        }
    }

    // ---- messages

    /** Arrives at a member of the sender's view that it reaches, in the order of sending; else it is dropped. */
    void send(SimMember from, String to, java.util.function.Consumer<SimMember> message) {
        deliver("message " + from.name + " " + to, world.net.delay(), () -> {
            SimMember receiver = members.get(to);
            if (receiver != null && (receiver == from || reach(from, receiver))) {
                message.accept(receiver);
            }
        });
    }

    private void deliver(String channel, long delay, Runnable arrival) {
        long at = Math.max(world.now() + delay, lastArrival.getOrDefault(channel, 0L));
        lastArrival.put(channel, at);
        world.after(at - world.now(), arrival);
    }
}
