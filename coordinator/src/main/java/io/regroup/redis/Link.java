package io.regroup.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.regroup.model.Address;
import io.regroup.plan.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** One connection to one server. Commands are sent as one pipeline; replies come in their order. */
final class Link {

    private final StatefulRedisConnection<String, String> connection;

    private Link(StatefulRedisConnection<String, String> connection) {
        this.connection = connection;
    }

    static CompletableFuture<Link> open(LeanClient client, Address address) {
        RedisURI uri = RedisURI.create(address.host(), address.port());
        return client.connectAsync(StringCodec.UTF8, uri).toCompletableFuture().thenApply(Link::new);
    }

    boolean isOpen() {
        return connection.isOpen();
    }

    /** Called once, on Lettuce's thread, when the connection is lost. */
    void onLost(Runnable listener) {
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                listener.run();
            }
        });
    }

    /** Sends all at once. A reply that cannot come any more is a {@link Reply.Silence}; the futures never fail. */
    List<CompletableFuture<Reply>> send(List<Command> commands) {
        List<RedisCommand<String, String, ?>> batch = new ArrayList<>();
        List<CompletableFuture<Reply>> replies = new ArrayList<>();
        for (Command command : commands) {
            AsyncCommand<String, String, String> async = encode(command);
            batch.add(async);
            replies.add(reply(async));
        }
        connection.dispatch(batch);
        return replies;
    }

    private static AsyncCommand<String, String, String> encode(Command command) {
        String name = command.words().getFirst();
        CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
        command.words().subList(1, command.words().size()).forEach(args::add);
        // Bulk replies fill a ValueOutput, status replies a StatusOutput: INFO and CLUSTER NODES are the bulk ones.
        boolean bulk = name.equals("INFO") || name.equals("CLUSTER")
            && (command.words().get(1).equals("NODES") || command.words().get(1).equals("INFO"));
        return new AsyncCommand<>(new io.lettuce.core.protocol.Command<>(keyword(name),
            bulk ? new ValueOutput<>(StringCodec.UTF8) : new StatusOutput<>(StringCodec.UTF8), args));
    }

    private static ProtocolKeyword keyword(String name) {
        return CommandType.valueOf(name);
    }

    private static CompletableFuture<Reply> reply(CompletionStage<String> stage) {
        return stage.toCompletableFuture().handle((text, error) -> {
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            if (cause == null) {
                return new Reply.Answer(text == null ? "" : text);
            }
            return cause instanceof RedisCommandExecutionException
                ? new Reply.Refusal(cause.getMessage()) : new Reply.Silence(cause.toString());
        });
    }

    void close() {
        connection.closeAsync();
    }
}
