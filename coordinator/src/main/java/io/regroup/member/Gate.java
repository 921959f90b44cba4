package io.regroup.member;

import io.regroup.model.NodeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * The start gate, and the door at a pod's end: small files on the volume that both containers share. The other side of
 * it is {@code image/regroup-redis} and {@code image/regroup-leave}.
 */
public final class Gate {

    private final Path dir;

    /** @throws UncheckedIOException when the directory cannot be made */
    public Gate(Path dir) {
        this.dir = dir;
        try {
            Files.createDirectories(dir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The id of the start that waits for a permit. */
    public Optional<String> request() {
        return read("request");
    }

    /** The id of the start that has its permit and has not used it yet. */
    public Optional<String> permitted() {
        return read("permit").map(line -> line.split(" ")[0]);
    }

    /** The id of the last start that went through. */
    public Optional<String> running() {
        return read("running");
    }

    /**
     * Opens the gate for this one start.
     *
     * @param blank  nothing of what the volume keeps is to be used
     * @param former whose addresses its table is to lose before
     */
    public void permit(String request, boolean blank, SortedSet<NodeId> former) {
        write("permit", request + " " + (blank ? "blank" : "data") + former.stream().map(id -> " " + id).collect(Collectors.joining()));
    }

    /** Says to whoever reads the other container's log what the start waits for. */
    public void explain(String reason) {
        write("waiting", reason);
    }

    /** Whether the pod is terminating: its preStop hook asks to leave. */
    public boolean isLeaving() {
        return Files.exists(dir.resolve("leave"));
    }

    /**
     * This container has been started: then the pod is not terminating, whatever a preStop hook has asked for before. The kubelet runs the
     * hooks also when it restarts a container, or all of a pod whose sandbox is made anew.
     */
    public void stay() {
        for (String name : List.of("leave", "released")) {
            try {
                Files.deleteIfExists(dir.resolve(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public boolean isReleased() {
        return Files.exists(dir.resolve("released"));
    }

    /** Lets the preStop hooks end. */
    public void release() {
        write("released", "");
    }

    private Optional<String> read(String name) {
        try {
            String line = Files.readString(dir.resolve(name)).strip();
            return line.isEmpty() ? Optional.empty() : Optional.of(line);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String name, String line) {
        try {
            Path part = Files.writeString(dir.resolve(name + ".new"), line + "\n");
            Files.move(part, dir.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
