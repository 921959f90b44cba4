package io.regroup.kubernetes;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.kubernetes.Look.Answer;
import io.regroup.kubernetes.Program.Failed;
import io.regroup.kubernetes.Program.Ran;
import io.regroup.redis.NodesText;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One Deployment of Regroup as its user sees it, through {@code kubectl} and {@code redis-cli} alone. */
final class RedisDeployment {

    static final Path YAML = Path.of("..", "k8s", "deployment.yaml").toAbsolutePath().normalize();

    private static final String QUESTIONS = "CLUSTER NODES\\nECHO @@\\nCLUSTER INFO\\nECHO @@\\nINFO replication\\nECHO @@\\nDBSIZE\\n";
    /** Asks each of the addresses that are its words; one that is gone costs a second. */
    private static final String ASK_ALL = "shopt -s lastpipe; for ip; do echo \"## $ip\"; printf '%b' \"$0\" | timeout 2 redis-cli -h $ip; done; true";
    private static final Pattern WHOLE = Pattern.compile("^(\\S+) .*the cluster is whole", Pattern.MULTILINE);

    private final Kubectl kubectl;
    private final String name;
    private final String uid;
    private int nodes;
    private final int replicas;

    /** The Deployment of this name, which exists. */
    RedisDeployment(Kubectl kubectl, String name, int nodes, int replicas) {
        this.kubectl = kubectl;
        this.name = name;
        this.nodes = nodes;
        this.replicas = replicas;
        this.uid = kubectl.json("get", "deployment", name, "-o", "json").getAsJsonObject("metadata").get("uid").getAsString();
    }

    /** k8s/deployment.yaml as it stands. */
    static RedisDeployment create(Kubectl kubectl) {
        kubectl.ask("create", "-f", YAML.toString());
        return new RedisDeployment(kubectl, "redis", 6, 1);
    }

    /** {@code kubectl scale}: from now on it is whole with so many pods. */
    void scale(int pods) {
        nodes = pods;
        kubectl.ask("scale", "deployment/" + name, "--replicas=" + pods);
    }

    Kubectl kubectl() {
        return kubectl;
    }

    String name() {
        return name;
    }

    /** Pods of this Deployment's ReplicaSets, whatever labels others have; terminating ones too. */
    List<PodSeen> pods() {
        JsonArray items = kubectl.json("get", "replicasets,pods", "-o", "json").getAsJsonArray("items");
        Set<String> sets = new HashSet<>();
        List<PodSeen> pods = new ArrayList<>();
        for (JsonElement element : items) {
            JsonObject item = element.getAsJsonObject();
            if (item.get("kind").getAsString().equals("ReplicaSet")) {
                JsonObject meta = item.getAsJsonObject("metadata");
                if (meta.has("ownerReferences")
                    && meta.getAsJsonArray("ownerReferences").get(0).getAsJsonObject().get("uid").getAsString().equals(uid)) {
                    sets.add(meta.get("uid").getAsString());
                }
            }
        }
        for (JsonElement element : items) {
            JsonObject item = element.getAsJsonObject();
            if (item.get("kind").getAsString().equals("Pod")) {
                pods.add(PodSeen.of(item));
            }
        }
        return pods.stream().filter(p -> sets.contains(p.replicaSetUid())).toList();
    }

    Look look() {
        List<PodSeen> pods = pods();
        return new Look(pods, answers(pods));
    }

    /** What the servers of these pods say, asked in one of them. */
    private SortedMap<String, Answer> answers(List<PodSeen> pods) {
        List<String> words = new ArrayList<>(List.of(QUESTIONS));
        SortedMap<String, Answer> answers = new TreeMap<>();
        pods.stream().map(PodSeen::ip).filter(ip -> !ip.isEmpty()).forEach(words::add);
        Optional<PodSeen> asker = pods.stream().filter(p -> p.runs() && !p.terminating()).findFirst();
        if (asker.isEmpty()) {
            return answers;
        }
        for (String part : kubectl.bash(asker.get().name(), "redis", ASK_ALL, words).split("(?m)^## ")) {
            String[] ipAndRest = part.split("\n", 2);
            for (PodSeen pod : pods) {
                if (ipAndRest.length == 2 && pod.ip().equals(ipAndRest[0])) {
                    answer(ipAndRest[1]).ifPresent(answer -> answers.put(pod.name(), answer));
                }
            }
        }
        return answers;
    }

