package io.regroup.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Classes of stories run beside each other, each in a JVM of its own. One story at a time forms its cluster, or strikes it and heals it, so that
 * no other's storm of starting JVMs is in what is measured; those that start none strike beside each other. Silence, and the rest of what lasts
 * for minutes, needs no turn. A JVM that ends without a word has given it back: it is a lock of a file.
 */
final class Turn implements AutoCloseable {

    private static final Path FILE = Path.of("target", "faults.turn");
    /** Bytes of the file: the turn, and the door to it, at which all wait in one line, so that nobody alone waits for ever for those in company. */
    private static final long TURN = 0;
    private static final long DOOR = 1;

    private FileChannel file;
    private FileLock held;

    /** Waits until the others have had theirs. */
    void takeAlone() {
        take(false);
    }

    /** Waits until nobody has it alone. */
    void takeInCompany() {
        take(true);
    }

    private void take(boolean inCompany) {
        close();
        try {
            file = FileChannel.open(FILE, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock door = file.lock(DOOR, 1, false);
            held = file.lock(TURN, 1, inCompany);
            door.close();
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
