package io.regroup.sim;

/** Writers. Each asks the servers that it reaches, follows the one that accepts, and notes what was acknowledged. */
final class Clients {

    private final World world;
    private boolean writing;
    int refused;

    Clients(World world) {
        this.world = world;
    }

    void start() {
        writing = true;
        for (int i = 0; i < 2; i++) {
            writeSoon();
        }
    }

    void stop() {
        writing = false;
    }

    private void writeSoon() {
        world.after(world.chance.between(20, 120), () -> {
            if (writing) {
                write(world.chance.index(Dataset.SLOTS.length));
                writeSoon();
            }
        });
    }

    /** A client sits beside one of the pods, on its side of every partition. */
    private void write(int slotIndex) {
        if (world.pods().isEmpty()) {
            return;
        }
        String place = world.chance.pick(world.pods()).ip;
        int slot = Dataset.SLOTS[slotIndex];
        for (SimRedis server : world.servers()) {
            if (server.isServing() && world.canReach(place, server.address) && refusal(server, slot).isEmpty()) {
                SimRedis holder = askedFor(server, slot);
                if (holder == null || holder != server && !world.canReach(place, holder.address)) {
                    break;
                }
                int write = world.ledger.nextWrite(slotIndex);
                holder.replication.write(write);
                world.copies.onAcknowledged(server, slot, write);
                return;
            }
        }
        refused++;
    }

    /** getNodeByQuery: a new key of a slot that is being moved is the target's (ASK), which takes it while it imports. */
    private SimRedis askedFor(SimRedis server, int slot) {
        Entry target = server.slots.migrating.get(slot);
        if (target == null) {
            return server;
        }
        SimRedis other = target.hasAddress() ? world.serverAt(target.address) : null;
        return other != null && other.isServing() && other.stateOk && other.myself.isMaster() && other.slots.importing.containsKey(slot)
            && !holdsWriters(other) ? other : null;
    }

    /** getNodeByQuery: the first word of what is answered instead of OK; empty: nothing. A master that hands over keeps the client waiting. */
    static String refusal(SimRedis server, int slot) {
        if (server.slots.owner(slot) == null || !server.stateOk) {
            return "CLUSTERDOWN";
        }
        if (server.slots.owner(slot) != server.myself || !server.myself.isMaster()) {
            return "MOVED";
        }
        if (server.replication.masterAt().isPresent()) {
            return RedisNodes.READONLY;
        }
        return holdsWriters(server) ? RedisNodes.KEPT_WAITING : "";
    }

    /** {@code pauseActions}: for an operator, for a manual failover, or for slots that it is about to give away. */
    static boolean holdsWriters(SimRedis server) {
        return server.world.now() < server.writesPausedUntil || server.election.isManual() || server.migrations.holdsWriters();
    }
}
