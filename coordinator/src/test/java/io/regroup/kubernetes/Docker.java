package io.regroup.kubernetes;

import io.regroup.kubernetes.PodSeen.Container;
import io.regroup.kubernetes.Program.Ran;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Docker, where it is both this machine's and the runtime of the Kubernetes node. */
final class Docker {

    private static final String PREFIX = "docker://";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Docker() {
    }

    /** Whether this machine's Docker runs this container of a pod. */
    static boolean runs(Container container) {
        return container.id().startsWith(PREFIX) && run("inspect", "--format", "{{.Id}}", id(container)).ok();
    }

    /** SIGKILL to the first process of each, at about the same time. */
    static void kill(List<Container> containers) {
        List<String> words = new ArrayList<>(List.of("kill"));
        containers.forEach(container -> words.add(id(container)));
        run(words.toArray(String[]::new)).output();
    }

    /** The network of each goes with its sandbox: the kubelet makes another one, with another address, and starts the containers again. */
    static void killSandboxes(List<PodSeen> pods) {
        List<String> words = new ArrayList<>(List.of("kill"));
        pods.forEach(pod -> words.add(find(pod.uid(), "POD").orElseThrow()));
        run(words.toArray(String[]::new)).output();
    }

    /** More precise than the API server, which tells whole seconds. */
    static Optional<Instant> startOf(Container container) {
        Ran ran = run("inspect", "--format", "{{.State.StartedAt}}", id(container));
        return ran.ok() ? Optional.of(Instant.parse(ran.out().strip())) : Optional.empty();
    }

    /** The containers of this name that run in the pod of this UID now: one, or none. Works while no API server answers. */
    static Optional<String> find(String podUid, String name) {
        String ids = run("ps", "-q", "--no-trunc", "--filter", "label=io.kubernetes.pod.uid=" + podUid,
            "--filter", "label=io.kubernetes.container.name=" + name).output().strip();
        return ids.isEmpty() ? Optional.empty() : Optional.of(ids.lines().findFirst().orElseThrow());
    }

    static Ran exec(String id, String... words) {
        List<String> command = new ArrayList<>(List.of("exec", id));
        command.addAll(List.of(words));
        return run(command.toArray(String[]::new));
    }

    private static String id(Container container) {
        return container.id().startsWith(PREFIX) ? container.id().substring(PREFIX.length()) : container.id();
    }

    private static Ran run(String... words) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(words));
        return Program.run(LIMIT, "", command);
    }
}
