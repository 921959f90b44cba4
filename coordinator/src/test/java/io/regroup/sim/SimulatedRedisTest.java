package io.regroup.sim;

/** {@link RedisContract}, kept by the simulated nodes. */
class SimulatedRedisTest extends RedisContract {

    @Override
    RedisNodes nodes() {
        return new SimulatedNodes(4711);
    }
}
