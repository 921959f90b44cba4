package io.regroup.group;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.jgroups.protocols.kubernetes.Pod;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last list of pods, remembered in the pod's own directory: a coordinator that starts again while the API server does
 * not answer joins the others by it. Without it that member would know nobody's address when the others find it, and the
 * merge of a member that reaches nobody takes members out of the others' view, again and again until there is a list.
 *
 * <p>An old list does no harm: whoever has left it does not answer, and whoever has a departed pod's address now is no
 * member of a group of this name.
 */
final class PodsFile {

    private static final Logger LOG = LoggerFactory.getLogger(PodsFile.class);

    private final Path file;

    PodsFile(Path file) {
        this.file = file;
    }

    /** Empty when nothing usable is remembered. */
    List<Pod> recall() {
        try {
            List<Pod> pods = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                String[] words = line.split(" ");
                if (words.length == 2)
                    pods.add(new Pod(words[0], words[1], null, true));
            }
            return List.copyOf(pods);
        } catch (IOException nothing) {
            return List.of();
        }
    }

    /** Failing to remember costs nothing now, so it is only logged. */
    void remember(List<Pod> pods) {
        Path whole = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Files.createDirectories(file.getParent());
            Files.write(whole, pods.stream().map(pod -> pod.getName() + " " + pod.getIp()).toList());
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("the pods could not be written to {} ({}): a restart without an API server will have to be found by the others", file, e.toString());
        }
    }
}