    /** @return empty when the server did not answer all questions (it is down, or loads) */
    private static Optional<Answer> answer(String text) {
        String[] replies = text.replace("\r", "").split("(?m)^@@\n");
        if (replies.length != 4 || !replies[3].strip().matches("\\d+") || !replies[0].contains("myself")) {
            return Optional.empty();
        }
        boolean linkUp = replies[2].contains("role:master") || replies[2].contains("master_link_status:up");
        return Optional.of(new Answer(NodesText.parse(replies[0]), replies[1].contains("cluster_state:ok"), linkUp,
            Long.parseLong(replies[3].strip())));
    }

    Optional<String> pending() {
        return pending(look());
    }

    /** Waits until it is whole. */
    Look awaitWhole(String story) {
        return awaitWhole(story, Patience.HEALED, look -> Optional.empty());
    }

    /** @param also what must hold beside that; empty when it does, or the reason why not */
    Look awaitWhole(String story, Duration limit, java.util.function.Function<Look, Optional<String>> also) {
        List<Look> last = new ArrayList<>();
        Patience.until(story + ": whole", limit, () -> {
            Look look = look();
            last.add(look);
            return also.apply(look).or(() -> pending(look));
        });
        return last.getLast();
    }

    /** Waits until those that stay are whole, whatever Kubernetes still lists of those that left. */
    void awaitRestWhole(String story) {
        Patience.until(story + ": those that stay are whole", Patience.HEALED, () -> pending(look().staying()));
    }

    private Optional<String> pending(Look look) {
        return look.pending(nodes, Math.max(3, nodes / (1 + replicas)));
    }

    /** {@code redis-cli --cluster check} in one of the pods. @throws Failed with its words when it finds fault */
    void check() {
        PodSeen pod = pods().getFirst();
        String said = kubectl.ask("exec", pod.name(), "-c", "redis", "--", "redis-cli", "--cluster", "check", pod.ip() + ":6379");
        if (!said.contains("[OK] All nodes agree about slots configuration") || !said.contains("[OK] All 16384 slots covered")
            || said.contains("[WARNING]") || said.contains("[ERR]")) {
            throw new Failed("redis-cli --cluster check: " + said);
        }
    }

    /** What the coordinator of this pod tells over HTTP, asked through the API server. */
    JsonObject status(String pod) {
        return JsonParser.parseString(get(pod, "/status")).getAsJsonObject();
    }

    String get(String pod, String path) {
        return kubectl.ask("get", "--raw", "/api/v1/namespaces/" + kubectl.namespace() + "/pods/" + pod + ":8080/proxy" + path);
    }

    /** The leader, when all coordinators name the same and it says so itself. @throws Failed while they do not */
    String leader() {
        Set<String> named = new HashSet<>();
        List<String> claim = new ArrayList<>();
        for (PodSeen pod : pods()) {
            JsonObject status = status(pod.name());
            JsonElement leader = status.getAsJsonObject("group").get("leader");
            named.add(leader == null ? "nobody" : leader.getAsString());
            if (status.getAsJsonObject("self").get("leads").getAsBoolean()) {
                claim.add(pod.name());
            }
        }
        if (named.size() != 1 || claim.size() != 1 || !named.contains(claim.getFirst())) {
            throw new Failed("they name " + named + " as leader, and these say that they lead: " + claim);
        }
        return claim.getFirst();
    }

    String awaitLeader() {
        List<String> leader = new ArrayList<>();
        Patience.until("one leader", Patience.HEALED, () -> {
            leader.add(leader());
            return Optional.empty();
        });
        return leader.getLast();
    }

    /** When a coordinator wrote last that the cluster is whole: by the clock of its node. */
    Optional<Instant> wholeSince() {
        Optional<Instant> last = Optional.empty();
        for (PodSeen pod : pods()) {
            Ran log = kubectl.run("logs", pod.name(), "-c", "coordinator", "--timestamps");
            Matcher line = WHOLE.matcher(log.out());
            while (line.find()) {
                Instant at = Instant.parse(line.group(1));
                if (last.isEmpty() || at.isAfter(last.get())) {
                    last = Optional.of(at);
                }
            }
        }
        return last;
    }
}
