package io.regroup.sim;

import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Slots that two servers move by themselves: Valkey's {@code cluster_migrateslots.c}, Redis' {@code cluster_asm.c}. Both list it, in states of
 * their own. Until the target takes the slots nobody sees what it has of them, and it throws that away when it fails.
 */
final class SimMigration {

    private static final long POLL_MS = 50;
    /** {@code CLUSTER_MF_TIMEOUT}, {@code cluster-slot-migration-write-pause-timeout}: a source holds its writers for so long at most. */
    private static final long PAUSE_MS = 10_000;
    /** {@code repl-timeout}: whoever hears nothing of the other for so long gives up. */
    private static final long SILENCE_MS = 60_000;
    /** Redis' target begins again so long after a failure. */
    private static final long RETRY_MS = 1000;

    private final World world;
    final MoveBy by;
    final String id;
    final SlotSet slots;
    final SimRedis target;
    private final NodeId targetId;
    private SimRedis source;
    private NodeId sourceId;
    private String atSource = "none";
    private String atTarget;
    private String error = "";
    private int retries;
    private long attempt;
    private long lastHeard;
    private long snapshotAt;
    private boolean handedOff;
    private long heldUntil;

    SimMigration(SimRedis source, SimRedis target, SlotSet slots, MoveBy by) {
        this.world = target.world;
        this.by = by;
        this.slots = slots;
        this.id = world.chance.hex(40);
        this.target = target;
        this.targetId = target.id();
        this.atTarget = "connecting";
        target.migrations.add(this);
        begin(source);
    }

    private void begin(SimRedis from) {
        source = from;
        sourceId = from.id();
        atSource = by == MoveBy.MIGRATESLOTS ? "snapshotting" : "send-bulk-and-stream";
        atTarget = by == MoveBy.MIGRATESLOTS ? "receiving-snapshot" : "accumulate-buffer";
        source.migrations.add(this);
        lastHeard = world.now();
        snapshotAt = world.now() + world.chance.between(5, 400);
        handedOff = false;
        long mine = ++attempt;
        world.after(world.net.delay(), () -> poll(mine));
    }

    boolean isImportOf(SimRedis server) {
        return server == target;
    }

    /** As the server's own coordinator judges it, see {@code ServerJob}. */
    boolean isRunningAt(SimRedis server) {
        return isImportOf(server) ? isOpen(atTarget) || atTarget.equals("failed") && by == MoveBy.MIGRATION : isOpen(atSource);
    }

    private static boolean isOpen(String state) {
        return !List.of("success", "completed", "failed", "cancelled", "canceled").contains(state);
    }

    NodeId otherThan(SimRedis server) {
        return isImportOf(server) ? sourceId : targetId;
    }

    boolean holds(SimRedis server) {
        return server == source && isOpen(atSource) && handedOff && world.now() < heldUntil;
    }

    /** Whether the source has lost the slots by this, and by nothing else. */
    boolean gaveTo(SimRedis server, NodeId owner) {
        return server == source && handedOff && owner.equals(targetId);
    }

    // ---- its course

    private void poll(long mine) {
        if (mine != attempt || !isOpen(atTarget) && !isOpen(atSource)) {
            return;
        }
        boolean reach = world.canReach(target, source.address);
        if (reach && source.isAlive() && target.isAlive()) {
            lastHeard = world.now();
        }
        if (isOpen(atSource) && source.isAlive()) {
            watchSource(reach);
        }
        if (isOpen(atTarget) && target.isAlive()) {
            watchTarget(reach);
        }
        if (reach && !handedOff && isOpen(atSource) && isOpen(atTarget) && source.isServing() && world.now() >= snapshotAt
            && !Clients.holdsWriters(target)) {
            handOff(mine);
        }
        world.after(POLL_MS, () -> poll(mine));
    }

    private void watchSource(boolean reach) {
        boolean all = slots.stream().allMatch(slot -> source.slots.owner(slot) == source.myself);
        boolean given = slots.stream().allMatch(slot -> source.slots.owner(slot) != null && source.slots.owner(slot).id.equals(targetId));
        if (given && handedOff) {
            atSource = by == MoveBy.MIGRATESLOTS ? "success" : "completed";
        } else if (!source.myself.isMaster() || !all) {
            failAtSource("Slots are no longer owned by myself");
        } else if (reach && !isOpen(atTarget) && !handedOff || reach && !target.isAlive() || world.now() - lastHeard > SILENCE_MS
            || handedOff && world.now() > heldUntil) {
            failAtSource("Connection lost to target");
        }
    }

