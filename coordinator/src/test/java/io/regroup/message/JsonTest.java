package io.regroup.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.model.Address;
import io.regroup.model.Atomic;
import io.regroup.model.ClusterTable;
import io.regroup.model.MoveBy;
import io.regroup.model.NodeId;
import io.regroup.model.Pod;
import io.regroup.model.Primary;
import io.regroup.model.Probe;
import io.regroup.model.RedisState;
import io.regroup.model.Report;
import io.regroup.model.Seat;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.redis.NodesText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What members of two versions make of each other's words during a rollout. */
class JsonTest {

    private static final NodeId MASTER = new NodeId("1".repeat(40));
    private static final NodeId REPLICA = new NodeId("2".repeat(40));
    private static final Address REDIS = Address.parse("10.0.0.2:6379");
    private static final Address GROUP = Address.parse("10.0.0.2:7800");
    private static final ClusterTable TABLE = NodesText.parse(
        MASTER + " 10.0.0.1:6379@16379 master - 0 0 3 connected 0-99 200\n" + REPLICA + " 10.0.0.2:6379@16379 myself,slave " + MASTER + " 0 0 3 connected\n");

    private static Message reported(RedisState state) {
        SortedMap<String, Seat> seats = new TreeMap<>();
        seats.put("pod-0", new Seat("uid-0", REDIS, GROUP, Optional.of(MASTER)));
        SortedMap<String, Seat> before = new TreeMap<>();
        before.put("pod-1", new Seat("uid-1", REDIS, GROUP, Optional.empty()));
        Primary primary = new Primary(7, seats, before, new TreeSet<>(List.of(REPLICA)), before);
        return new Message.Reported(new Report(new Pod("pod-0", "uid-0", "10.0.0.2", "node-a", "zone-b"), 12, REDIS, GROUP, state, Optional.of(TABLE), true,
            Optional.of(new Report.MasterProbe(MASTER, REDIS, Probe.REFUSES)), Optional.of(primary)));
    }

    private static Message again(Message message) {
        return Json.decode(Json.encode(message));
    }

    private static Message read(String json) {
        return Json.decode(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everyMessageIsReadAsItWasWritten() {
        ServerFacts facts = new ServerFacts(true, 9, 1234, true, true, Optional.of(REDIS), 77, 60, "7.0.15", SlotSet.range(3, 5),
            21_000, 9000, 1_800_000_000_123L, new Atomic(MoveBy.MIGRATESLOTS, SlotSet.of(8)), true, Optional.of(TABLE.myself().id()));
        for (RedisState state : List.of(new RedisState.Answering(TABLE, facts), new RedisState.Loading(), new RedisState.Starting(), new RedisState.Ended(), new RedisState.Ended(Optional.of(250L)),
            new RedisState.AtGate("start-1", 250, Optional.empty()), new RedisState.AtGate("start-1", 250, Optional.of(3000L)), new RedisState.Silent("no answer in 1 s"), new RedisState.Unparsed("what?"))) {
            assertThat(again(reported(state))).isEqualTo(reported(state));
        }
        JsonObject note = new JsonObject();
        note.addProperty("leader", "pod-0");
        for (Message message : List.of(new Message.Asked(5, new TreeSet<>(List.of("pod-1", "pod-2"))),
            new Message.Remembered(((Message.Reported) reported(new RedisState.Ended())).report().primary().orElseThrow(), new TreeSet<>(List.of("pod-3"))),
            new Message.Permitted("start-1", true, new TreeSet<>()), new Message.Permitted("start-1", false, new TreeSet<>(List.of(MASTER, REPLICA))),
            new Message.Released(false), new Message.Released(true), new Message.Restarted(), new Message.EpochTold(MASTER, 7), new Message.Noted(note))) {
            assertThat(again(message)).isEqualTo(message);
        }
    }

    @Test
    void whatAnOlderVersionDoesNotSayIsAsItWas() {
        assertThat(read("{\"permit\": \"start-1\", \"blank\": false}")).isEqualTo(new Message.Permitted("start-1", false, new TreeSet<>()));
        assertThat(read("{\"release\": true}")).isEqualTo(new Message.Released(true));
        assertThat(read("{\"ask\": 5}")).as("all are meant").isEqualTo(new Message.Asked(5, new TreeSet<>()));
        assertThat(read("{\"remember\": {\"number\": 3, \"seats\": [], \"departed\": []}}"))
            .isEqualTo(new Message.Remembered(new Primary(3, new TreeMap<>(), new TreeMap<>(), new TreeSet<>(), new TreeMap<>()), new TreeSet<>()));
    }

    @Test
    void aServerOfWhichAnOlderVersionReportsMayStillCopy() {
        ServerFacts facts = new ServerFacts(true, 9, 1234, true, true, Optional.of(REDIS), 77, 60, "7.0.15", SlotSet.NONE);
        Message reported = reported(new RedisState.Answering(TABLE, facts));
        JsonObject json = JsonParser.parseString(new String(Json.encode(reported), StandardCharsets.UTF_8)).getAsJsonObject();
        JsonObject said = json.getAsJsonObject("report").getAsJsonObject("state").getAsJsonObject("facts");
        assertThat(said.remove("copies").getAsBoolean()).isTrue();
        assertThat(read(json.toString())).isEqualTo(reported);
    }

    @Test
    void whatANewerVersionSaysBesideIsSkipped() {
        JsonObject ended = JsonParser.parseString(new String(Json.encode(reported(new RedisState.Ended())), StandardCharsets.UTF_8)).getAsJsonObject();
        ended.addProperty("mood", "good");
        ended.getAsJsonObject("report").getAsJsonObject("pod").addProperty("hat", "red");
        assertThat(read(ended.toString())).isEqualTo(reported(new RedisState.Ended()));
        ended.getAsJsonObject("report").getAsJsonObject("state").addProperty("is", "Dreaming");
        assertThat(read(ended.toString())).as("not understood, and said so").isEqualTo(reported(new RedisState.Unparsed("unknown state Dreaming")));
        assertThatThrownBy(() -> read("{\"dance\": 1}")).isInstanceOf(IllegalArgumentException.class).hasMessage("a message of an unknown kind: [dance]");
    }
}
