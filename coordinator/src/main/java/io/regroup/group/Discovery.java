package io.regroup.group;

import io.regroup.model.Address;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** How a member finds the others. It is the only thing in which a group on Kubernetes and one on a single machine differ. */
public sealed interface Discovery {

    /**
     * The pods that carry a label, as the API server lists them.
     *
     * @param apiServer  such as {@code https://10.96.0.1:443}; a path in it is kept (a proxy's prefix)
     * @param namespace  the pods' namespace
     * @param labels     a label selector, such as {@code app.kubernetes.io/name=redis}
     * @param token      who we say we are
     * @param caFile     certificates that the API server's own must descend from, in PEM; not read when {@code apiServer}
     *                   is {@code http://}
     * @param memory     the file that keeps the last list over a restart
     */
    record Kubernetes(URI apiServer, String namespace, String labels, Token token, Path caFile, Path memory) implements Discovery {

        /** @throws IllegalArgumentException if the address is no http or https URL, or the namespace or labels are empty */
        public Kubernetes {
            Objects.requireNonNull(token, "token");
            Objects.requireNonNull(caFile, "caFile");
            Objects.requireNonNull(memory, "memory");
            String scheme = apiServer.getScheme();
            if (apiServer.getHost() == null || !("http".equals(scheme) || "https".equals(scheme)))
                throw new IllegalArgumentException("the API server's address must look like https://host:port, not " + apiServer);
            if (namespace.isBlank())
                throw new IllegalArgumentException("the namespace is empty");
            // Without labels every pod of the namespace would be asked on every round.
            if (labels.isBlank())
                throw new IllegalArgumentException("the label selector is empty");
        }

        boolean encrypted() {
            return "https".equals(apiServer.getScheme());
        }
    }

    /** A fixed list of addresses to ask. @param hosts each as {@code host[port]} */
    record Static(List<String> hosts) implements Discovery {

        /** @throws IllegalArgumentException if an entry does not look like {@code host[port]} */
        public Static {
            hosts = List.copyOf(hosts);
            for (String host : hosts)
                if (!host.matches("[^\\[\\],]+\\[\\d{1,5}]"))
                    throw new IllegalArgumentException("a member's address must look like host[port], not " + host);
        }

        public List<Address> addresses() {
            return hosts.stream().map(host -> host.substring(0, host.length() - 1).split("\\["))
                .map(parts -> new Address(parts[0], Integer.parseInt(parts[1]))).toList();
        }
    }

    /** A bearer token for the API server. */
    sealed interface Token {

        /** Given once; good for as long as the process lives. */
        record Literal(String value) implements Token {
            /** Never in a log. */
            @Override
            public String toString() {
                return "Literal[...]";
            }
        }

        /** Read again and again, for the kubelet renews it. A file that does not exist means: no token is sent. */
        record FromFile(Path file) implements Token {
        }
    }
}