    private void watchTarget(boolean reach) {
        boolean from = slots.stream().allMatch(slot -> target.slots.owner(slot) != null && target.slots.owner(slot).id.equals(sourceId));
        if (!target.myself.isMaster()) {
            atTarget = by == MoveBy.MIGRATESLOTS ? "failed" : "canceled";
        } else if (by == MoveBy.MIGRATESLOTS && !from) {
            failAtTarget("Slots are no longer owned by source node");
        } else if (reach && (!isOpen(atSource) && !handedOff || !source.isAlive()) || world.now() - lastHeard > SILENCE_MS) {
            failAtTarget("Connection lost to source");
        }
    }

    private void failAtSource(String why) {
        atSource = "failed";
        error = why;
    }

    private void failAtTarget(String why) {
        atTarget = "failed";
        error = why;
        if (by == MoveBy.MIGRATION) {
            long mine = ++attempt;
            world.after(RETRY_MS, () -> retry(mine));
        }
    }

    /** From whomever the slots are by now. */
    private void retry(long mine) {
        if (mine != attempt || !atTarget.equals("failed") || !target.isAlive()) {
            return;
        }
        if (!target.myself.isMaster()) {
            atTarget = "canceled";
            return;
        }
        retries++;
        Entry owner = target.slots.owner(slots.first());
        SimRedis from = owner == null || !owner.hasAddress() ? null : world.serverAt(owner.address);
        boolean one = owner != null && owner != target.myself && slots.stream().allMatch(slot -> target.slots.owner(slot) == owner);
        if (one && from != null && from.isServing() && from.able == by && from.id().equals(owner.id) && world.canReach(target, from.address)
            && slots.stream().allMatch(slot -> from.slots.owner(slot) == from.myself) && from.myself.isMaster() && !from.migrations.isBusy()
            && from.slots.migrating.isEmpty() && from.slots.importing.isEmpty() && target.slots.migrating.isEmpty() && target.slots.importing.isEmpty()) {
            begin(from);
        } else {
            failAtTarget("cannot sync with the source");
        }
    }

    /** The source holds its writers; the rest of what it has is on its way, and so is its word that it is all. */
    private void handOff(long mine) {
        handedOff = true;
        heldUntil = world.now() + PAUSE_MS;
        List<Integer> keys = new ArrayList<>();
        Arrays.stream(Dataset.SLOTS).filter(slots::contains).forEach(slot -> source.data().ofSlot(slot).forEach(keys::add));
        world.after(world.net.delay(), () -> arrive(mine, keys));
    }

    private void arrive(long mine, List<Integer> keys) {
        if (mine != attempt || !isOpen(atTarget) || !target.isServing() || !target.myself.isMaster()) {
            return;
        }
        if (!world.canReach(target, source.address) || Clients.holdsWriters(target)) {
            world.after(POLL_MS, () -> arrive(mine, keys));
            return;
        }
        target.bumpEpoch();
        slots.stream().forEach(slot -> {
            target.slots.unbind(slot);
            target.slots.bind(slot, target.myself);
        });
        keys.forEach(target.replication::write);
        target.updateState();
        target.broadcastSoon();
        atTarget = by == MoveBy.MIGRATESLOTS ? "success" : "completed";
        world.trace(() -> target + " takes " + slots.size() + " slots from " + source + ", with " + keys.size() + " keys, epoch "
            + target.myself.configEpoch);
    }

    /** By a command at this end. The other one finds the connection closed. */
    boolean cancel(SimRedis server) {
        if (!isRunningAt(server)) {
            return false;
        }
        if (isImportOf(server)) {
            atTarget = "canceled";
        } else {
            atSource = by == MoveBy.MIGRATESLOTS ? "cancelled" : "canceled";
        }
        return true;
    }

    /** Names and values, as the server lists them. */
    List<String> words(SimRedis server) {
        String state = isImportOf(server) ? atTarget : atSource;
        return by == MoveBy.MIGRATESLOTS
            ? List.of("name", id, "operation", isImportOf(server) ? "IMPORT" : "EXPORT", "slot_ranges", slots.toString(), "target_node", targetId.value(),
                "source_node", sourceId.value(), "state", state, "message", error)
            : List.of("id", id, "slots", slots.toString(), "source", sourceId.value(), "dest", targetId.value(), "operation",
                isImportOf(server) ? "import" : "migrate", "state", state, "last_error", error, "retries", Integer.toString(retries));
    }
}
