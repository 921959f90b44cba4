package io.regroup.model;

/**
 * Slots that a server moves by itself, with all their keys at once.
 *
 * @param by    how it can; {@link MoveBy#MIGRATE} if it cannot
 * @param slots that it gives or takes so now. In the table they are open ones ({@code migrating}, {@code importing}), although CLUSTER NODES
 *              shows nothing of them
 */
public record Atomic(MoveBy by, SlotSet slots) {

    public static final Atomic NONE = new Atomic(MoveBy.MIGRATE, SlotSet.NONE);
}
