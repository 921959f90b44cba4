package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose copy a server's data is. */
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
