package io.regroup.faults;

import io.regroup.local.Places;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** Where in the network the pods of one cluster are; a pod that is replaced may come up somewhere else. */
final class Seats implements Places {

    private final VirtualNetwork network;
    private final String deployment;
    private final Map<String, String> environment;
    private final SortedMap<Integer, Integer> places = new ConcurrentSkipListMap<>();

    /** @param first pod 1 is there, the others follow */
    Seats(VirtualNetwork network, String deployment, int pods, int first, Map<String, String> environment) {
        this.network = network;
        this.deployment = deployment;
        this.environment = Map.copyOf(environment);
        for (int pod = 1; pod <= pods; pod++) {
            places.put(pod, first + pod - 1);
        }
    }

    int place(int pod) {
        return places.get(pod);
    }

    /** Whoever replaces this pod comes up there. */
    void move(int pod, int place) {
        places.put(pod, place);
    }

    @Override
    public String host(int pod) {
        return network.host(place(pod));
    }

    @Override
    public List<String> enter(int pod) {
        return network.enter(place(pod));
    }

    @Override
    public int ports(int pod) {
        return network.ports(pod);
    }

    @Override
    public String deployment() {
        return deployment;
    }

    @Override
    public Map<String, String> environment() {
        return environment;
    }
}
