package io.regroup.local;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The coordinators of a small cluster leave the archive of classes that all others start from. Without it a cluster of a test has one only
 * if pod 1 of an earlier one ended well, and the tests kill it: no class of the fault suite ever had one.
 */
final class Training {

    private static final Path LOCK = Path.of("target", "local", "training.lock");

    private Training() {
    }

    /** Once for a build; who comes meanwhile waits for it. */
    static void once() {
        try {
            Files.createDirectories(LOCK.getParent());
            try (FileChannel file = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock held = file.lock()) {
                train(held);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void train(FileLock held) {
        if (!held.isValid()) {
            throw new IllegalStateException("the lock of the training is lost");
        }
        try (LocalCluster cluster = RealCluster.create(3, 0, new OwnLoopback(), news -> { })) {
            if (cluster.mustLearn()) {
                cluster.startAll();
                await("trained").atMost(RealCluster.PATIENCE).until(() -> cluster.leadersStatus()
                    .filter(status -> status.getAsJsonObject("group").get("whole").getAsBoolean()).isPresent());
            }
        }
    }
}
