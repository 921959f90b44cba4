package io.regroup.admin;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.regroup.lead.Departures.Departure;
import io.regroup.model.ClusterNode;
import io.regroup.model.Heard;
import io.regroup.model.NodeFlag;
import io.regroup.model.Observation;
import io.regroup.model.RedisState;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.Report;
import io.regroup.move.UnderWay;
import io.regroup.plan.Decision;
import io.regroup.plan.Outlook;
import java.util.List;
import java.util.Optional;

/** What the leader sees, decides and waits for, as JSON: told to every member, so that each can show it. */
public final class Note {

    private Note() {
    }

    /** @param moves how far the slots are that move now; @param leaving pods that do; @param acted the last decision that did something, and when (ms since the epoch) */
    public static JsonObject of(Observation observation, Outlook outlook, Optional<UnderWay> moves, List<Departure> leaving,
                                Optional<Decision> acted, long actedAt) {
        JsonObject note = new JsonObject();
        note.addProperty("leader", observation.view().self());
        note.addProperty("view", observation.view().creator() + "|" + observation.view().id());
        note.addProperty("primary", outlook.isPrimary());
        note.addProperty("quorum", outlook.quorum());
        observation.asked().ifPresent(asked -> {
            note.addProperty("nodesAsked", asked.nodes());
            note.addProperty("askedFirst", asked.first());
            note.addProperty("replicasAsked", asked.replicas());
            note.addProperty("mastersAsked", asked.masters());
        });
        note.addProperty("whole", outlook.pending().isEmpty());
        outlook.pending().ifPresent(pending -> note.addProperty("pending", pending));
        outlook.remark().ifPresent(remark -> note.addProperty("remark", remark));
        note.addProperty("slotsToMove", outlook.toMove());
        moves.ifPresent(moving -> note.add("moving", moving(moving)));
        JsonArray departures = new JsonArray();
        leaving.forEach(departure -> departures.add(departure(departure)));
        note.add("departures", departures);
        note.add("decision", decision(outlook.decision()));
        acted.ifPresent(decision -> {
            JsonObject last = decision(decision);
            last.addProperty("at", actedAt);
            note.add("lastAction", last);
        });
        JsonArray waits = new JsonArray();
        outlook.decision().waits().forEach(wait -> {
            JsonObject one = new JsonObject();
            one.addProperty("key", wait.key());
            one.addProperty("reason", wait.reason());
            one.addProperty("forMs", observation.waitedMs(wait.key()));
            waits.add(one);
        });
        note.add("waits", waits);
        JsonArray members = new JsonArray();
        for (String member : observation.view().members()) {
            members.add(member(member, Optional.ofNullable(observation.heard().get(member)).map(Heard::report)));
        }
        note.add("members", members);
        return note;
    }

    private static JsonObject moving(UnderWay moving) {
        JsonObject json = new JsonObject();
        json.addProperty("slots", moving.progress().slots());
        json.addProperty("keys", moving.progress().keys());
        json.addProperty("bytes", moving.progress().bytes());
        json.addProperty("ms", moving.ms());
        json.addProperty("megabytesPerSecond", moving.megabytesPerSecond());
        moving.left().ifPresent(ms -> json.addProperty("leftMs", ms));
        json.addProperty("words", moving.words());
        return json;
    }

    private static JsonObject departure(Departure leaving) {
        JsonObject json = new JsonObject();
        json.addProperty("pod", leaving.pod().name());
        json.addProperty("slots", leaving.slots().size());
        json.addProperty("keys", leaving.keys());
        leaving.grace().ifPresent(ms -> json.addProperty("graceLeftMs", ms));
        json.addProperty("words", leaving.words());
        return json;
    }

    private static JsonObject decision(Decision decision) {
        JsonObject json = new JsonObject();
        json.addProperty("step", decision.step());
        json.addProperty("reason", decision.reason());
        JsonArray actions = new JsonArray();
        decision.actions().forEach(action -> actions.add(action.kind()));
        json.add("actions", actions);
        return json;
    }

    private static JsonObject member(String name, Optional<Report> heard) {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        if (heard.isEmpty()) {
            json.addProperty("redis", "not heard of yet");
            return json;
        }
        Report report = heard.get();
        json.addProperty("ip", report.pod().ip());
        json.addProperty("kubernetesNode", report.pod().kubernetesNode());
        json.addProperty("zone", report.pod().zone());
        json.addProperty("address", report.redis().toString());
        json.addProperty("leaving", report.leaving());
        json.addProperty("redis", words(report.state()));
        if (report.state() instanceof Answering answering) {
            ClusterNode myself = answering.table().myself();
            json.addProperty("nodeId", myself.id().value());
            json.addProperty("role", myself.isMaster() ? "master" : "replica");
            myself.master().ifPresent(master -> {
                json.addProperty("master", master.value());
                json.addProperty("electable", !myself.is(NodeFlag.NOFAILOVER));
            });
            json.addProperty("slots", myself.slots().toString());
            json.addProperty("slotCount", myself.slots().size());
            json.addProperty("configEpoch", myself.configEpoch());
            json.addProperty("keys", answering.facts().keys());
            json.addProperty("offset", answering.facts().offset());
            json.addProperty("linkUp", answering.facts().linkUp());
            json.addProperty("clusterStateOk", answering.facts().stateOk());
            json.addProperty("version", answering.facts().version());
        }
        return json;
    }

    public static String words(RedisState state) {
        return switch (state) {
            case Answering a -> "answers";
            case RedisState.Loading l -> "reads its data";
            case RedisState.Starting s -> "starts";
            case RedisState.Ended e -> "has ended";
            case RedisState.AtGate g -> "waits at the start gate";
            case RedisState.Silent s -> "does not answer: " + s.problem();
            case RedisState.Unparsed u -> "is not understood: " + u.problem();
        };
    }
}
