package io.regroup.coordinator;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.regroup.Settings;
import io.regroup.admin.Counters;
import io.regroup.admin.Http;
import io.regroup.admin.JmxView;
import io.regroup.admin.Metrics;
import io.regroup.admin.Note;
import io.regroup.group.Discovery;
import io.regroup.group.DiscoveryStatus;
import io.regroup.group.Group;
import io.regroup.group.GroupException;
import io.regroup.group.GroupSettings;
import io.regroup.kube.Identity;
import io.regroup.kube.IdentityReader;
import io.regroup.kube.KubeWitness;
import io.regroup.lead.Witness;
import io.regroup.member.Gate;
import io.regroup.member.Member;
import io.regroup.member.Volume;
import io.regroup.message.Json;
import io.regroup.message.Message;
import io.regroup.model.Pod;
import io.regroup.model.Report;
import io.regroup.model.View;
import io.regroup.redis.OwnRedis;
import io.regroup.redis.Servers;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import javax.management.JMException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One pod's coordinator, put together. */
public final class Coordinator implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Coordinator.class);
    private static final Duration OWN_TIMEOUT = Duration.ofMillis(400);
    private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);
    /** A loop that has not come round for this long hangs. Longer than any pause a throttled CPU makes. */
    private static final long HUNG_MS = 20_000;
    private static final long NOTE_STALE_MS = 5000;

    private final Settings settings;
    private final Counters counters = new Counters();
    private final Servers servers = new Servers(CONNECT_TIMEOUT);
    private final Gate gate;
    private final Member member;
    private Http http;
    private JmxView jmx;
    private volatile IdentityReader identities;
    private volatile Group group;
    private volatile LeaderLoop loop;
    private volatile View view;
    private volatile String phase = "starts";
    private volatile Noted noted = new Noted(new JsonObject(), 0);
    private volatile boolean closed;

    private record Noted(JsonObject note, long at) {
    }

    public Coordinator(Settings settings) {
        this.settings = settings;
        gate = new Gate(settings.dataDir().resolve("gate"));
        Volume volume = new Volume(settings.dataDir());
        Pod pod = new Pod(settings.podName(), settings.podUid(), settings.podIp(), settings.kubernetesNode(), settings.zone());
        OwnRedis own = new OwnRedis(servers, settings.ownRedis(), OWN_TIMEOUT, this::redisLost, volume);
        member = new Member(pod, settings.redis(), settings.group(), gate, volume, own, this::report);
    }

    /** @throws IOException, GroupException, JMException one line says what is in the way */
    public void start() throws IOException, GroupException, JMException, InterruptedException {
        http = new Http("0.0.0.0", settings.httpPort(), this::live, this::ready, this::status, this::metrics);
        gate.stay();
        member.start();
        Witness witness;
        String name;
        Discovery discovery;
        if (settings.kubernetes().isPresent()) {
            Settings.Kubernetes kubernetes = settings.kubernetes().get();
            phase = "asks the API server which Deployment this pod belongs to";
            identities = new IdentityReader(kubernetes.api());
            Identity identity = identities.read(kubernetes.pod());
            witness = new KubeWitness(kubernetes.api(), identity, settings.podName(), kubernetes.discovery().labels(), settings.nodes());
            name = identity.groupName();
            discovery = kubernetes.discovery();
        } else {
            Discovery.Static fixed = new Discovery.Static(settings.groupHosts());
            witness = new FixedWitness(settings.nodes(), settings.countFile(), fixed.addresses());
            name = "regroup-local";
            discovery = fixed;
        }
        phase = "joins the group " + name;
        Group joined = Group.join(new GroupSettings(name, settings.podName(), settings.podIp(), settings.groupPort(), discovery), new Ears());
        group = joined;
        Hands hands = new Hands(servers, (to, message) -> group.send(to, Json.encode(message)), counters);
        Moves moves = new Moves(settings.moving().atOnce(), settings.moving().how());
        LeaderLoop started = new LeaderLoop(joined.view(), hands, moves, witness, message -> group.broadcast(Json.encode(message)), joined::renewView,
            settings.replicas(), settings.shardLoss());
        loop = started;
        started.start();
        view = joined.view();
        started.onView(view);
        member.joined();
        jmx = new JmxView(this::status, counters);
        phase = "is a member of the group " + name;
        log.info("{} in view {}", phase, view);
    }

    private void redisLost() {
        log.info("the connection to Redis is lost");
        member.wake();
    }

    private void report(Report report) {
        View now = view;
        LeaderLoop leader = loop;
        if (now == null || leader == null) {
            return;
        }
        if (report.leaving()) {
            // The leader may be leaving as well: whoever leads then is to know that this pod does not come back.
            group.broadcast(Json.encode(new Message.Reported(report)));
        } else if (now.isLed()) {
            leader.onReport(report);
        } else {
            group.send(now.members().getFirst(), Json.encode(new Message.Reported(report)));
        }
    }

    /** JGroups' threads come here: nothing blocks. */
    private final class Ears implements Group.Listener {

        @Override
        public void viewChanged(View next) {
            View before = view;
            view = next;
            log.info("view {}", next);
            LeaderLoop leader = loop;
            if (leader != null) {
                leader.onView(next);
            }
            if (before == null || !before.members().getFirst().equals(next.members().getFirst())) {
                member.forgetRound();
            }
        }

        @Override
        public void received(String from, byte[] payload) {
            Message message = Json.decode(payload);
            LeaderLoop leader = loop;
            View now = view;
            if (leader == null || now == null) {
                return;
            }
            if (message instanceof Message.Reported reported) {
                leader.onReport(reported.report());
                return;
            }
            if (!from.equals(now.members().getFirst())) {
                return;
            }
            switch (message) {
                case Message.Asked asked -> {
                    if (asked.members().isEmpty() || asked.members().contains(settings.podName())) {
                        member.ask(asked.round());
                    }
                }
                case Message.Remembered remembered -> {
                    if (remembered.members().isEmpty() || remembered.members().contains(settings.podName())) {
                        member.remember(remembered.primary());
                    }
                }
                case Message.Permitted permitted -> member.permit(permitted.request(), permitted.blank(), permitted.former());
                case Message.Released released -> member.release(released.withSlots());
                case Message.Restarted restarted -> member.restart();
                case Message.EpochTold told -> member.epochIs(told.master(), told.epoch());
                case Message.Noted note -> takeNote(note.note(), now);
                case Message.Reported reported -> throw new IllegalStateException("handled above");
            }
        }
    }

    private void takeNote(JsonObject note, View now) {
        noted = new Noted(note, System.nanoTime());
        if (!now.isLed() && note.has("nodesAsked")) {
            loop.onAsked(note.get("nodesAsked").getAsInt(), note.get("askedFirst").getAsBoolean());
        }
        for (JsonElement element : note.getAsJsonArray("waits")) {
            JsonObject wait = element.getAsJsonObject();
            if (wait.get("key").getAsString().equals("gate " + settings.podName())) {
                member.explain(wait.get("reason").getAsString());
            }
        }
    }

    private Http.Health live() {
        LeaderLoop leader = loop;
        if (member.idleMs() > HUNG_MS) {
            return new Http.Health(false, "the member's loop hangs for " + member.idleMs() + " ms");
        }
        if (leader != null && leader.idleMs() > HUNG_MS) {
            return new Http.Health(false, "the leader's loop hangs for " + leader.idleMs() + " ms");
        }
        return new Http.Health(true, "this coordinator " + phase);
    }

    private Http.Health ready() {
        return new Http.Health(member.readiness().ready(), member.readiness().reason()
            + (member.readiness().ready() ? "" : "; this coordinator " + phase + pending()));
    }

    private String pending() {
        JsonObject note = noted.note();
        return note.has("pending") ? "; " + note.get("pending").getAsString() : "";
    }

    private JsonObject status() {
        JsonObject self = new JsonObject();
        self.addProperty("pod", settings.podName());
        self.addProperty("phase", phase);
        self.addProperty("leads", view != null && view.isLed());
        self.addProperty("ready", member.readiness().ready());
        self.addProperty("readyReason", member.readiness().reason());
        self.addProperty("redis", Note.words(member.last().state()));
        if (view != null) {
            self.addProperty("view", view.toString());
        }
        Group joined = group;
        if (joined != null) {
            self.add("discovery", discovery(joined.discovery()));
        }
        JsonObject counts = new JsonObject();
        counters.all().forEach(counts::addProperty);
        self.add("counters", counts);
        JsonObject status = new JsonObject();
        status.add("self", self);
        Noted last = noted;
        status.add("group", last.note());
        if (last.note().has("leader")) {
            long age = (System.nanoTime() - last.at()) / 1_000_000;
            status.addProperty("groupAgeMs", age);
            status.addProperty("groupStale", age > NOTE_STALE_MS);
        }
        return status;
    }

    private static JsonObject discovery(DiscoveryStatus status) {
        JsonObject json = new JsonObject();
        json.addProperty("listings", status.listings());
        json.addProperty("pods", status.pods());
        status.listed().ifPresent(at -> json.addProperty("listed", at.toString()));
        status.problem().ifPresent(problem -> json.addProperty("problem", problem));
        status.unanswered().ifPresent(problem -> json.addProperty("unanswered", problem));
        return json;
    }

    private String metrics() {
        return Metrics.text(view != null && view.isLed(), member.readiness().ready(), noted.note(), counters.all());
    }

    /** Leaves the group in order; Redis goes on. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Optional.ofNullable(identities).ifPresent(IdentityReader::close);
        Optional.ofNullable(loop).ifPresent(LeaderLoop::close);
        Optional.ofNullable(group).ifPresent(Group::close);
        member.close();
        Optional.ofNullable(http).ifPresent(Http::close);
        servers.close();
    }
}
