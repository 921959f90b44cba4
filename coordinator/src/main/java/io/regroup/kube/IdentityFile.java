package io.regroup.kube;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The identity, remembered in the pod's own directory, so that a coordinator that starts again while the API server is
 * down knows who it is. Good for one pod UID only: the directory may be somebody else's volume one day.
 */
final class IdentityFile {
    private static final Logger log = LoggerFactory.getLogger(IdentityFile.class);

    private final PodSettings pod;
    private final Path file;

    IdentityFile(PodSettings pod) {
        this.pod = pod;
        this.file = pod.dataDir().resolve("identity");
    }

    /** Empty when nothing usable is remembered: no file, cut off, of another pod or of another rollout mode. */
    Optional<Identity> recall() {
        Properties lines = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            lines.load(in);
        } catch (IOException | IllegalArgumentException nothing) {
            return Optional.empty();
        }
        if (!pod.uid().equals(lines.getProperty("pod")) || !pod.rollout().name().equals(lines.getProperty("rollout"))) {
            return Optional.empty();
        }
        String kind = lines.getProperty("kind");
        String name = lines.getProperty("name");
        String uid = lines.getProperty("uid");
        String group = lines.getProperty("group");
        return kind == null || name == null || uid == null || group == null
                ? Optional.empty()
                : Optional.of(new Identity(kind, name, uid, pod.zone(), group));
    }

    /** Failing to remember costs nothing now, so it is only logged. */
    void remember(Identity identity) {
        Properties lines = new Properties();
        lines.setProperty("pod", pod.uid());
        lines.setProperty("rollout", pod.rollout().name());
        lines.setProperty("kind", identity.kind());
        lines.setProperty("name", identity.deploymentName());
        lines.setProperty("uid", identity.deploymentUid());
        lines.setProperty("group", identity.groupName());
        Path whole = file.resolveSibling("identity.tmp");
        try {
            Files.createDirectories(file.getParent());
            try (Writer out = Files.newBufferedWriter(whole)) {
                lines.store(out, "Who this pod is, so that a restart need not ask the API server.");
            }
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.warn("who this pod is could not be written to {} ({}): a restart will have to ask the API server", file, e.toString());
        }
    }
}
