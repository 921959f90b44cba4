package io.regroup.redis;

import io.regroup.model.Atomic;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.move.ServerJob;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The migrations of slots that a server carries out by itself. CLUSTER NODES shows nothing of them; in the table that a member reports they
 * are open slots like others, so that whatever waits for these waits for them too.
 */
final class OwnMigrations {

    /** Asked once: it tells which commands there are, and is no error anywhere. */
    static final Command HELP = Command.of("CLUSTER", "HELP");

    private Optional<MoveBy> able = Optional.empty();
    private List<ServerJob> running = List.of();

    /** Another process may answer now. */
    void forget() {
        able = Optional.empty();
        running = List.of();
    }

    boolean needsHelp() {
        return able.isEmpty();
    }

    /** What CLUSTER HELP answered. Who refuses that, because it is loading, is asked again. */
    void helped(Reply reply) {
        if (reply instanceof Reply.Answer answer) {
            able = Optional.of(answer.items().stream().anyMatch(line -> line.startsWith("MIGRATESLOTS ")) ? MoveBy.MIGRATESLOTS
                : answer.items().stream().anyMatch(line -> line.startsWith("MIGRATION ")) ? MoveBy.MIGRATION : MoveBy.MIGRATE);
        }
    }

    private MoveBy by() {
        return able.orElse(MoveBy.MIGRATE);
    }

    Optional<Command> question() {
        return by() == MoveBy.MIGRATE ? Optional.empty() : Optional.of(ServerJob.question(by()));
    }

    /** @throws IllegalArgumentException when it is not understood */
    void answered(Reply reply) {
        running = reply instanceof Reply.Answer answer ? ServerJob.list(by(), answer.items()).stream().filter(ServerJob::isRunning).toList() : List.of();
    }

    /** The table with the slots open that the server gives or takes. */
    ClusterTable with(ClusterTable table) {
        ClusterNode myself = table.myself();
        if (running.isEmpty() || !myself.isMaster()) {
            return table;
        }
        SortedMap<Integer, NodeId> migrating = new TreeMap<>(myself.migrating());
        SortedMap<Integer, NodeId> importing = new TreeMap<>(myself.importing());
        for (ServerJob job : running) {
            // The slots of one that is at its end are the target's already.
            if (job.importing()) {
                job.source().ifPresent(source -> job.slots().minus(myself.slots()).stream().forEach(slot -> importing.put(slot, source)));
            } else {
                job.target().ifPresent(target -> job.slots().and(myself.slots()).stream().forEach(slot -> migrating.put(slot, target)));
            }
        }
        return new ClusterTable(new ClusterNode(myself.id(), myself.address(), myself.flags(), myself.master(), myself.configEpoch(), myself.linkUp(),
            myself.slots(), migrating, importing), table.others());
    }

    Atomic atomic(ClusterNode myself) {
        SlotSet slots = running.stream().map(job -> job.importing() ? job.slots().minus(myself.slots()) : job.slots().and(myself.slots()))
            .reduce(SlotSet.NONE, SlotSet::plus);
        return new Atomic(by(), myself.isMaster() ? slots : SlotSet.NONE);
    }
}
