package io.regroup.sim;

import io.regroup.model.MoveBy;

/** {@link AtomicContract}, kept by simulated nodes of Valkey's kind. */
class SimulatedMigrateslotsTest extends AtomicContract {

    @Override
    RedisNodes nodes() {
        return new SimulatedNodes(4711, by());
    }

    @Override
    MoveBy by() {
        return MoveBy.MIGRATESLOTS;
    }
}
