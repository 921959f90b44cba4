package io.regroup.redis;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.regroup.model.Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Opens {@link Link}s, one thread for all of them.
 *
 * <p>Of Lettuce only the protocol is used: what encodes a command and decodes a reply. Its clients come with the faces of every
 * command there is, and with Reactor: a thousand classes, and 9 MB in every pod for a connection that says five things a second.
 */
final class Connector {

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, Thread.ofPlatform().daemon().name("redis").factory(),
        NioIoHandler.newFactory());
    private final Bootstrap bootstrap;

    Connector(Duration connectTimeout) {
        bootstrap = new Bootstrap().group(loop).channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis()))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            // Netty's own allocators keep megabytes for the next ones.
            .option(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false))
            // Nodes are known by their IPs.
            .disableResolver()
            .handler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Link(channel));
                }
            });
    }

    CompletableFuture<Link> open(Address address) {
        CompletableFuture<Link> opened = new CompletableFuture<>();
        bootstrap.connect(new InetSocketAddress(address.host(), address.port())).addListener((ChannelFuture connected) -> {
            if (connected.isSuccess()) {
                opened.complete(connected.channel().pipeline().get(Link.class));
            } else {
                opened.completeExceptionally(connected.cause());
            }
        });
        return opened;
    }

    /** Closes every link and lets go of the thread. */
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
