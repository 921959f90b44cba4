package io.regroup.model;

/**
 * What becomes of slots of which no copy is left.
 *
 * @param reassign {@code SHARD_LOSS}: whether they are given to a live master, without their keys
 * @param graceMs  {@code SHARD_LOSS_GRACE}: how long they wait before that, for a node that may return with its data
 */
public record ShardLoss(boolean reassign, long graceMs) {

    /** Memory-backed pods do not return with their data. */
    public static final int PRESET_GRACE_S = 10;

    public static final ShardLoss PRESET = new ShardLoss(true, PRESET_GRACE_S * 1000L);
}
