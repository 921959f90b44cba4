package io.regroup.sim;

import io.regroup.lead.Effect;
import io.regroup.member.ElectionRule;
import io.regroup.member.FollowAgain;
import io.regroup.model.Asked;
import io.regroup.model.End;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.plan.Command;
import java.util.List;
import java.util.Optional;

/** Where a planted bug gets in: it changes what a leader hears or does. This one changes nothing. */
class Tamper {

    /** A container waits at the gate. */
    void onGate(Pod pod) {
    }

    Report hear(SimMember leader, Report report) {
        return report;
    }

    /** The leader is about to look. */
    void beforeLook(SimMember leader) {
    }

    /** Whether time has passed that the monotonic clock does not show. */
    boolean leapt(boolean seen) {
        return seen;
    }

    Asked asked(SimMember leader, Asked asked) {
        return asked;
    }

    End proof(End end) {
        return end;
    }

    Effect.CarryOut change(SimMember leader, Effect.CarryOut carryOut) {
        return carryOut;
    }

    /** What a member says to its own server: whether Redis itself may elect it. */
    Optional<Boolean> toBeSaid(Answering state) {
        return ElectionRule.toBeSaid(state);
    }

    /** What a member says to a server that copies another and is a master by its table. */
    List<Command> toBeSaid(FollowAgain rule, Answering state, long life) {
        return rule.toBeSaid(state, life);
    }

    List<String> words(List<String> words) {
        return words;
    }
}
