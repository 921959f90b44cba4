package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose copy a server's data is, and of when. */
class VolumeTest {

    private static final NodeId SELF = new NodeId("a".repeat(40));
    private static final NodeId MASTER = new NodeId("b".repeat(40));
    private static final NodeId OTHER = new NodeId("c".repeat(40));

    @TempDir
    Path dir;

    @Test
    void theNextCoordinatorKnowsWhoseCopyItIs() {
        new Volume(dir).remember(SELF, MASTER);
        assertThat(new Volume(dir).master(SELF)).contains(MASTER);
        assertThat(new Volume(dir).master(OTHER)).as("another server's data").isEmpty();
        new Volume(dir).remember(SELF, SELF);
        assertThat(new Volume(dir).master(SELF)).contains(SELF);
    }

    @Test
    void itTellsWhenItsDataWasWrittenLast() throws IOException {
        Volume volume = new Volume(dir);
        Path redis = dir.resolve("redis");
        Files.writeString(redis.resolve("nodes.conf"), "no data");
        assertThat(volume.writtenAt()).isEmpty();
        Path parts = Files.createDirectories(redis.resolve("appendonlydir"));
        written(redis.resolve("dump.rdb"), 3000);
        assertThat(volume.writtenAt()).contains(3000L);
        written(parts.resolve("appendonly.aof.1.base.rdb"), 2000);
        assertThat(volume.writtenAt()).contains(3000L);
        written(parts.resolve("appendonly.aof.1.incr.aof"), 5000);
        assertThat(volume.writtenAt()).contains(5000L);
    }

    private static void written(Path file, long at) throws IOException {
        Files.setLastModifiedTime(Files.writeString(file, "data"), FileTime.fromMillis(at));
    }

    /** A master on a full disk was not heard any more. */
    @Test
    void whatCannotBeWrittenIsKnownHereAndWrittenLater() throws IOException {
        Volume volume = new Volume(dir);
        Path inTheWay = Files.createDirectories(dir.resolve("copy-of").resolve("x"));
        volume.remember(SELF, MASTER);
        assertThat(volume.master(SELF)).contains(MASTER);
        Files.delete(inTheWay);
        Files.delete(inTheWay.getParent());
        volume.remember(SELF, MASTER);
        assertThat(new Volume(dir).master(SELF)).contains(MASTER);
    }
}
