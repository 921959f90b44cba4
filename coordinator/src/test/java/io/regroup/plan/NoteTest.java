package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.regroup.admin.Note;
import io.regroup.model.NodeFlag;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the leader tells all members, for {@code regroup view} and {@code regroup status}. */
class NoteTest {

    private static SortedMap<String, JsonObject> members(Scene scene) {
        JsonObject note = Note.of(scene.observation(), scene.look(), Optional.empty(), List.of(), Optional.empty(), 0);
        SortedMap<String, JsonObject> members = new TreeMap<>();
        for (JsonElement member : note.getAsJsonArray("members")) {
            members.put(member.getAsJsonObject().get("name").getAsString(), member.getAsJsonObject());
        }
        return members;
    }

    @Test
    void whomRedisMayNotElectIsSeen() {
        SortedMap<String, JsonObject> members = members(Scene.cluster(3, 1).flag("r1", NodeFlag.NOFAILOVER));
        assertThat(members.get("r1").get("electable").getAsBoolean()).isFalse();
        assertThat(members.get("r2").get("electable").getAsBoolean()).isTrue();
        assertThat(members.get("m1").has("electable")).as("a master").isFalse();
    }
}
