package io.regroup.member;

import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.RedisState;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.SlotSet;

/**
 * Whether a pod serves. It becomes ready when its Redis is a synced part of a cluster whose every slot is served, and then
 * stays ready for as long as its Redis answers as a part of it: what happens to other pods takes no endpoint away.
 *
 * @param reason one sentence, also when it is ready
 */
public record Readiness(boolean ready, String reason) {

    public static Readiness of(RedisState state, boolean wasReady) {
        if (!(state instanceof Answering answering)) {
            return new Readiness(false, switch (state) {
                case RedisState.AtGate g -> "Redis waits at the start gate";
                case RedisState.Ended e -> "Redis has ended";
                case RedisState.Starting s -> "Redis starts";
                case RedisState.Loading l -> "Redis reads its data";
                case RedisState.Silent s -> "Redis does not answer: " + s.problem();
                case RedisState.Unparsed u -> "Redis' answer is not understood: " + u.problem();
                case Answering a -> throw new IllegalStateException("answering");
            });
        }
        ClusterTable table = answering.table();
        ClusterNode myself = table.myself();
        if (table.others().isEmpty()) {
            return new Readiness(false, "Redis is not part of a cluster yet");
        }
        if (myself.isMaster() && myself.slots().isEmpty()) {
            return new Readiness(false, "Redis is part of the cluster and has no role in it yet");
        }
        if (wasReady) {
            return new Readiness(true, "Redis serves");
        }
        if (myself.isReplica() && !answering.facts().linkUp()) {
            return new Readiness(false, "Redis is not in sync with its master yet");
        }
        if (!answering.facts().stateOk()) {
            return new Readiness(false, "Redis says cluster_state:fail");
        }
        SlotSet served = myself.slots();
        for (ClusterNode other : table.others().values()) {
            if (other.isMaster() && !other.is(NodeFlag.FAIL)) {
                served = served.plus(other.slots());
            }
        }
        int unserved = SlotSet.COUNT - served.size();
        return unserved > 0 ? new Readiness(false, unserved + " slots are served by nobody") : new Readiness(true, "Redis serves");
    }
}
