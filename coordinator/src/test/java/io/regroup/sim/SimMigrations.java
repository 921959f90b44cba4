package io.regroup.sim;

import io.regroup.model.Atomic;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The migrations that one server lists, and its commands for them. They end with its process. */
final class SimMigrations {

    private final SimRedis self;
    private final List<SimMigration> all = new ArrayList<>();

    SimMigrations(SimRedis self) {
        this.self = self;
    }

    void add(SimMigration migration) {
        if (!all.contains(migration)) {
            all.addFirst(migration);
        }
    }

    boolean isBusy() {
        return all.stream().anyMatch(each -> each.isRunningAt(self));
    }

    private List<SimMigration> running(boolean importing) {
        return all.stream().filter(each -> each.isRunningAt(self) && each.isImportOf(self) == importing).toList();
    }

    /** Whether it keeps all its writers waiting. */
    boolean holdsWriters() {
        return all.stream().anyMatch(each -> each.holds(self));
    }

    /** A slot has another owner now, and its keys go. */
    void drop(int slot, Entry owner) {
        if (all.stream().anyMatch(each -> each.slots.contains(slot) && each.gaveTo(self, owner.id))) {
            self.world.copies.onGivenAway(self, slot);
        }
        self.replication.dropSlot(slot);
    }

    // ---- what the pod's coordinator makes of its list

    private SlotSet open(SimMigration migration) {
        return migration.isImportOf(self) ? migration.slots.minus(self.myself.slots()) : migration.slots.and(self.myself.slots());
    }

    SortedMap<Integer, NodeId> opened(SortedMap<Integer, NodeId> ofTable, boolean importing) {
        SortedMap<Integer, NodeId> slots = new TreeMap<>(ofTable);
        if (self.myself.isMaster()) {
            running(importing).forEach(each -> open(each).stream().forEach(slot -> slots.put(slot, each.otherThan(self))));
        }
        return slots;
    }

    Atomic atomic() {
        return new Atomic(self.able, self.myself.isReplica() ? SlotSet.NONE
            : all.stream().filter(each -> each.isRunningAt(self)).map(this::open).reduce(SlotSet.NONE, SlotSet::plus));
    }

    // ---- commands

    private static String unknown(String word) {
        return "ERR unknown subcommand '" + word + "'. Try CLUSTER HELP.";
    }

    Reply list(List<String> words) {
        if (self.able != (words.get(1).equals("MIGRATION") ? MoveBy.MIGRATION : MoveBy.MIGRATESLOTS)) {
            return new Reply.Refusal(unknown(words.get(1)));
        }
        return new Reply.Answer("", all.stream().flatMap(each -> each.words(self).stream()).toList());
    }

    /** {@code CLUSTER MIGRATESLOTS SLOTSRANGE a b … NODE id}. */
    String migrateSlots(List<String> words) {
        if (self.able != MoveBy.MIGRATESLOTS) {
            return unknown("MIGRATESLOTS");
        }
        if (self.myself.isReplica()) {
            return "ERR Slot migration can only be used on primary nodes.";
        }
        SlotSet slots = slots(words.subList(3, words.size() - 2));
        if (!self.myself.slots().containsAll(slots)) {
            return "ERR Slots are not served by this node.";
        }
        for (SimMigration each : running(false)) {
            if (!each.slots.and(slots).isEmpty()) {
                return "ERR I am already migrating slot " + each.slots.and(slots).first() + ".";
            }
        }
        Entry line = self.table.get(new NodeId(words.getLast()));
        SimRedis target = line == null || !line.hasAddress() ? null : self.world.serverAt(line.address);
        if (target == null || !target.isServing() || target.myself.isReplica() || target.able != self.able || !target.id().equals(line.id)
            || !self.world.canReach(self, line.address)) {
            return "ERR Target node is not a primary";
        }
        new SimMigration(self, target, slots, self.able);
        return ClusterCommands.OK;
    }

    /** {@code CLUSTER MIGRATION IMPORT a b …}, {@code CANCEL ID id} and {@code CANCEL ALL}. @return the id, or how many were cancelled */
    String migration(List<String> words) {
        if (self.able != MoveBy.MIGRATION) {
            return unknown("MIGRATION");
        }
        if (words.get(2).equals("CANCEL")) {
            return Long.toString(all.stream().filter(each -> words.getLast().equals("ALL") || each.id.equals(words.getLast()))
                .filter(each -> each.cancel(self)).count());
        }
        if (self.myself.isReplica()) {
            return "ERR slot migration not allowed on replica.";
        }
        SlotSet slots = slots(words.subList(3, words.size()));
        if (!self.slots.importing.isEmpty() || !self.slots.migrating.isEmpty()) {
            return "ERR all slot states must be STABLE to start a slot migration task.";
        }
        if (isBusy()) {
            return "ERR another ASM task is already in progress";
        }
        Entry owner = self.slots.owner(slots.first());
        if (owner == null) {
            return "ERR slot has no owner: " + slots.first();
        }
        if (slots.stream().anyMatch(slot -> self.slots.owner(slot) != owner)) {
            return "ERR slots belong to different source nodes";
        }
        if (owner == self.myself) {
            return "ERR this node is already the owner of the slot range";
        }
        SimRedis source = owner.hasAddress() ? self.world.serverAt(owner.address) : null;
        if (source == null || !source.isServing() || source.able != self.able || !source.id().equals(owner.id) || source.migrations.isBusy()
            || !self.world.canReach(self, owner.address) || !source.slots.importing.isEmpty() || !source.slots.migrating.isEmpty()) {
            return "ERR the source is not ready";
        }
        return new SimMigration(source, self, slots, self.able).id;
    }

    /** {@code CLUSTER CANCELSLOTMIGRATIONS}: those of which it is the source. */
    String cancel() {
        if (self.able != MoveBy.MIGRATESLOTS) {
            return unknown("CANCELSLOTMIGRATIONS");
        }
        return running(false).stream().filter(each -> each.cancel(self)).count() > 0 ? ClusterCommands.OK : "ERR No migrations ongoing";
    }

    /** Why SETSLOT is refused now; empty: it is not. */
    String refusal() {
        return isBusy() ? "ERR Slot import in progress." : "";
    }

    private static SlotSet slots(List<String> words) {
        SlotSet slots = SlotSet.NONE;
        for (int i = 0; i + 1 < words.size(); i += 2) {
            slots = slots.plus(SlotSet.range(Integer.parseInt(words.get(i)), Integer.parseInt(words.get(i + 1))));
        }
        return slots;
    }
}
