package io.regroup.redis;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.regroup.plan.Reply;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Takes any single reply (a status, a text, a number) as text, and a list as a list of such. */
final class TextOutput extends CommandOutput<String, String, String> {

    /** A char for each byte. */
    static final StringCodec BYTES = new StringCodec(StandardCharsets.ISO_8859_1);

    private List<String> items;

    TextOutput() {
        super(BYTES, null);
    }

    @Override
    public void multi(int count) {
        if (items == null) {
            items = new ArrayList<>(Math.max(0, count));
        }
    }

    @Override
    public void set(ByteBuffer bytes) {
        put(bytes == null ? "" : BYTES.decodeValue(bytes));
    }

    @Override
    public void set(long integer) {
        put(Long.toString(integer));
    }

    private void put(String text) {
        if (items == null) {
            output = text;
        } else {
            items.add(text);
        }
    }

    /** What was said, when all of it has come. */
    Reply reply() {
        if (hasError()) {
            return new Reply.Refusal(getError());
        }
        return new Reply.Answer(output == null ? "" : output, items == null ? List.of() : items);
    }
}
