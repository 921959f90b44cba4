package io.regroup.kubernetes;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.regroup.kubernetes.Program.Failed;
import io.regroup.kubernetes.Program.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;

/**
 * When a test has failed: what the cluster was like, in {@code target/kube-failures/<test>/}, before the namespace goes.
 */
final class Evidence implements AfterTestExecutionCallback, LifecycleMethodExecutionExceptionHandler {

    private static final Path FAILURES = Path.of("target", "kube-failures").toAbsolutePath();

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            leave(context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName());
        }
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        leave(context.getRequiredTestClass().getSimpleName());
        throw failure;
    }

    private static void leave(String test) {
        Path dir = FAILURES.resolve(test);
        for (Kubectl kubectl : TestNamespace.open()) {
            keep(kubectl, dir, "pods.txt", "get", "all", "-o", "wide");
            keep(kubectl, dir, "events.txt", "get", "events", "--sort-by=.lastTimestamp");
            keep(kubectl, dir, "describe.txt", "describe", "pods,deployments");
            try {
                for (JsonElement element : kubectl.json("get", "pods", "-o", "json").getAsJsonArray("items")) {
                    pod(kubectl, dir, PodSeen.of((JsonObject) element));
                }
            } catch (Failed e) {
                write(dir.resolve("pods.txt"), "the pods could not be listed: " + e.getMessage());
            }
        }
        System.out.println("[kube] " + test + " FAILED: logs, events and CLUSTER NODES of every pod are in " + dir);
    }

    private static void pod(Kubectl kubectl, Path dir, PodSeen pod) {
        for (PodSeen.Container container : pod.containers().values()) {
            String log = pod.name() + "." + container.name() + ".log";
            keep(kubectl, dir, log, "logs", pod.name(), "-c", container.name(), "--timestamps");
            if (container.restarts() > 0) {
                keep(kubectl, dir, "previous-" + log, "logs", pod.name(), "-c", container.name(), "--timestamps", "--previous");
            }
        }
        keep(kubectl, dir, pod.name() + ".cluster-nodes.txt", "exec", pod.name(), "-c", "redis", "--", "redis-cli", "cluster", "nodes");
        keep(kubectl, dir, pod.name() + ".gate.txt", "exec", pod.name(), "-c", "redis", "--", "bash", "-c", "cd /data/gate; tail -n 5 *");
        keep(kubectl, dir, pod.name() + ".status.json", "get", "--raw",
            "/api/v1/namespaces/" + kubectl.namespace() + "/pods/" + pod.name() + ":8080/proxy/status");
    }

    private static void keep(Kubectl kubectl, Path dir, String file, String... words) {
        String text;
        try {
            Ran ran = kubectl.run(words);
            text = ran.out() + ran.err();
        } catch (Failed e) {
            text = e.getMessage();
        }
        write(dir.resolve(file), text);
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
