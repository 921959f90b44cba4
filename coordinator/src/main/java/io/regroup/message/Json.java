package io.regroup.message;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.model.Address;
import io.regroup.model.Atomic;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.RedisState.Ended;
import io.regroup.model.RedisState.Loading;
import io.regroup.model.RedisState.Silent;
import io.regroup.model.RedisState.Starting;
import io.regroup.model.RedisState.Unparsed;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.redis.NodesText;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** {@link Message}s as JSON. Unknown fields are skipped; a table travels as the text of CLUSTER NODES. */
public final class Json {

    private Json() {
    }

    public static byte[] encode(Message message) {
        JsonObject json = new JsonObject();
        switch (message) {
            case Message.Reported m -> json.add("report", report(m.report()));
            case Message.Asked m -> {
                json.addProperty("ask", m.round());
                json.add("of", names(m.members()));
            }
            case Message.Remembered m -> {
                json.add("remember", primary(m.primary()));
                json.add("of", names(m.members()));
            }
            case Message.Permitted m -> {
                json.addProperty("permit", m.request());
                json.addProperty("blank", m.blank());
                JsonArray former = new JsonArray();
                m.former().forEach(id -> former.add(id.toString()));
                json.add("former", former);
            }
            case Message.Released m -> {
                json.addProperty("release", true);
                json.addProperty("withSlots", m.withSlots());
            }
            case Message.Restarted m -> json.addProperty("restart", true);
            case Message.EpochTold m -> {
                json.addProperty("epochOf", m.master().value());
                json.addProperty("epoch", m.epoch());
            }
            case Message.Noted m -> json.add("note", m.note());
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static JsonArray names(SortedSet<String> members) {
        JsonArray names = new JsonArray();
        members.forEach(names::add);
        return names;
    }

    private static SortedSet<String> meant(JsonObject json) {
        SortedSet<String> members = new TreeSet<>();
        find(json, "of", JsonElement::getAsJsonArray).ifPresent(of -> of.forEach(name -> members.add(name.getAsString())));
        return members;
    }

    /** @throws RuntimeException when it is no message of this version: the caller says so and goes on */
    public static Message decode(byte[] bytes) {
        JsonObject json = JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8)).getAsJsonObject();
        if (json.has("report")) {
            return new Message.Reported(report(json.getAsJsonObject("report")));
        }
        if (json.has("ask")) {
            return new Message.Asked(json.get("ask").getAsLong(), meant(json));
        }
        if (json.has("remember")) {
            return new Message.Remembered(primary(json.getAsJsonObject("remember")), meant(json));
        }
        if (json.has("permit")) {
            return new Message.Permitted(text(json, "permit"), json.get("blank").getAsBoolean(), ids(json.getAsJsonArray("former")));
        }
        if (json.has("release")) {
            // An older leader does not say it, and its word counts as it is.
            return new Message.Released(find(json, "withSlots", JsonElement::getAsBoolean).orElse(true));
        }
        if (json.has("restart")) {
            return new Message.Restarted();
        }
        if (json.has("epochOf")) {
            return new Message.EpochTold(new NodeId(json.get("epochOf").getAsString()), json.get("epoch").getAsLong());
        }
        if (json.has("note")) {
            return new Message.Noted(json.getAsJsonObject("note"));
        }
        throw new IllegalArgumentException("a message of an unknown kind: " + json.keySet());
    }

    private static JsonObject report(Report report) {
        JsonObject json = new JsonObject();
        JsonObject pod = new JsonObject();
        pod.addProperty("name", report.pod().name());
        pod.addProperty("uid", report.pod().uid());
        pod.addProperty("ip", report.pod().ip());
        pod.addProperty("node", report.pod().kubernetesNode());
        pod.addProperty("zone", report.pod().zone());
        json.add("pod", pod);
        json.addProperty("round", report.round());
        json.addProperty("redis", report.redis().toString());
        json.addProperty("group", report.group().toString());
        json.add("state", state(report.state()));
        report.stored().ifPresent(t -> json.addProperty("stored", NodesText.write(t)));
        json.addProperty("leaving", report.leaving());
        report.masterProbe().ifPresent(p -> {
            JsonObject probe = new JsonObject();
            probe.addProperty("master", p.master().value());
            probe.addProperty("address", p.address().toString());
            probe.addProperty("found", p.probe().name());
            json.add("masterProbe", probe);
        });
        report.primary().ifPresent(p -> json.add("primary", primary(p)));
        return json;
    }

