package io.regroup.move;

/**
 * How far a move has come.
 *
 * @param slots that are the target's now, and all know it
 * @param keys and bytes that MIGRATE carried: bytes of the source's memory (MEMORY USAGE)
 */
public record Progress(int slots, int allSlots, long keys, long bytes) {

    Progress slots(int more) {
        return new Progress(slots + more, allSlots, keys, bytes);
    }

    Progress carried(long moreKeys, long moreBytes) {
        return new Progress(slots, allSlots, keys + moreKeys, bytes + moreBytes);
    }

    public Progress plus(Progress other) {
        return new Progress(slots + other.slots, allSlots + other.allSlots, keys + other.keys, bytes + other.bytes);
    }

    @Override
    public String toString() {
        return slots + "/" + allSlots + " slots, " + keys + " keys, " + bytes + " bytes";
    }
}
