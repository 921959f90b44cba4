package io.regroup.kube;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How this pod reaches the Kubernetes API server.
 *
 * @param server    its URL; {@code https} (checked against {@code caFile}) or {@code http} (a proxy on loopback)
 * @param token     a fixed bearer token; empty: the one in {@code tokenFile}, if that file exists
 * @param tokenFile where Kubernetes keeps this pod's token and renews it
 * @param caFile    the certificates (PEM) that the server's own must be signed by; not needed for {@code http}
 * @param namespace the namespace of this pod and of everything that it asks for
 */
public record ApiSettings(URI server, Optional<String> token, Path tokenFile, Path caFile, String namespace) {

    public ApiSettings {
        Objects.requireNonNull(token);
        Objects.requireNonNull(tokenFile);
        Objects.requireNonNull(caFile);
        if (server.getHost() == null || !("https".equals(server.getScheme()) || "http".equals(server.getScheme()))) {
            throw new UnusableSettings("the API server's URL " + server
                    + " cannot be used: it must be https://host[:port] or http://host[:port]");
        }
        if (namespace.isBlank()) {
            throw new UnusableSettings("the namespace of this pod is not known: POD_NAMESPACE must name it");
        }
        if (server.toString().endsWith("/")) {
            server = URI.create(server.toString().replaceAll("/+$", ""));
        }
    }

    boolean encrypted() {
        return "https".equals(server.getScheme());
    }

    /** The path of a collection, or of one object in it, of this pod's namespace. */
    String core(String what) {
        return "/api/v1/namespaces/" + namespace + "/" + what;
    }

    /** The same of the API group apps. */
    String apps(String what) {
        return "/apis/apps/v1/namespaces/" + namespace + "/" + what;
    }
}