    private static Report report(JsonObject json) {
        JsonObject pod = json.getAsJsonObject("pod");
        return new Report(
            new Pod(text(pod, "name"), text(pod, "uid"), text(pod, "ip"), text(pod, "node"), text(pod, "zone")),
            json.get("round").getAsLong(), Address.parse(text(json, "redis")), Address.parse(text(json, "group")),
            state(json.getAsJsonObject("state")),
            find(json, "stored", e -> NodesText.parse(e.getAsString())), json.get("leaving").getAsBoolean(),
            find(json, "masterProbe", e -> new Report.MasterProbe(new NodeId(text(e.getAsJsonObject(), "master")),
                Address.parse(text(e.getAsJsonObject(), "address")), Probe.valueOf(text(e.getAsJsonObject(), "found")))),
            find(json, "primary", e -> primary(e.getAsJsonObject())));
    }

    private static JsonObject state(RedisState state) {
        JsonObject json = new JsonObject();
        json.addProperty("is", state.getClass().getSimpleName());
        switch (state) {
            case Answering a -> {
                json.addProperty("table", NodesText.write(a.table()));
                json.add("facts", facts(a.facts()));
            }
            case AtGate g -> {
                json.addProperty("request", g.request());
                json.addProperty("waitedMs", g.waitedMs());
                g.writtenMs().ifPresent(ms -> json.addProperty("writtenMs", ms));
            }
            case Silent s -> json.addProperty("problem", s.problem());
            case Unparsed u -> json.addProperty("problem", u.problem());
            case Loading l -> { }
            case Starting s -> { }
            case Ended e -> e.writtenMs().ifPresent(ms -> json.addProperty("writtenMs", ms));
        }
        return json;
    }

    private static RedisState state(JsonObject json) {
        return switch (text(json, "is")) {
            case "Answering" -> new Answering(NodesText.parse(text(json, "table")), facts(json.getAsJsonObject("facts")));
            case "AtGate" -> new AtGate(text(json, "request"), json.get("waitedMs").getAsLong(), find(json, "writtenMs", JsonElement::getAsLong));
            case "Silent" -> new Silent(text(json, "problem"));
            case "Loading" -> new Loading();
            case "Starting" -> new Starting();
            case "Ended" -> new Ended(find(json, "writtenMs", JsonElement::getAsLong));
            default -> new Unparsed(find(json, "problem", JsonElement::getAsString).orElse("unknown state " + text(json, "is")));
        };
    }

    private static JsonObject facts(ServerFacts facts) {
        JsonObject json = new JsonObject();
        json.addProperty("stateOk", facts.stateOk());
        json.addProperty("currentEpoch", facts.currentEpoch());
        json.addProperty("keys", facts.keys());
        json.addProperty("linkUp", facts.linkUp());
        json.addProperty("synced", facts.synced());
        facts.masterAt().ifPresent(address -> json.addProperty("masterAt", address.toString()));
        json.addProperty("offset", facts.offset());
        json.addProperty("uptimeSeconds", facts.uptimeSeconds());
        json.addProperty("version", facts.version());
        if (facts.quietMs() > 0) {
            json.addProperty("quietMs", facts.quietMs());
        }
        if (facts.behindMs() != 0) {
            json.addProperty("behindMs", facts.behindMs());
        }
        if (facts.clockMs() > 0) {
            json.addProperty("clockMs", facts.clockMs());
        }
        if (!facts.strays().isEmpty()) {
            json.addProperty("strays", facts.strays().toString());
        }
        if (facts.atomic().by() != MoveBy.MIGRATE) {
            json.addProperty("movesBy", facts.atomic().by().name());
        }
        if (!facts.atomic().slots().isEmpty()) {
            json.addProperty("moves", facts.atomic().slots().toString());
        }
        json.addProperty("copies", facts.copies());
        facts.copyOf().ifPresent(master -> json.addProperty("copyOf", master.value()));
        return json;
    }

