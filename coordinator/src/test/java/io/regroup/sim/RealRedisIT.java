package io.regroup.sim;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** {@link RedisContract}, kept by real servers. */
class RealRedisIT extends RedisContract {

    @TempDir
    Path dir;

    @Override
    RedisNodes nodes() {
        return new RealNodes(dir);
    }
}
