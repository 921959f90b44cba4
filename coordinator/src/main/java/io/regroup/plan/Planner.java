package io.regroup.plan;

import io.regroup.model.Observation;
import io.regroup.model.Primary;
import io.regroup.plan.Decision.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Observation in, decision out: no clock, no random, no logger, no I/O. The steps are asked in the order that DESIGN.md
 * gives with its reasons; the first that has work answers, what the others wait for is noted beside it.
 */
public final class Planner {

    private static final List<Step> STEPS = List.of(new Heal(), new Promote(), new Bootstrap(), new RepairSlots(),
        new Forget(), new Permit(), new Release(), new Attach(), new Tell());

    private Planner() {
    }

    public static Decision decide(Observation observation) {
        if (!observation.view().isLed()) {
            return new Decision("none", List.of(), "this member does not lead: "
                + observation.view().members().stream().findFirst().orElse("nobody") + " does", List.of());
        }
        Picture picture = new Picture(observation);
        List<Wait> waits = new ArrayList<>();
        Optional<Decision> first = Optional.empty();
        for (Step step : STEPS) {
            Optional<Step.Work> work = step.work(picture, waits);
            if (first.isEmpty() && work.isPresent()) {
                first = Optional.of(new Decision(step.name(), List.copyOf(work.get().actions()), work.get().reason(), List.of()));
            }
        }
        Quorum.Verdict quorum = Quorum.of(picture);
        if (!quorum.primary()) {
            waits.add(new Wait("quorum", "this view is not primary: " + quorum.reason()));
        }
        return first.map(d -> new Decision(d.step(), d.actions(), d.reason(), waits))
            .orElseGet(() -> new Decision("none", List.of(), waits.isEmpty() ? "nothing to do" : waits.getFirst().reason(), waits));
    }

    /** The view that all members are to remember as the last primary one; absent while it is unchanged or not primary. */
    public static Optional<Primary> primary(Observation observation) {
        return Quorum.next(new Picture(observation));
    }

    /** Whether this view may act (S4), and the sentence that says why. */
    public static Decision.Wait quorum(Observation observation) {
        Quorum.Verdict verdict = Quorum.of(new Picture(observation));
        return new Wait(verdict.primary() ? "primary" : "not primary", verdict.reason());
    }

    /** Empty when the cluster is whole; else why not. The one oracle of readiness, metrics and tests. */
    public static Optional<String> pending(Observation observation) {
        return Whole.pending(new Picture(observation));
    }
}
