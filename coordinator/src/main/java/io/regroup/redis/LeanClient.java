package io.regroup.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisReactiveCommandsImpl;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.DefaultClientResources;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lettuce without its sync, async and reactive faces: they load thousands of classes (12 MB of a coordinator's memory,
 * FACTS.md), and commands are dispatched as plain words here.
 */
final class LeanClient extends RedisClient {

    LeanClient(Duration connectTimeout) {
        super(DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2)
            .commandLatencyRecorder(CommandLatencyRecorder.disabled()).build(), new RedisURI());
        setOptions(ClientOptions.builder()
            .autoReconnect(false)
            .protocolVersion(ProtocolVersion.RESP2)
            .pingBeforeActivateConnection(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .socketOptions(SocketOptions.builder().connectTimeout(connectTimeout).tcpNoDelay(true).keepAlive(true).build())
            .timeoutOptions(TimeoutOptions.builder().build())
            .build());
    }

    @Override
    protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(
            RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout) {
        return new LeanConnection<>(writer, pushHandler, codec, timeout);
    }

    /** Lets go of threads; the resources were made here, so nobody else does. */
    void release() {
        shutdown(Duration.ZERO, Duration.ofSeconds(1));
        getResources().shutdown(0, 1, TimeUnit.SECONDS);
    }

    private static final class LeanConnection<K, V> extends StatefulRedisConnectionImpl<K, V> {

        LeanConnection(RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout) {
            super(writer, pushHandler, codec, timeout);
        }

        @Override
        protected RedisAsyncCommandsImpl<K, V> newRedisAsyncCommandsImpl() {
            return null;
        }

        @Override
        protected RedisCommands<K, V> newRedisSyncCommandsImpl() {
            return null;
        }

        @Override
        protected RedisReactiveCommandsImpl<K, V> newRedisReactiveCommandsImpl() {
            return null;
        }
    }
}
