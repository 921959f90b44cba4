package io.regroup.model;

/**
 * What is asked for.
 *
 * @param nodes    pods in all: the Deployment's {@code replicas}
 * @param replicas replicas per master
 * @param first    whether the Deployment is as it was created: nobody can have come before those that are asked for now
 */
public record Asked(int nodes, int replicas, boolean first) {

    /** Redis Cluster's least number of masters: fewer have no majority that outlives one of them. */
    public static final int LEAST_MASTERS = 3;

    /** As it was created. */
    public Asked(int nodes, int replicas) {
        this(nodes, replicas, true);
    }

    public Asked {
        if (nodes < 0 || replicas < 0) {
            throw new IllegalArgumentException("not to be asked for: " + nodes + " nodes, " + replicas + " replicas");
        }
    }

    /** Masters = nodes / (1 + replicas), at least 3; what remains over is extra replicas. */
    public int masters() {
        return Math.max(LEAST_MASTERS, nodes / (1 + replicas));
    }
}
