package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.move.ServerJob;
import io.regroup.plan.Command;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Redis nodes as {@link RedisContract} looks at them: real ones, or simulated. They are counted from 0, and none runs at first. */
interface RedisNodes extends AutoCloseable {

    String OK = "OK";
    String READONLY = "READONLY";
    /** No answer yet. */
    String KEPT_WAITING = "kept waiting";

    /** Starts this node on nothing; returns when it answers. */
    void start(int node);

    /** {@code CLUSTER} and these words. @return OK, or the error */
    String cluster(int node, String... words);

    /** {@code CLIENT} and these words. @return OK, or the error */
    String client(int node, String... words);

    /** One of the product's commands. @return OK, or the error */
    String carryOut(int node, Command command);

    ClusterTable table(int node);

    /** The migrations that it lists, as one of those that can move slots by themselves so. */
    List<ServerJob> jobs(int node, MoveBy by);

    boolean stateOk(int node);

    /** Of a replica. */
    boolean linkUp(int node);

    int keys(int node);

    /** Writes one more key to a slot, one of {@link Dataset#SLOTS}. @return OK, the error's first word, or {@link #KEPT_WAITING}; who is kept waiting gives up */
    String write(int node, int slot);

    /** {@code CLUSTER REPLICAS} of a master. @return the first word of each line; or the error, alone */
    List<String> replicas(int node, NodeId master);

    /** {@code MIGRATE} of one key of a slot to another node. @return OK, or the error */
    String migrateOne(int node, int slot, int target);

    /**
     * What this node has just said of itself on the bus comes to itself only after that: as where it talks to itself by the line of one that had its address
     * before.
     */
    void hearsItselfLate(int node, Runnable meanwhile);

    /** SIGKILL. */
    void kill(int node);

    /** After a kill: at the same address, on what it had or on nothing; returns when it answers. */
    void startAgain(int node, boolean withData);

    /** SIGSTOP: the kernel answers for it, and keeps what is sent to it. */
    void freeze(int node);

    /** SIGCONT. */
    void thaw(int node);

    /** To one that is frozen: who sends it gives up, and hears nothing more of it. */
    void sendToFrozen(int node, Command command);

    /** What its clock shows, in ms since the epoch. */
    long clockMs(int node);

    /** Lets time pass until this holds. @throws AssertionError when it does not come about */
    void until(String what, BooleanSupplier condition);

    /** Lets so much time pass, in which this holds all the time. @throws AssertionError when it does not */
    void holds(String what, long ms, BooleanSupplier condition);

    Address address(int node);

    default NodeId id(int node) {
        return table(node).myself().id();
    }

    @Override
    void close();
}
