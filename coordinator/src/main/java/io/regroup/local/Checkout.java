package io.regroup.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The project's directory: the gate scripts and the configuration are taken from there, as the image takes them. */
record Checkout(Path dir) {

    /** Looks for it from the working directory upwards. @throws IOException when this is not run inside of it */
    static Checkout find() throws IOException {
        Path start = Path.of("").toAbsolutePath();
        for (Path dir = start; dir != null; dir = dir.getParent()) {
            if (Files.isRegularFile(dir.resolve("image/regroup-redis"))) {
                return new Checkout(dir);
            }
        }
        throw new IOException("image/regroup-redis is neither in " + start + " nor above it: run this inside of Regroup's directory");
    }

    Path gateScript() {
        return dir.resolve("image/regroup-redis");
    }

    Path leaveScript() {
        return dir.resolve("image/regroup-leave");
    }

    Path jvmFlags() {
        return dir.resolve("config/jvm-flags");
    }
}
