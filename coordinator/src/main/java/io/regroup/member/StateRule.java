package io.regroup.member;

import io.regroup.model.RedisState;
import io.regroup.redis.OwnRedis.Reading;
import java.util.Optional;

/** What a reading of the server and the files of the gate mean together. Pure. */
final class StateRule {

    /** A process that went through the gate and does not listen after this long has ended; Redis listens before it loads. */
    static final long STARTING_MS = 10_000;

    private StateRule() {
    }

    /**
     * @param request   the start that waits at the gate, if any
     * @param waitedMs  how long it waits
     * @param writtenMs how long ago its data was written last, where it has any
     * @param permitted the start that has a permit and has not used it
     * @param running   the last start that went through
     * @param runningMs how long ago that was noticed
     * @param answered  the start whose server has answered before
     */
    static RedisState of(Reading reading, Optional<String> request, long waitedMs, Optional<Long> writtenMs, Optional<String> permitted,
                         Optional<String> running, long runningMs, Optional<String> answered) {
        return switch (reading) {
            case Reading.Answered a -> new RedisState.Answering(a.table(), a.facts());
            case Reading.Loading l -> new RedisState.Loading();
            case Reading.Silent s -> new RedisState.Silent(s.problem());
            case Reading.Unparsed u -> new RedisState.Unparsed(u.problem());
            case Reading.Refused r -> {
                if (request.isPresent()) {
                    yield request.equals(permitted) ? new RedisState.Starting() : new RedisState.AtGate(request.get(), waitedMs, writtenMs);
                }
                if (running.isPresent() && !running.equals(answered) && runningMs < STARTING_MS) {
                    yield new RedisState.Starting();
                }
                yield new RedisState.Ended(writtenMs);
            }
        };
    }
}
