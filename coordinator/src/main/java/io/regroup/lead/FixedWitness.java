package io.regroup.lead;

import io.regroup.model.End;
import io.regroup.model.Seat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.function.IntConsumer;

/** The witness without an API server: it knows what was set, and nothing of pods. */
public final class FixedWitness implements Witness {

    private final OptionalInt nodes;

    /** @param nodes {@code REDIS_CLUSTER_COUNT} */
    public FixedWitness(OptionalInt nodes) {
        this.nodes = nodes;
    }

    @Override
    public OptionalInt assumed() {
        return nodes;
    }

    @Override
    public void open(IntConsumer asked) {
        // It will never learn more.
    }

    @Override
    public void close() {
        // Nothing was opened.
    }

    /** Where the addresses are fixed, one place has one pod at a time: whoever is there now has taken the other's place for good. */
    @Override
    public Optional<End> proofOfEnd(String member, Seat seat, Optional<String> tenant) {
        return tenant.map(name -> new End(name + " is in its place", true));
    }

    @Override
    public Optional<SortedSet<String>> pods() {
        return Optional.empty();
    }

    @Override
    public void tell(Chronicle.Entry entry) {
        // The log has it.
    }
}
