package io.regroup.plan;

import io.regroup.plan.Decision.Wait;
import java.util.List;
import java.util.Optional;

/** One kind of repair. Pure: looks at the picture, says what to do first, or notes what it waits for. */
interface Step {

    /** What to do, and the sentence that says why. */
    record Work(List<? extends Action> actions, String reason) {
        Work(Action action, String reason) {
            this(List.of(action), reason);
        }
    }

    String name();

    /**
     * @param waits gets one entry for each thing that this step would do and cannot yet
     */
    Optional<Work> work(Picture picture, List<Wait> waits);
}
