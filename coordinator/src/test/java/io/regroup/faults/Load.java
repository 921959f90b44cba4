package io.regroup.faults;

import io.regroup.model.Address;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Keeps servers busy for as long as it is there: each calculates, one short script after the other, and changes nothing. */
final class Load implements AutoCloseable {

    /** Well below a millisecond of a whole core. */
    private static final String SCRIPT = "EVAL \"local x = 0 for i = 1, 20000 do x = x + i end return x\" 0";
    private static final int ANSWER_MS = 5000;

    private final AtomicBoolean enough = new AtomicBoolean();

    Load(List<Address> servers) {
        servers.forEach(server -> Thread.ofPlatform().daemon().name("load of " + server).start(() -> calculate(server)));
    }

    private void calculate(Address server) {
        try (Writer writer = new Writer(server, ANSWER_MS)) {
            while (!enough.get()) {
                writer.ask(SCRIPT);
            }
        }
    }

    @Override
    public void close() {
        enough.set(true);
    }
}
