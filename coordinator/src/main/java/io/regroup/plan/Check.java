package io.regroup.plan;

import io.regroup.model.NodeId;

/**
 * A question to a node, and what an item of its answer has to begin with.
 *
 * @param what what holds then, in words
 */
public record Check(Command question, String begins, String what) {

    /** By its own table it is a replica of that master. */
    static Check follows(NodeId replica, NodeId master) {
        return new Check(Command.of("CLUSTER", "REPLICAS", master.value()), replica.value(), replica.brief() + " follows " + master.brief());
    }

    public boolean holds(Reply reply) {
        return reply instanceof Reply.Answer answer && answer.items().stream().anyMatch(item -> item.startsWith(begins));
    }
}
