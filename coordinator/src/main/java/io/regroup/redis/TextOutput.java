package io.regroup.redis;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;

/** Takes any single reply (a status, a text, a number) as text. */
final class TextOutput extends CommandOutput<String, String, String> {

    TextOutput() {
        super(StringCodec.UTF8, null);
    }

    @Override
    public void set(ByteBuffer bytes) {
        output = decodeString(bytes);
    }

    @Override
    public void set(long integer) {
        output = Long.toString(integer);
    }
}
