package io.regroup.sim;

import io.regroup.model.Address;

/** One TCP connection of the cluster bus, opened by one server to another; answers come back on it. */
final class Link {

    private static final long RETRANSMIT_MS = 200;

    private final World world;
    final SimRedis from;
    /** The opener's line for the other end; the accepting side knows only what the packets say. */
    final Entry entry;
    final long ctime;
    private final Address address;
    private SimRedis to;
    private boolean open = true;
    private long lastArrival;

    Link(World world, SimRedis from, Entry entry) {
        this.world = world;
        this.from = from;
        this.entry = entry;
        this.address = entry.address;
        this.ctime = world.now();
        world.after(world.net.delay(), this::connect);
    }

    boolean isUp() {
        return open && to != null;
    }

    private void connect() {
        if (!open) {
            return;
        }
        if (!reaches(address) || !world.hasHost(address.host())) {
            world.after(RETRANSMIT_MS, this::connect);
            return;
        }
        SimRedis server = world.serverAt(address);
        if (server == null || !server.listens()) {
            close();
            from.happen(() -> from.onConnectFailed(entry));
        } else if (!server.isServing()) {
            world.after(RETRANSMIT_MS, this::connect);
        } else {
            to = server;
            to.inbound.add(this);
            from.happen(() -> from.onConnected(this));
        }
    }

    void send(Message message) {
        if (isUp()) {
            transmit(to, () -> to.onMessage(this, message, true));
        }
    }

    void answer(Message message) {
        if (isUp()) {
            transmit(from, () -> from.onMessage(this, message, false));
        }
    }

    private void transmit(SimRedis receiver, Runnable arrival) {
        if (to == from) {
            from.writeToItself(() -> arrive(receiver, arrival));
            return;
        }
        long at = Math.max(world.now() + world.net.delay(), lastArrival);
        lastArrival = at;
        world.after(at - world.now(), () -> arrive(receiver, arrival));
    }

    private void arrive(SimRedis receiver, Runnable arrival) {
        if (!open) {
            return;
        }
        if (!reaches(to.address)) {
            world.after(RETRANSMIT_MS, () -> arrive(receiver, arrival));
        } else {
            receiver.happen(arrival);
        }
    }

    /** The kernel takes what comes, also for a process that stands still. */
    private boolean reaches(Address there) {
        return world.net.reach(Network.Plane.BUS, from.address.host(), there.host());
    }

    /** Closed by its opener, or because one end is gone. */
    void close() {
        open = false;
        if (entry.link == this) {
            entry.link = null;
        }
        if (to != null) {
            to.inbound.remove(this);
        }
    }
}
