package io.regroup.kubernetes;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;

/**
 * The API server itself, from behind: its process and its audit log. Both are only within reach where it runs on this machine:
 * in {@code KUBE_HOME} (by default where KUBECONFIG lies) {@code pid/apiserver} holds its process id, and {@code log/audit.log} is what
 * {@code --audit-log-path} writes, at level Metadata at least. Where they are missing the stories that need them fail, with the
 * reason: they have not been shown then.
 */
final class ApiServer {

    private ApiServer() {
    }

    private static Path home() {
        return Optional.ofNullable(System.getenv("KUBE_HOME")).map(Path::of)
            .orElseGet(() -> Path.of(System.getenv("KUBECONFIG")).toAbsolutePath().getParent());
    }

    private static Path needed(String file, String what) {
        Path path = home().resolve(file);
        if (!Files.isReadable(path)) {
            Assertions.fail("this story needs " + what + ", and there is no " + path
                + ": it can only be told on the machine that runs the API server, with KUBE_HOME set to the directory that has "
                + file);
        }
        return path;
    }

    /**
     * The API server answers nobody for so long: its process is stopped, and goes on by itself afterwards, even when
     * this JVM is ended meanwhile.
     *
     * @return the process that ends when it goes on
     */
    static Process stopFor(Duration time) {
        try {
            String pid = Files.readString(needed("pid/apiserver", "to stop the API server's process")).strip();
            String name = Files.readString(Path.of("/proc", pid, "comm")).strip();
            Assertions.assertEquals("kube-apiserver", name, "process " + pid + " is not the API server");
            return new ProcessBuilder("setsid", "bash", "-c", "kill -STOP $0; sleep $1; kill -CONT $0", pid, Long.toString(time.toSeconds()))
                .inheritIO().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A place in the audit log. */
    record Mark(Path log, long offset) {

        /** Every request since then by service accounts of this namespace, as "verb resource/subresource by agent". */
        List<String> requestsFrom(String namespace) {
            List<String> requests = new ArrayList<>();
            try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
                if (file.length() < offset) {
                    Assertions.fail("the audit log " + log + " was begun anew during the story: tell it again");
                }
                file.seek(offset);
                byte[] bytes = new byte[(int) (file.length() - offset)];
                file.readFully(bytes);
                for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
                    if (line.startsWith("{") && line.contains("\"system:serviceaccount:" + namespace + ":")) {
                        request(JsonParser.parseString(line).getAsJsonObject()).ifPresent(requests::add);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return requests;
        }

        /** A watch has two lines, one when it begins: that one counts. */
        private static Optional<String> request(JsonObject line) {
            String verb = line.get("verb").getAsString();
            boolean begins = !line.get("stage").getAsString().equals("ResponseComplete");
            if (verb.equals("watch") != begins) {
                return Optional.empty();
            }
            JsonObject on = line.getAsJsonObject("objectRef");
            return Optional.of(verb + " " + (on == null ? line.get("requestURI").getAsString() : on.get("resource").getAsString()));
        }
    }

    static Mark mark() {
        Path log = needed("log/audit.log", "to read the API server's audit log");
        try {
            return new Mark(log, Files.size(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
