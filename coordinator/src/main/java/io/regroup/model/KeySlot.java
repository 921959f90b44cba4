package io.regroup.model;

import java.nio.charset.StandardCharsets;

/** Which slot a key, or the channel of a sharded message, belongs to. */
public final class KeySlot {

    private static final int POLYNOMIAL = 0x1021;

    private KeySlot() {
    }

    /**
     * CRC16 (XMODEM) modulo 16384: {@code keyHashSlot}, for keys without a hash tag.
     *
     * @throws IllegalArgumentException when it has a brace: that might be one
     */
    public static int of(String key) {
        if (key.indexOf('{') >= 0) {
            throw new IllegalArgumentException("it may have a hash tag: " + key);
        }
        int crc = 0;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            crc ^= (b & 0xff) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) == 0 ? crc << 1 : crc << 1 ^ POLYNOMIAL;
            }
        }
        return (crc & 0xffff) % SlotSet.COUNT;
    }
}
