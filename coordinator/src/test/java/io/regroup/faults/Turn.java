package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Classes of stories run beside each other, each in a JVM of its own, and one story at a time has its turn: forms its cluster, or strikes it
 * and heals it, so that no other's storm of starting JVMs is in what is measured. Silence, and the rest of what lasts for minutes, needs none.
 * A JVM that ends without a word has given it back: it is a lock of a file.
 */
final class Turn implements AutoCloseable {

    private static final Path FILE = Path.of("target", "faults.turn");

    private FileChannel file;
    private FileLock held;

    /** Waits until the others have had theirs. */
    void take() {
        try {
            file = FileChannel.open(FILE, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            held = file.lock();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives it back, if it has it. */
    @Override
    public void close() {
        if (held != null) {
            try {
                held.close();
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            held = null;
        }
    }
}
