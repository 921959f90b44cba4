package io.regroup.kubernetes;

import io.regroup.kubernetes.PodSeen.Container;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What can happen to pods and containers. */
final class Blow {

    private final Kubectl kubectl;

    Blow(Kubectl kubectl) {
        this.kubectl = kubectl;
    }

    /** As if their nodes had died: nobody gets a word to say good-bye. */
    void deleteByForce(List<PodSeen> pods) {
        delete(pods, "--force", "--grace-period=0");
    }

    void deleteGracefully(List<PodSeen> pods) {
        delete(pods);
    }

    private void delete(List<PodSeen> pods, String... how) {
        List<String> words = new ArrayList<>(List.of("delete", "pod", "--wait=false"));
        pods.forEach(pod -> words.add(pod.name()));
        words.addAll(Arrays.asList(how));
        kubectl.ask(words.toArray(String[]::new));
    }

    /**
     * Ends these containers of these pods all at once; the kubelet starts them again. SIGKILL where Docker on this machine runs
     * them. On any other cluster nobody may send that to a container's first process, so there redis-server is told to shut
     * down at once, and the JVM gets a SIGSEGV, of which it dies without a chance to say good-bye.
     */
    void kill(List<PodSeen> pods, String... names) {
        List<Container> containers = new ArrayList<>();
        for (PodSeen pod : pods) {
            for (String name : names) {
                containers.add(pod.containers().get(name));
            }
        }
        if (Docker.runs(containers.getFirst())) {
            Docker.kill(containers);
            return;
        }
        for (PodSeen pod : pods) {
            for (String name : names) {
                // The connection breaks with the container: no exit code to look at.
                kubectl.run("exec", pod.name(), "-c", name, "--", "bash", "-c",
                    name.equals("redis") ? "redis-cli shutdown nosave now force" : "kill -SEGV 1");
            }
        }
    }
}
