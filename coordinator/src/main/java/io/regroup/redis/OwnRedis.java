package io.regroup.redis;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member's own server, over loopback: one connection, kept; its loss is told at once. Used from one thread. */
public final class OwnRedis {

    /** What one reading showed. */
    public sealed interface Reading {

        record Answered(ClusterTable table, ServerFacts facts) implements Reading {
        }

        record Loading() implements Reading {
        }

        /** The port refuses connections. */
        record Refused() implements Reading {
        }

        record Silent(String problem) implements Reading {
        }

        record Unparsed(String problem) implements Reading {
        }
    }

    /** Tells of which master this server's data is a copy, also across the restarts of this process. Of itself: it has served since, or was empty. */
    public interface CopyOf {
        Optional<NodeId> master(NodeId self);

        void remember(NodeId self, NodeId master);
    }

    private static final Logger log = LoggerFactory.getLogger(OwnRedis.class);
    private static final Command SHUTDOWN = new Command(List.of("SHUTDOWN", "SAVE"));
    private static final Command REPLICATION = new Command(List.of("INFO", "replication"));
    private static final List<Command> QUESTIONS = List.of(
        new Command(List.of("CLUSTER", "NODES")), new Command(List.of("CLUSTER", "INFO")),
        new Command(List.of("INFO", "server")), REPLICATION,
        new Command(List.of("INFO", "keyspace")));
    /** Servers stall for longer than that, in a fork or a big command: that is no news, and what is the matter with one that hangs {@link #read} tells. */
    private static final Duration GLANCE = Duration.ofMillis(100);

    private final Servers servers;
    private final Address address;
    private final Duration timeout;
    private final Runnable onLost;
    private final CopyOf copyOf;
    private final StrayKeys strays = new StrayKeys();
    private final OwnMigrations migrations = new OwnMigrations();
    private final Copied copied = new Copied();
    private long life;
    private Link link;
    /** What the last reading showed of it. */
    private Part part = Part.NONE;
    /** Each is told of once: what is refused is said again at each look. */
    private final Set<Command> refused = new HashSet<>();
    private final MasterSilence silence = new MasterSilence();

    /** What a server is to others: it turns when it is promoted, or follows another one, and when its link to that one is there or is lost. */
    private record Part(Optional<String> role, Optional<String> masterHost, Optional<String> masterPort, Optional<String> link) {

        static final Part NONE = new Part(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        static Part of(InfoText info) {
            return new Part(info.find("role"), info.find("master_host"), info.find("master_port"), info.find("master_link_status"));
        }
    }

    /**
     * @param address where it is read: loopback
     * @param timeout for a connection and for all answers together
     * @param onLost  called on another thread when the connection breaks
     */
    public OwnRedis(Servers servers, Address address, Duration timeout, Runnable onLost, CopyOf copyOf) {
        this.servers = servers;
        this.address = address;
        this.timeout = timeout;
        this.onLost = onLost;
        this.copyOf = copyOf;
    }

