package io.regroup.plan;

import java.util.List;

/**
 * What is to be done now, and why: the reason is logged, served and asserted in tests.
 *
 * @param step    the step that answered; "none" when there is nothing to do
 * @param actions done together; empty when the decision is to wait or that all is well
 * @param reason  one sentence
 * @param waits   what is not whole yet and what it waits for
 */
public record Decision(String step, List<Action> actions, String reason, List<Wait> waits) {

    public Decision {
        actions = List.copyOf(actions);
        waits = List.copyOf(waits);
    }

    public boolean acts() {
        return !actions.isEmpty();
    }

    /**
     * Something that is not as it should be and cannot be mended yet.
     *
     * @param key    names the wait, so that its duration can be told
     * @param reason one sentence: what is waited for
     */
    public record Wait(String key, String reason) {
    }
}
