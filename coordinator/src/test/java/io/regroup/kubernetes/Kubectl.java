package io.regroup.kubernetes;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.kubernetes.Program.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The {@code kubectl} on the PATH, in one namespace of the cluster that KUBECONFIG names. */
final class Kubectl {

    /** Longer than any answer takes on a busy machine; what takes long by nature (a rollout) says its own limit. */
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final String namespace;

    Kubectl(String namespace) {
        this.namespace = namespace;
    }

    String namespace() {
        return namespace;
    }

    /** What it printed. @throws Program.Failed with kubectl's own words */
    String ask(String... words) {
        return run(LIMIT, "", words).output();
    }

    JsonObject json(String... words) {
        return JsonParser.parseString(ask(words)).getAsJsonObject();
    }

    /** For what may fail. */
    Ran run(String... words) {
        return run(LIMIT, "", words);
    }

    Ran run(Duration limit, String input, String... words) {
        return Program.run(limit, input, command(words));
    }

    /** Runs a bash script in a container: {@code $0}, {@code $1} ... are the words. */
    String bash(String pod, String container, String script, List<String> words) {
        List<String> command = new ArrayList<>(List.of("exec", pod, "-c", container, "--", "bash", "-c", script));
        command.addAll(words);
        return ask(command.toArray(String[]::new));
    }

    /** Starts it and does not wait; its output, errors too, goes to the file. */
    Process start(Path output, String... words) {
        try {
            return new ProcessBuilder(command(words)).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command(String... words) {
        List<String> command = new ArrayList<>(List.of("kubectl", "-n", namespace));
        command.addAll(List.of(words));
        return command;
    }
}
