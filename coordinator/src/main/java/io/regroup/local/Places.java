package io.regroup.local;

import java.util.List;
import java.util.Map;

/** Where pods run: all on one loopback, told apart by their ports, or each in a network of its own. */
public interface Places {

    /** All on this machine's loopback. */
    Places LOOPBACK = new Places() {
        @Override
        public String host(int pod) {
            return "127.0.0.1";
        }

        @Override
        public List<String> enter(int pod) {
            return List.of();
        }
    };

    /** The address that others reach this pod by. */
    String host(int pod);

    /** What comes before a command that is to run there. */
    List<String> enter(int pod);

    /** Whose ports this pod has, by pod number ({@link Ports}): on one address each pod needs its own, else all may have the same. */
    default int ports(int pod) {
        return pod;
    }

    /** What the pods' names begin with, as with their Deployment's name. */
    default String deployment() {
        return "redis";
    }

    /** What pods find in their environment there beside the rest, or instead of it. */
    default Map<String, String> environment() {
        return Map.of();
    }

    /** The name of the machine that the pod is told to be on; empty: nobody knows. */
    default String machine(int pod) {
        return "";
    }
}
