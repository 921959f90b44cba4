package io.regroup.model;

/**
 * Proof that a member's Redis has ended (DESIGN.md, S2).
 *
 * @param words   the sentence that says why
 * @param forGood the pod is gone, and its coordinator with it: it neither serves nor counts in a group ever again. Else its
 *                processes may be started again, and the proof holds only for the moment
 */
public record End(String words, boolean forGood) {
}
