package io.regroup.redis;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** What servers tell each other on the cluster bus, as bytes: {@code clusterMsg} of {@code cluster.h}. */
final class BusPacket {

    /** The bus is at the port of clients and that much. */
    static final int PORT_OFFSET = 10_000;
    /** Signature, length, version, port; then the type. */
    private static final int HEAD = 8;
    private static final int LENGTH_AT = 4;
    private static final int TYPE_AT = 12;
    private static final short PING = 0;

    private BusPacket() {
    }

    /** The next one, whole. */
    static byte[] read(InputStream from) throws IOException {
        DataInputStream in = new DataInputStream(from);
        byte[] head = in.readNBytes(HEAD);
        byte[] packet = Arrays.copyOf(head, ByteBuffer.wrap(head).getInt(LENGTH_AT));
        in.readFully(packet, HEAD, packet.length - HEAD);
        return packet;
    }

    /** The same as a ping. */
    static byte[] asPing(byte[] packet) {
        byte[] ping = packet.clone();
        ByteBuffer.wrap(ping).putShort(TYPE_AT, PING);
        return ping;
    }
}
