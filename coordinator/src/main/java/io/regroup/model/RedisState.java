package io.regroup.model;

/** What a member knows of its own Redis. Each kind of not knowing has a type of its own. */
public sealed interface RedisState {

    /** It answers; this is what it says. */
    record Answering(ClusterTable table, ServerFacts facts) implements RedisState {
    }

    /** It answers {@code LOADING}: it reads its data and will serve. */
    record Loading() implements RedisState {
    }

    /** It has been permitted to start and does not answer yet. */
    record Starting() implements RedisState {
    }

    /**
     * Its process has ended and cannot come back by itself: its port refuses connections, and the gate is closed behind
     * it. The next process has not asked for a start yet.
     */
    record Ended() implements RedisState {
    }

    /**
     * Its process has ended, the next one waits at the gate.
     *
     * @param request  the id of this one start
     * @param waitedMs how long it waits already
     */
    record AtGate(String request, long waitedMs) implements RedisState {
    }

    /** No answer within the time-out, yet nothing shows that the process has ended. */
    record Silent(String problem) implements RedisState {
    }

    /** It answered something that could not be understood. */
    record Unparsed(String problem) implements RedisState {
    }
}
