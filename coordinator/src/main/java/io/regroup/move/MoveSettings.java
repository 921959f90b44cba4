package io.regroup.move;

/**
 * How much of a move is done at a time.
 *
 * @param batchKeys at most so many keys in one MIGRATE: its source serves nobody meanwhile, 16 to 26 us a small key
 * @param batchBytes about so many bytes in one MIGRATE; a key that is larger goes alone
 * @param chunkSlots at most so many slots stand open at a time
 * @param chunkKeys and with about so many keys; a slot with more stands open alone
 */
public record MoveSettings(int batchKeys, long batchBytes, int chunkSlots, int chunkKeys) {

    public static final MoveSettings DEFAULT = new MoveSettings(100, 1_000_000, 512, 5_000);

    public MoveSettings withBatchKeys(int keys) {
        return new MoveSettings(keys, batchBytes, chunkSlots, chunkKeys);
    }

    public MoveSettings {
        if (batchKeys < 1 || batchBytes < 1 || chunkSlots < 1 || chunkKeys < 1) {
            throw new IllegalArgumentException("nothing can be moved so: " + batchKeys + " keys and " + batchBytes + " bytes a batch, "
                + chunkSlots + " slots and " + chunkKeys + " keys a chunk");
        }
    }
}
