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
        if (!world.busReaches(from, address) || !world.hasHost(address.host())) {
            world.after(RETRANSMIT_MS, this::connect);
            return;
        }
        SimRedis server = world.serverAt(address);
        if (server == null || !server.listens()) {
            close();
            from.onConnectFailed(entry);
        } else if (!server.isServing()) {
            world.after(RETRANSMIT_MS, this::connect);
        } else {
            to = server;
            to.inbound.add(this);
            from.onConnected(this);
        }
    }

    void send(Message message) {
        if (isUp()) {
            transmit(() -> to.onMessage(this, message, true));
        }
    }

    void answer(Message message) {
        if (isUp()) {
            transmit(() -> from.onMessage(this, message, false));
        }
    }

    private void transmit(Runnable arrival) {
        if (to == from) {
            from.writeToItself(() -> arrive(arrival));
            return;
        }
        long at = Math.max(world.now() + world.net.delay(), lastArrival);
        lastArrival = at;
        world.after(at - world.now(), () -> arrive(arrival));
    }

    private void arrive(Runnable arrival) {
        if (!open) {
            return;
        }
        if (!world.busReaches(from, to.address)) {
            world.after(RETRANSMIT_MS, () -> arrive(arrival));
        } else {
            arrival.run();
        }
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
