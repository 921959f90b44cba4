package io.regroup.sim;

import io.regroup.model.MoveBy;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** {@link AtomicContract}, kept by real servers: those of {@code mvn verify -Pservers}. */
class AtomicRedisIT extends AtomicContract {

    @TempDir
    Path dir;

    @Override
    RedisNodes nodes() {
        return new RealNodes(dir);
    }

    @Override
    MoveBy by() {
        return MoveBy.valueOf(System.getProperty("moves"));
    }
}
