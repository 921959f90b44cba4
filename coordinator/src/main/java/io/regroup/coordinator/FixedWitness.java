package io.regroup.coordinator;

import io.regroup.lead.Chronicle;
import io.regroup.lead.Witness;
import io.regroup.model.Address;
import io.regroup.model.End;
import io.regroup.model.Pod;
import io.regroup.model.Seat;
import io.regroup.redis.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The witness without an API server: it knows what was set, or what a file says from time to time, and nothing of pods. */
public final class FixedWitness implements Witness {

    private static final long LOOK_MS = 200;
    private static final int TRY_MS = 500;

    private final OptionalInt nodes;
    private final Optional<Path> file;
    private final List<Address> places;
    private ScheduledExecutorService clock;
    private OptionalInt told = OptionalInt.empty();

    /**
     * @param nodes  {@code REDIS_CLUSTER_COUNT}
     * @param file   {@code REDIS_CLUSTER_COUNT_FILE}: has the number of nodes that are asked for now, which may change
     * @param places {@code GROUP_HOSTS}: wherever there may be a member
     */
    public FixedWitness(OptionalInt nodes, Optional<Path> file, List<Address> places) {
        this.places = List.copyOf(places);
        this.nodes = nodes;
        this.file = file;
    }

    @Override
    public OptionalInt assumed() {
        OptionalInt said = read();
        return said.isPresent() ? said : nodes;
    }

    @Override
    public synchronized void open(Count asked) {
        if (file.isEmpty()) {
            nodes.ifPresent(fixed -> asked.asked(fixed, true));
        } else if (clock == null) {
            clock = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("count").factory());
            told = OptionalInt.empty();
            clock.scheduleWithFixedDelay(() -> look(asked), 0, LOOK_MS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void look(Count asked) {
        OptionalInt said = read();
        if (said.isPresent() && !said.equals(told)) {
            told = said;
            asked.asked(said.getAsInt(), said.equals(nodes));
        }
    }

    /** Nothing where it cannot be read, or says no number: what was said last holds on. */
    private OptionalInt read() {
        try {
            return file.isPresent() ? OptionalInt.of(Integer.parseInt(Files.readString(file.get()).strip())) : OptionalInt.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    @Override
    public synchronized void close() {
        if (clock != null) {
            clock.shutdownNow();
            clock = null;
        }
    }

    /** Where the addresses are fixed, one place has one pod at a time: whoever is there now has taken the other's place for good. */
    @Override
    public Optional<End> proofOfEnd(String member, Seat seat, Optional<String> tenant) {
        return tenant.map(name -> new End(name + " is in its place", true));
    }

    /** Those that are here, and the first other place where somebody may listen, by its address. Which of them is older than another is not known. */
    @Override
    public Optional<SortedMap<String, Long>> pods(SortedMap<Address, String> here) {
        SortedMap<String, Long> pods = new TreeMap<>();
        here.values().forEach(name -> pods.put(name, 0L));
        places.stream().filter(place -> !here.containsKey(place) && !Port.refuses(place, TRY_MS)).findFirst()
            .ifPresent(place -> pods.put(place.toString(), 0L));
        return Optional.of(pods);
    }

    @Override
    public boolean price(SortedMap<String, Integer> costs) {
        return true;
    }

    @Override
    public OptionalLong graceMs(Pod pod) {
        return OptionalLong.empty();
    }

    @Override
    public void tell(Chronicle.Entry entry) {
        // The log has it.
    }
}
