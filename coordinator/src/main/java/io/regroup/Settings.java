package io.regroup;

import io.regroup.group.Discovery;
import io.regroup.kube.ApiSettings;
import io.regroup.kube.PodSettings;
import io.regroup.kube.Rollout;
import io.regroup.model.Address;
import io.regroup.model.ShardLoss;
import io.regroup.move.MoveSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the environment sets. A wrong value stops the start: {@link Wrong} says what, why, and what would be right.
 *
 * @param kubernetes how the API server is reached; absent in local mode
 * @param nodes      {@code REDIS_CLUSTER_COUNT}: asked for where no API server tells
 * @param countFile {@code REDIS_CLUSTER_COUNT_FILE}: where, in local mode, somebody writes how many are asked for now
 * @param jmxPort    set: remote JMX; the launcher turns it into flags of the JVM
 */
public record Settings(String podName, String podUid, String podIp, String kubernetesNode, String zone,
                       Optional<Kubernetes> kubernetes, List<String> groupHosts, OptionalInt nodes, Optional<Path> countFile, int replicas, ShardLoss shardLoss, Moving moving, int redisPort,
                       int groupPort, int httpPort, OptionalInt jmxPort, Path dataDir) {

    private static final Path SERVICE_ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    /** Ports up to here leave room for Redis' cluster bus at + 10000. */
    private static final int HIGHEST_REDIS_PORT = 55535;

    /**
     * How slots move.
     *
     * @param atOnce {@code MIGRATION_CONCURRENCY}: pairs of masters between which slots move at the same time
     */
    public record Moving(int atOnce, MoveSettings how) {
    }

    /** What only a pod on Kubernetes has. */
    public record Kubernetes(ApiSettings api, PodSettings pod, Discovery.Kubernetes discovery) {
    }

    /** One line for whoever set it. */
    public static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    public Address redis() {
        return new Address(podIp, redisPort);
    }

    /** Where the coordinator speaks to its own server: the containers of a pod share their loopback, and one loopback address is a pod of its own. */
    public Address ownRedis() {
        return new Address(isOnLoopback() ? podIp : "127.0.0.1", redisPort);
    }

    /** Then image/regroup-redis lets the server listen on that address only. */
    private boolean isOnLoopback() {
        return podIp.startsWith("127.") || podIp.equals("::1");
    }

    public Address group() {
        return new Address(podIp, groupPort);
    }

    /** @throws Wrong at the first value that cannot be used */
    public static Settings of(Map<String, String> env) {
        Reader reader = new Reader(env);
        Discovered kind = reader.choice("DISCOVERY", Discovered.KUBE, Discovered.values());
        String name = reader.required("POD_NAME", "the pod's name, from the downward API (metadata.name)");
        String ip = reader.required("POD_IP", "the pod's IP, from the downward API (status.podIP)");
        String uid = reader.find("POD_UID").orElse(name);
        Path dataDir = Path.of(reader.find("DATA_DIR").orElse("/data"));
        Optional<String> zone = reader.find("ZONE");
        Optional<Kubernetes> kubernetes = kind == Discovered.KUBE
            ? Optional.of(kubernetes(reader, name, uid, zone, dataDir)) : Optional.empty();
        List<String> hosts = kind == Discovered.STATIC ? hosts(reader) : List.of();
        OptionalInt nodes = reader.find("REDIS_CLUSTER_COUNT").isPresent()
            ? OptionalInt.of(reader.number("REDIS_CLUSTER_COUNT", 0, 1, 1000)) : OptionalInt.empty();
        return new Settings(name, uid, ip, reader.find("NODE_NAME").orElse(""), zone.orElse(""), kubernetes, hosts, nodes,
            reader.find("REDIS_CLUSTER_COUNT_FILE").filter(path -> kind == Discovered.STATIC).map(Path::of),
            reader.number("REDIS_CLUSTER_REPLICA", 1, 0, 10),
            new ShardLoss(reader.choice("SHARD_LOSS", Lost.REASSIGN, Lost.values()) == Lost.REASSIGN,
                1000L * reader.number("SHARD_LOSS_GRACE", ShardLoss.PRESET_GRACE_S, 0, 86_400)),
            new Moving(reader.number("MIGRATION_CONCURRENCY", 2, 1, 100),
                MoveSettings.DEFAULT.withBatchKeys(reader.number("MIGRATION_BATCH", MoveSettings.DEFAULT.batchKeys(), 1, 10_000))),
            reader.number("REDIS_CLUSTER_PORT", 6379, 1, HIGHEST_REDIS_PORT),
            reader.number("GROUP_PORT", 7800, 1, 65435),
            reader.number("HTTP_PORT", 8080, 1, 65535),
            reader.find("JMX_PORT").isPresent() ? OptionalInt.of(reader.number("JMX_PORT", 0, 1, 65535)) : OptionalInt.empty(),
            dataDir);
    }

    private enum Lost {
        REASSIGN, HALT
    }

    private enum Discovered {
        KUBE, STATIC
    }

    private static Kubernetes kubernetes(Reader reader, String name, String uid, Optional<String> zone, Path dataDir) {
        String namespace = reader.required("POD_NAMESPACE", "the pod's namespace, from the downward API (metadata.namespace)");
        URI server = reader.uri("APISERVER", "https://" + reader.find("KUBERNETES_SERVICE_HOST").orElse("kubernetes.default.svc")
            + ":" + reader.find("KUBERNETES_SERVICE_PORT").orElse("443"));
        Optional<String> token = reader.find("TOKEN");
        Path tokenFile = SERVICE_ACCOUNT.resolve("token");
        Path caFile = SERVICE_ACCOUNT.resolve("ca.crt");
        Rollout rollout = reader.choice("ROLLOUT", Rollout.CARRY, Rollout.values());
        String labels = reader.find("GROUP_LABELS").orElse("app.kubernetes.io/name=redis");
        return new Kubernetes(new ApiSettings(server, token, tokenFile, caFile, namespace),
            new PodSettings(name, uid, reader.find("POD_TEMPLATE_HASH"), rollout, zone, dataDir),
            new Discovery.Kubernetes(server, namespace, labels,
                token.<Discovery.Token>map(Discovery.Token.Literal::new).orElseGet(() -> new Discovery.Token.FromFile(tokenFile)),
                caFile, dataDir.resolve("pods")));
    }

    private static List<String> hosts(Reader reader) {
        List<String> hosts = Arrays.stream(reader.required("GROUP_HOSTS", "the members' addresses, as host[port],host[port]")
            .split(",")).map(String::strip).toList();
        for (String host : hosts) {
            if (!host.matches("[^\\[\\],]+\\[\\d{1,5}]")) {
                throw new Wrong("GROUP_HOSTS has '" + host + "': each entry must look like host[port], such as 127.0.0.1[7801]");
            }
        }
        return hosts;
    }

    private record Reader(Map<String, String> env) {

        Optional<String> find(String name) {
            return Optional.ofNullable(env.get(name)).map(String::strip).filter(v -> !v.isEmpty());
        }

        String required(String name, String what) {
            return find(name).orElseThrow(() -> new Wrong(name + " is not set: it must be " + what));
        }

        int number(String name, int preset, int least, int most) {
            String value = find(name).orElse(Integer.toString(preset));
            String right = name + " is '" + value + "': it must be a whole number from " + least + " to " + most;
            try {
                int number = Integer.parseInt(value);
                if (number < least || number > most) {
                    throw new Wrong(right);
                }
                return number;
            } catch (NumberFormatException e) {
                throw new Wrong(right);
            }
        }

        URI uri(String name, String preset) {
            String value = find(name).orElse(preset);
            try {
                URI uri = URI.create(value);
                if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                    return uri;
                }
            } catch (IllegalArgumentException e) {
                // Said below, with what would be right.
            }
            throw new Wrong(name + " is '" + value + "': it must be a URL such as https://10.96.0.1:443");
        }

        <T extends Enum<T>> T choice(String name, T preset, T[] choices) {
            Optional<String> value = find(name);
            if (value.isEmpty()) {
                return preset;
            }
            List<String> names = new ArrayList<>();
            for (T choice : choices) {
                String word = choice.name().toLowerCase(Locale.ROOT);
                if (word.equals(value.get())) {
                    return choice;
                }
                names.add(word);
            }
            throw new Wrong(name + " is '" + value.get() + "': it must be " + String.join(" or ", names));
        }
    }
}