    /** A member of the version before does not say whether its server copies: then it is started again where it may have the last copy, as it was there. */
    private static ServerFacts facts(JsonObject json) {
        return new ServerFacts(json.get("stateOk").getAsBoolean(), json.get("currentEpoch").getAsLong(),
            json.get("keys").getAsLong(), json.get("linkUp").getAsBoolean(), json.get("synced").getAsBoolean(),
            find(json, "masterAt", e -> Address.parse(e.getAsString())), json.get("offset").getAsLong(), json.get("uptimeSeconds").getAsLong(),
            text(json, "version"), slots(json, "strays"), find(json, "quietMs", JsonElement::getAsLong).orElse(0L),
            find(json, "behindMs", JsonElement::getAsLong).orElse(0L), find(json, "clockMs", JsonElement::getAsLong).orElse(0L),
            new Atomic(find(json, "movesBy", e -> MoveBy.valueOf(e.getAsString())).orElse(MoveBy.MIGRATE), slots(json, "moves")),
            find(json, "copies", JsonElement::getAsBoolean).orElse(true), find(json, "copyOf", e -> new NodeId(e.getAsString())));
    }

    private static SlotSet slots(JsonObject json, String name) {
        return find(json, name, e -> SlotSet.parse(e.getAsString())).orElse(SlotSet.NONE);
    }

    private static JsonObject primary(Primary primary) {
        JsonObject json = new JsonObject();
        json.addProperty("number", primary.number());
        json.add("seats", seats(primary.seats()));
        json.add("departed", seats(primary.departed()));
        JsonArray lost = new JsonArray();
        primary.lost().forEach(id -> lost.add(id.value()));
        json.add("lost", lost);
        json.add("before", seats(primary.before()));
        return json;
    }

    private static Primary primary(JsonObject json) {
        return new Primary(json.get("number").getAsLong(), seats(json.getAsJsonArray("seats")),
            seats(json.getAsJsonArray("departed")), ids(json.getAsJsonArray("lost")),
            find(json, "before", e -> seats(e.getAsJsonArray())).orElseGet(TreeMap::new));
    }

    /** A member of the version before has none. */
    private static SortedSet<NodeId> ids(JsonArray array) {
        SortedSet<NodeId> ids = new TreeSet<>();
        if (array != null) {
            array.forEach(e -> ids.add(new NodeId(e.getAsString())));
        }
        return ids;
    }

    private static JsonArray seats(SortedMap<String, Seat> seats) {
        JsonArray array = new JsonArray();
        seats.forEach((member, seat) -> {
            JsonObject one = new JsonObject();
            one.addProperty("member", member);
            one.addProperty("uid", seat.podUid());
            one.addProperty("redis", seat.redis().toString());
            one.addProperty("group", seat.group().toString());
            seat.node().ifPresent(id -> one.addProperty("node", id.value()));
            array.add(one);
        });
        return array;
    }

    private static SortedMap<String, Seat> seats(JsonArray array) {
        SortedMap<String, Seat> seats = new TreeMap<>();
        for (JsonElement element : array) {
            JsonObject one = element.getAsJsonObject();
            seats.put(text(one, "member"), new Seat(text(one, "uid"), Address.parse(text(one, "redis")),
                Address.parse(text(one, "group")), find(one, "node", e -> new NodeId(e.getAsString()))));
        }
        return seats;
    }

    private static String text(JsonObject json, String name) {
        return json.get(name).getAsString();
    }

    private static <T> Optional<T> find(JsonObject json, String name, Function<JsonElement, T> read) {
        return Optional.ofNullable(json.get(name)).map(read);
    }
}