    public Reading read() {
        try {
            if (link == null || !link.isOpen()) {
                if (Port.refuses(address, (int) timeout.toMillis())) {
                    return new Reading.Refused();
                }
                link = servers.connector().open(address).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
                link.onLost(onLost);
                migrations.forget();
                copied.forget();
                life++;
            }
            if (migrations.needsHelp()) {
                migrations.helped(ask(List.of(OwnMigrations.HELP)).getFirst());
            }
            List<Command> questions = new ArrayList<>(QUESTIONS);
            migrations.question().ifPresent(questions::add);
            return reading(ask(questions));
        } catch (ExecutionException | TimeoutException e) {
            drop();
            return Port.refuses(address, (int) timeout.toMillis()) ? new Reading.Refused()
                : new Reading.Silent(e instanceof TimeoutException ? "no answer within " + timeout.toMillis() + " ms"
                    : String.valueOf(e.getCause().getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reading.Silent("interrupted");
        }
    }

    /**
     * Whether it may be another thing by now than at the last {@link #read}, which is worth one: nothing tells its clients. One question, where a reading has
     * many.
     */
    public boolean hasTurned() {
        if (link == null || !link.isOpen()) {
            return true;
        }
        try {
            return !(ask(List.of(REPLICATION), GLANCE).getFirst() instanceof Reply.Answer answer) || !Part.of(new InfoText(answer.text())).equals(part);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Its table shows it in {@link io.regroup.model.NodeFlag#NOFAILOVER}. What it does not take or answer is said again, as long as that differs. */
    public void letBeElected(boolean may) {
        if (say(List.of(Command.mayBeElected(may)))) {
            log.info(may ? "Redis may elect this server" : "Redis may not elect this replica: it lacks what its master has, or that one has just been heard");
        }
    }

    /** Another number whenever it may have been started again. */
    public long life() {
        return life;
    }

    /** In one pipeline. @return whether all were carried out */
    public boolean say(List<Command> commands) {
        try {
            List<Reply> replies = ask(commands);
            for (int i = 0; i < commands.size(); i++) {
                if (replies.get(i) instanceof Reply.Refusal refusal && refused.add(commands.get(i))) {
                    log.warn("Redis refuses {}: {}", commands.get(i), refusal.error());
                }
            }
            return replies.stream().allMatch(Reply.Answer.class::isInstance);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("Redis has not answered {}", commands, e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * It ends, and keeps all that it has, whether it writes an append-only file or not. It does not answer that: its connection breaks.
     *
     * @param without slots that its table is not to give it when it starts again: what it has taken of another's would be held against it
     */
    public void shutDown(SlotSet without) {
        // That is on its disk once it has answered.
        if (without.isEmpty() || say(List.of(Command.delSlots(without)))) {
            say(List.of(SHUTDOWN));
        }
    }

    /** Valkey's {@code redis_version} is that of the Redis whose commands it has. */
    private static String version(InfoText info) {
        return info.find("valkey_version").orElseGet(() -> info.text("redis_version"));
    }

    private List<Reply> ask(List<Command> questions) throws InterruptedException, ExecutionException, TimeoutException {
        return ask(questions, timeout);
    }

    private List<Reply> ask(List<Command> questions, Duration within) throws InterruptedException, ExecutionException, TimeoutException {
        long deadline = System.nanoTime() + within.toNanos();
        List<Reply> replies = new ArrayList<>();
        for (CompletableFuture<Reply> reply : link.send(questions)) {
            replies.add(reply.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS));
        }
        return replies;
    }

    private Reading reading(List<Reply> replies) throws InterruptedException, ExecutionException, TimeoutException {
        for (Reply reply : replies) {
            if (reply instanceof Reply.Refusal refusal) {
                return refusal.error().startsWith("LOADING") ? new Reading.Loading() : new Reading.Unparsed(refusal.error());
            }
            if (reply instanceof Reply.Silence silence) {
                drop();
                return Port.refuses(address, (int) timeout.toMillis()) ? new Reading.Refused() : new Reading.Silent(silence.problem());
            }
        }
        try {
            if (replies.size() > QUESTIONS.size()) {
                migrations.answered(replies.getLast());
            }
            String nodes = replies.get(0).answer();
            ClusterTable table = migrations.with(NodesText.parse(nodes));
            InfoText info = new InfoText(replies.get(1).answer(), replies.get(2).answer(), replies.get(3).answer(), replies.get(4).answer());
            part = Part.of(info);
            boolean linkUp = info.is("master_link_status", "up");
            boolean isCopy = isCopy(table.myself(), linkUp, info);
            List<Command> doubts = strays.questions(table.myself(), info.keys(), isCopy ? slots(table.myself().master(), table) : SlotSet.NONE);
            if (!doubts.isEmpty()) {
                strays.answered(ask(doubts));
            }
            Optional<Long> heard = table.myself().master().flatMap(master -> NodesText.pongReceived(nodes, master));
            return new Reading.Answered(table, facts(table, info, linkUp, isCopy, heard));
        } catch (IllegalArgumentException e) {
            return new Reading.Unparsed(e.getMessage());
        }
    }

    /** @param heard when its master was heard on the bus last, in ms of the wall clock */
    private ServerFacts facts(ClusterTable table, InfoText info, boolean linkUp, boolean isCopy, Optional<Long> heard) {
        Optional<Long> quiet = info.find(linkUp ? "master_last_io_seconds_ago" : "master_link_down_since_seconds").map(Long::parseLong);
        long quietMs = 1000 * silence.seconds(linkUp, quiet.orElse(-1L));
        return new ServerFacts(info.is("cluster_state", "ok"), info.number("cluster_current_epoch"), info.keys(), linkUp,
            isCopy,
            masterAt(table, info),
            info.find("slave_repl_offset").map(Long::parseLong).orElseGet(() -> info.number("master_repl_offset")),
            info.number("uptime_in_seconds"), version(info), strays.found(),
            quietMs, heard.map(at -> quietMs - Math.max(0, System.currentTimeMillis() - at)).orElse(0L),
            info.find("server_time_usec").map(us -> Long.parseLong(us) / 1000).orElse(0L), migrations.atomic(table.myself()),
            info.is("role", "slave"), copyOf.master(table.myself().id()));
    }

    private Optional<Address> masterAt(ClusterTable table, InfoText info) {
        NodeId self = table.myself().id();
        Optional<Address> copies = info.find("master_host").filter(host -> !host.isBlank()).map(host -> new Address(host, (int) info.number("master_port")));
        if (table.myself().isMaster() && info.is("master_link_status", "up")) {
            // Nobody may have looked between that sync and the word that made it a master.
            copies.flatMap(table::onlyAt).ifPresent(copied -> copyOf.remember(self, copied.id()));
        }
        Optional<Address> master = copied.read(table, copies, info.keys(), copyOf.master(self));
        if (copied.isItsOwn(table, info.keys())) {
            copyOf.remember(self, self);
        }
        return master;
    }

    /**
     * Whether its data is a copy of its present master's: INFO tells only whether the link is up now, so each sync that
     * was seen is remembered. During a full sync it is neither the old copy nor the new one.
     */
    private boolean isCopy(ClusterNode myself, boolean linkUp, InfoText info) {
        if (myself.master().isEmpty()) {
            return false;
        }
        NodeId master = myself.master().get();
        if (linkUp) {
            copyOf.remember(myself.id(), master);
            return true;
        }
        return copyOf.master(myself.id()).filter(master::equals).isPresent() && !info.is("master_sync_in_progress", "1");
    }

    private static SlotSet slots(Optional<NodeId> node, ClusterTable table) {
        return node.flatMap(table::line).map(ClusterNode::slots).orElse(SlotSet.NONE);
    }

    private void drop() {
        if (link != null) {
            link.close();
            link = null;
        }
    }

    public void close() {
        drop();
    }
}
