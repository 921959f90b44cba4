package io.regroup.redis;

import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.protocol.RedisStateMachine;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** One connection to one server. Commands are sent as one pipeline; replies come in their order. */
final class Link extends ByteToMessageDecoder {

    private record Sent(TextOutput output, CompletableFuture<Reply> reply) {

        void answered() {
            reply.complete(output.reply());
        }

        void unanswered(String problem) {
            reply.complete(new Reply.Silence(problem));
        }
    }

    private record Word(String text) implements ProtocolKeyword {

        @Override
        public byte[] getBytes() {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }

    private final Channel channel;
    private final RedisStateMachine parser = new RedisStateMachine();
    private final CompletableFuture<Void> lost = new CompletableFuture<>();
    /** What has no answer yet, in the order of the answers. Of the channel's thread, and so is all that follows. */
    private final Queue<Sent> open = new ArrayDeque<>();
    private String end = "the connection is closed";

    Link(Channel channel) {
        this.channel = channel;
        parser.setProtocolVersion(ProtocolVersion.RESP2);
    }

    boolean isOpen() {
        return channel.isActive();
    }

    /** Called once, on the channel's thread, when the connection is lost or closed; at once if it is already. */
    void onLost(Runnable listener) {
        lost.thenRun(listener);
    }

    /** Sends all at once. A reply that cannot come any more is a {@link Reply.Silence}; the futures never fail. */
    List<CompletableFuture<Reply>> send(List<Command> commands) {
        List<Sent> batch = new ArrayList<>();
        ByteBuf bytes = channel.alloc().buffer();
        for (Command command : commands) {
            Sent sent = new Sent(new TextOutput(), new CompletableFuture<>());
            CommandArgs<String, String> args = new CommandArgs<>(TextOutput.BYTES);
            command.words().subList(1, command.words().size()).forEach(word -> args.add(word.getBytes(StandardCharsets.ISO_8859_1)));
            new io.lettuce.core.protocol.Command<>(new Word(command.words().getFirst()), sent.output(), args).encode(bytes);
            batch.add(sent);
        }
        try {
            channel.eventLoop().execute(() -> write(bytes, batch));
        } catch (RejectedExecutionException e) {
            batch.forEach(sent -> sent.unanswered("this coordinator ends"));
        }
        return batch.stream().map(Sent::reply).toList();
    }

    private void write(ByteBuf bytes, List<Sent> batch) {
        open.addAll(batch);
        channel.writeAndFlush(bytes).addListener(written -> {
            if (!written.isSuccess()) {
                lose(written.cause());
                silence();
            }
        });
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        while (in.isReadable()) {
            Sent next = open.peek();
            if (next == null) {
                // Its next answer would be taken for another question's.
                in.skipBytes(in.readableBytes());
                throw new IllegalStateException("the server says what it was not asked");
            }
            if (!parser.decode(in, next.output(), error -> next.output().setError(error.toString()))) {
                return;
            }
            open.remove();
            next.answered();
        }
    }

    /** The connection is gone, for whatever reason. */
    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        silence();
        lost.complete(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        lose(cause);
    }

    private void lose(Throwable cause) {
        if (cause.getMessage() != null) {
            end = cause.getMessage();
        }
        channel.close();
    }

    private void silence() {
        for (Sent sent = open.poll(); sent != null; sent = open.poll()) {
            sent.unanswered(end);
        }
    }

    void close() {
        channel.close();
    }
}
