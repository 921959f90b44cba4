package io.regroup.member;

import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.redis.NodesText;
import io.regroup.redis.OwnRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the pod's volume keeps of its Redis: {@code nodes.conf} counts only together with that node's data. */
public final class Volume implements OwnRedis.CopyOf {

    private static final Logger log = LoggerFactory.getLogger(Volume.class);

    private final Path redisDir;
    private final Path copyOf;
    private Optional<String> remembered = Optional.empty();
    private boolean failed;

    public Volume(Path dataDir) {
        redisDir = dataDir.resolve("redis");
        copyOf = dataDir.resolve("copy-of");
        try {
            Files.createDirectories(redisDir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The node that is kept here. Absent when there is no data, or a node that never belonged to a cluster.
     *
     * @throws IllegalArgumentException when there is data and its {@code nodes.conf} cannot be read: it must be kept
     */
    public Optional<ClusterTable> stored() {
        Path nodes = redisDir.resolve("nodes.conf");
        try {
            if (!Files.exists(nodes) || Files.size(nodes) == 0 || !hasData()) {
                return Optional.empty();
            }
            ClusterTable table = NodesText.parse(Files.readString(nodes));
            boolean blank = table.others().isEmpty() && SlotSet.of(0).containsAll(table.myself().slots());
            return blank ? Optional.empty() : Optional.of(table);
        } catch (IOException e) {
            throw new IllegalArgumentException(nodes + " cannot be read: " + e.getMessage(), e);
        }
    }

    private boolean hasData() throws IOException {
        return !dataFiles().isEmpty();
    }

    private List<Path> dataFiles() throws IOException {
        List<Path> files = new ArrayList<>(Stream.of("appendonly.aof", "dump.rdb").map(redisDir::resolve).filter(Files::exists).toList());
        Path parts = redisDir.resolve("appendonlydir");
        if (Files.isDirectory(parts)) {
            try (Stream<Path> listed = Files.list(parts)) {
                listed.forEach(files::add);
            }
        }
        return files;
    }

    /** When Redis wrote to its data here last, in ms since the epoch by this machine's clock; absent: there is none, or it cannot be read. */
    public Optional<Long> writtenAt() {
        try {
            long last = Long.MIN_VALUE;
            for (Path file : dataFiles()) {
                last = Math.max(last, Files.getLastModifiedTime(file).toMillis());
            }
            return last == Long.MIN_VALUE ? Optional.empty() : Optional.of(last);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<NodeId> master(NodeId self) {
        if (remembered.isEmpty() && Files.exists(copyOf)) {
            try {
                remembered = Optional.of(Files.readString(copyOf).strip());
            } catch (IOException e) {
                return Optional.empty();
            }
        }
        return remembered.map(line -> line.split(" ")).filter(words -> words.length == 2 && words[0].equals(self.value()))
            .map(words -> new NodeId(words[1]));
    }

    /** Where that cannot be written, no older word stays there: it is tried again the next time. What the server does is told all the same, above all on a full disk. */
    @Override
    public void remember(NodeId self, NodeId master) {
        String line = self + " " + master;
        if (!failed && remembered.filter(line::equals).isPresent()) {
            return;
        }
        remembered = Optional.of(line);
        try {
            Files.writeString(copyOf, line + "\n");
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                log.warn("{} cannot be written: a server that is started again will not know whose copy it has", copyOf, e);
            }
            failed = true;
            forget();
        }
    }

    private void forget() {
        try {
            Files.deleteIfExists(copyOf);
        } catch (IOException e) {
            log.debug("{} cannot be deleted", copyOf, e);
        }
    }
}
