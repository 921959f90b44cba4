package io.regroup.model;

import java.util.Optional;

/**
 * What a member says of itself and of its own Redis.
 *
 * @param round       the last round that the leader asked this member for: the report is younger than that question
 * @param redis       where its Redis serves
 * @param group       where its coordinator listens to the group
 * @param stored      while Redis does not answer: the node whose table and data the volume keeps; absent: it is blank
 * @param leaving     the pod is terminating
 * @param masterProbe own Redis is a replica that lost its master: what the member finds at the master's port
 * @param primary     the last primary view that it remembers
 */
public record Report(Pod pod, long round, Address redis, Address group, RedisState state,
                     Optional<ClusterTable> stored, boolean leaving,
                     Optional<MasterProbe> masterProbe, Optional<Primary> primary) {

    public record MasterProbe(NodeId master, Address address, Probe probe) {
    }

    /** The same report; its table's roster is the given one if the two are equal. */
    public Report sharing(Roster known) {
        return state instanceof RedisState.Answering a && a.table().sharing(known) != a.table()
            ? new Report(pod, round, redis, group, new RedisState.Answering(a.table().sharing(known), a.facts()), stored, leaving, masterProbe, primary)
            : this;
    }

    public String member() {
        return pod.name();
    }
}
