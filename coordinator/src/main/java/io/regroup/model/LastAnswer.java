package io.regroup.model;

/**
 * What the leader remembers of a master, also when that is gone.
 *
 * @param at   when its member told last that it answers, in ms of the leader's clock
 * @param keys how many keys it had
 */
public record LastAnswer(long at, long keys) {
}
