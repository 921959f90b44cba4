package io.regroup.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.regroup.kubernetes.Look.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients in a pod of their own, one for each master that was there when they began. Each writes one key after the other to the
 * slot that it chose, over one connection that it keeps, follows MOVED and ASK as a cluster-aware client does, comes back through the Service
 * when its connection breaks, and counts what was acknowledged and how long it took at most from one to the next.
 */
final class SteadyClients implements AutoCloseable {

    private static final String POD = "clients";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String STOP = "/tmp/stop";
    private static final String SCRIPT = """
        service=$0 tag=$1
        trap '' PIPE
        exec {never}<> <(:)
        pause() { read -rt 0.005 -u $never || true; }
        now() { now=${EPOCHREALTIME/[.,]/}; }
        connect() { exec 3<>/dev/null; { exec 3<>"/dev/tcp/$1/6379"; } 2>/dev/null || pause; }
        n=0 longest=0 at=0 moved=
        connect "$service"; now; last=$now
        while [[ ! -e STOP ]]; do
          answer=
          if printf 'SET {%s}:%d %d\\r\\n' "$tag" $n $n >&3 2>/dev/null && read -rt 1 answer <&3; then
            case $answer in
              +OK*) n=$((n + 1)); now; gap=$((now - last)); last=$now; ((gap > longest)) && longest=$gap at=$now
                ((n == 1)) && echo writing;;
              -ASK*) moved=${answer##* }; connect "${moved%:*}"; printf 'ASKING\\r\\n' >&3 2>/dev/null && read -rt 1 answer <&3; continue;;
              -MOVED*) moved=${answer##* }; moved=${moved%:*}; connect "$moved";;
              *) pause; connect "$service";;
            esac
          else
            connect "$service"
          fi
          pause
        done
        echo "acknowledged $n longest $((longest / 1000)) ms at $((at / 1000000))"
        """.replace("STOP", STOP);
    /** It asks for CPU: what is measured is how long the servers take, not how long a client waits for its turn on a busy machine. */
    private static final String MANIFEST = """
        apiVersion: v1
        kind: Pod
        metadata: {name: POD}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
            - name: client
              image: local:kubernetes-replicated-redis-cluster-auto-restart
              imagePullPolicy: IfNotPresent
              command: [sleep, infinity]
              resources: {requests: {cpu: 500m}}
        """.replace("POD", POD);
    private static final Pattern RESULT = Pattern.compile("acknowledged (\\d+) longest (\\d+) ms");

    /** What came of it. */
    record Outcome(int acknowledged, int lost, Duration longest) {
    }

    private record Client(String tag, Process process, Path output) {
    }

    private final Kubectl kubectl;
    private final String service;
    private final List<Client> clients = new ArrayList<>();

    /** Returns when each of them has been acknowledged a write. */
    SteadyClients(Kubectl kubectl, Look look) {
        this.kubectl = kubectl;
        service = kubectl.ask("get", "service", "redis", "-o", "jsonpath={.spec.clusterIP}");
        kubectl.run(LIMIT, MANIFEST, "create", "-f", "-").output();
        kubectl.ask("wait", "--for=condition=Ready", "pod/" + POD, "--timeout=60s");
        look.masters().forEach(master -> clients.add(start(tagOf(master))));
        clients.forEach(client -> Patience.until("a write of " + client.tag(), Duration.ofSeconds(60), () ->
            said(client).contains("writing") ? Optional.empty() : Optional.of(said(client))));
    }

    private Client start(String tag) {
        try {
            Path output = Files.createTempFile("regroup-it-client", ".txt");
            return new Client(tag, kubectl.start(output, "exec", POD, "--", "bash", "-c", SCRIPT, service, tag), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends them, and reads back what was acknowledged. */
    Outcome end() throws InterruptedException {
        kubectl.ask("exec", POD, "--", "touch", STOP);
        int acknowledged = 0;
        int lost = 0;
        long longest = 0;
        for (Client client : clients) {
            assertThat(client.process().waitFor(60, TimeUnit.SECONDS)).as("the client of " + client.tag() + " ended").isTrue();
            Matcher result = RESULT.matcher(said(client));
            assertThat(result.find()).as("what the client of " + client.tag() + " says: " + said(client)).isTrue();
            int count = Integer.parseInt(result.group(1));
            acknowledged += count;
            lost += lost(client.tag(), count);
            longest = Math.max(longest, Long.parseLong(result.group(2)));
        }
        return new Outcome(acknowledged, lost, Duration.ofMillis(longest));
    }

    private int lost(String tag, int count) {
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < count; i++) {
            commands.append("GET {").append(tag).append("}:").append(i).append('\n');
        }
        List<String> values = kubectl.run(LIMIT, commands.toString(), "exec", "-i", POD, "--", "redis-cli", "-c", "-h", service).output().lines()
            .filter(line -> !line.startsWith("-> ")).toList();
        int lost = 0;
        for (int i = 0; i < count; i++) {
            lost += i < values.size() && values.get(i).equals(Integer.toString(i)) ? 0 : 1;
        }
        return lost;
    }

    private static String tagOf(Node master) {
        for (int i = 0; ; i++) {
            if (master.slots().contains(SlotHash.getSlot("steady-" + i))) {
                return "steady-" + i;
            }
        }
    }

    private static String said(Client client) {
        try {
            return Files.readString(client.output()).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        clients.forEach(client -> {
            client.process().destroy();
            try {
                Files.deleteIfExists(client.output());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        kubectl.ask("delete", "pod", POD, "--grace-period=0", "--force");
    }
}
