package io.regroup.member;

import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.ServerFacts;
import java.util.List;
import java.util.Optional;

/**
 * Whether Redis itself may elect this server. It would elect a replica for a master of which it has nothing: {@code clusterHandleSlaveFailover} asks how
 * long its link has been down, be that the link to the master before, and ranks it by an offset of that one's history. Sent to another master, that replica
 * would take its slots with the wrong data, while the master is just coming back with all of them. So would one that its master has gone on without, for up to
 * 20 s ({@code cluster-replica-validity-factor}); and one that was cut off from the other masters as well, as soon as it hears them again. Those the leader
 * promotes, where there is no more of their data. Pure.
 */
public final class ElectionRule {

    /** In ms: less than it takes to call a master failed. */
    private static final long HEARD_MS = 2000;

    private ElectionRule() {
    }

    /** What is to be said to the server: whether it may be elected. Nothing where it goes by that already. */
    public static Optional<Boolean> toBeSaid(Answering state) {
        boolean mayNot = state.table().myself().is(NodeFlag.NOFAILOVER);
        boolean may = state.table().myself().isMaster() || state.facts().synced() && !isBehind(state, mayNot) && !isCutOff(state, mayNot) && !isHeardOf(state);
        return may == mayNot ? Optional.of(may) : Optional.empty();
    }

    /** Counted in whole seconds it goes up and down by one, also where its master is gone: who was behind once is so until it is linked again. */
    private static boolean isBehind(Answering state, boolean was) {
        return was ? state.facts().behindMs() > HEARD_MS : state.facts().isBehind();
    }

    /**
     * It has had nothing from its master for a while, and does not hear a majority of the masters: those may go on without it, its own among them. Once it hears
     * them again nothing tells any more that it was so, but what it was told then: that is good until it has a link again.
     */
    private static boolean isCutOff(Answering state, boolean was) {
        if (state.facts().linkUp() || state.facts().quietMs() <= ServerFacts.IN_SYNC_MS) {
            return false;
        }
        List<ClusterNode> masters = state.table().others().values().stream().filter(line -> line.isMaster() && !line.slots().isEmpty()).toList();
        long heard = masters.stream().filter(line -> line.linkUp() && !line.is(NodeFlag.PFAIL) && !line.is(NodeFlag.FAIL)).count();
        return was || 2 * heard <= masters.size();
    }

    /**
     * It calls its master failed, from behind a cut that has ended, and has just had something from it, also on the bus: else that alone is cut, and its master
     * takes no writes. Where it was elected itself shortly before, it still has
     * the votes of then, and would be master again at once ({@code clusterHandleSlaveFailover}).
     */
    private static boolean isHeardOf(Answering state) {
        return state.facts().linkUp() && state.facts().quietMs() < HEARD_MS && state.facts().unheardMs() < HEARD_MS
            && state.table().myself().master().flatMap(state.table()::line)
            .filter(master -> master.is(NodeFlag.FAIL)).isPresent();
    }
}
