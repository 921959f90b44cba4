package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.NodeId;
import io.regroup.model.Observation;
import io.regroup.model.View;
import io.regroup.plan.Decision.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Observation in, decision out: no clock, no random, no logger, no I/O. The steps are asked in the order that DESIGN.md
 * gives with its reasons; the first that has work answers, what the others wait for is noted beside it.
 */
public final class Planner {

    private static final List<Step> STEPS = List.of(new Heal(), new Promote(), new Bootstrap(), new RepairSlots(),
        new Forget(), new Permit(), new Release(), new Attach(), new RepairEpochs(), new Tell(), new Rebalance(), new Spread());

    private Planner() {
    }

    public static Outlook look(Observation observation) {
        Picture picture = new Picture(observation);
        Quorum.Verdict quorum = picture.quorum();
        return new Outlook(decide(picture, quorum), picture.pending(), quorum.primary(), quorum.reason(),
            picture.lastPrimary, Quorum.next(picture), Quorum.newcomers(picture), unsure(picture), picture.missing(),
            Fate.orphans(picture), quorum.podsDecide() || Permit.podsDecide(picture), Promote.reading(picture),
            picture.shares().stream().mapToInt(share -> share.slots().size()).sum(),
            Worth.of(picture), MasterPlan.remark(picture), Standing.of(picture));
    }

    public static Decision decide(Observation observation) {
        Picture picture = new Picture(observation);
        return decide(picture, picture.quorum());
    }

    /** Whether something waits until no slots are on their way: they are to stop where they are. */
    public static boolean waitsForMoves(Decision decision) {
        return Promote.waitsForMoves(decision);
    }

    private static Decision decide(Picture picture, Quorum.Verdict quorum) {
        View view = picture.observation.view();
        if (!view.isLed()) {
            return new Decision("none", List.of(), "this member does not lead: "
                + view.members().stream().findFirst().orElse("nobody") + " does", List.of());
        }
        List<Wait> waits = new ArrayList<>();
        if (!quorum.primary()) {
            waits.add(new Wait("quorum", "this view is not primary: " + quorum.reason()));
        }
        Optional<Decision> first = Optional.empty();
        for (Step step : STEPS) {
            Optional<Step.Work> work = step.work(picture, waits);
            if (first.isEmpty() && work.isPresent()) {
                first = Optional.of(new Decision(step.name(), List.copyOf(work.get().actions()), work.get().reason(), List.of()));
            }
        }
        return first.map(d -> new Decision(d.step(), d.actions(), d.reason(), waits))
            .orElseGet(() -> new Decision("none", List.of(), waits.isEmpty() ? "nothing to do" : waits.getFirst().reason(), waits));
    }

    private static SortedSet<Address> unsure(Picture picture) {
        SortedSet<Address> addresses = new TreeSet<>();
        picture.known().forEach(id -> addresses.addAll(Fate.toBeTried(id, picture)));
        return addresses;
    }
}
