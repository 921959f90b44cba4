package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The Redis servers of a cluster, as the leader speaks to them: batches, all nodes at once. */
public final class Servers implements AutoCloseable {

    private final Connector connector;
    private final ConcurrentMap<Address, CompletableFuture<Link>> links = new ConcurrentHashMap<>();

    public Servers(Duration connectTimeout) {
        connector = new Connector(connectTimeout);
    }

    Connector connector() {
        return connector;
    }

    /**
     * Sends each node its pipeline, to all nodes at the same time, and waits for the replies. Each command gets exactly
     * one reply: one that did not come within {@code timeout} is a {@link Reply.Silence}.
     */
    public SortedMap<Address, List<Reply>> send(SortedMap<Address, List<Command>> batches, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        SortedMap<Address, CompletableFuture<List<CompletableFuture<Reply>>>> sent = new TreeMap<>();
        batches.forEach((address, commands) -> sent.put(address, link(address).thenApply(link -> link.send(commands))));
        SortedMap<Address, List<Reply>> replies = new TreeMap<>();
        sent.forEach((address, pipeline) -> replies.put(address, collect(address, pipeline, batches.get(address).size(), deadline)));
        return replies;
    }

    private List<Reply> collect(Address address, CompletableFuture<List<CompletableFuture<Reply>>> pipeline, int count, long deadline) {
        List<Reply> replies = new ArrayList<>();
        try {
            for (CompletableFuture<Reply> reply : await(pipeline, deadline)) {
                replies.add(await(reply, deadline));
            }
        } catch (TimeoutException e) {
            fill(replies, count, "no answer in time");
            drop(address);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            fill(replies, count, String.valueOf(cause.getCause() == null ? cause.getMessage() : cause.getCause().getMessage()));
            drop(address);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fill(replies, count, "interrupted");
        }
        return replies;
    }

    private static void fill(List<Reply> replies, int count, String problem) {
        while (replies.size() < count) {
            replies.add(new Reply.Silence(problem));
        }
    }

    private static <T> T await(CompletableFuture<T> future, long deadline)
            throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private CompletableFuture<Link> link(Address address) {
        return links.compute(address, (key, old) -> {
            boolean usable = old != null && !old.isCompletedExceptionally() && (!old.isDone() || old.join().isOpen());
            return usable ? old : connector.open(address);
        });
    }

    private void drop(Address address) {
        CompletableFuture<Link> link = links.remove(address);
        if (link != null) {
            link.thenAccept(Link::close);
        }
    }

    /** Connections to nodes that are not spoken to any more are closed. */
    public void retain(Set<Address> addresses) {
        links.keySet().stream().filter(a -> !addresses.contains(a)).toList().forEach(this::drop);
    }

    @Override
    public void close() {
        links.keySet().forEach(this::drop);
        connector.close();
    }
}
