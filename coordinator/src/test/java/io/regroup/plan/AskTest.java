package io.regroup.plan;

import static io.regroup.plan.Scene.id;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.regroup.admin.Ask;
import io.regroup.admin.Http;
import io.regroup.admin.Note;
import io.regroup.model.NodeFlag;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What {@code regroup view}, {@code status}, {@code nodes} and {@code why} print of what the coordinator tells, and how they end. */
class AskTest {

    /** @param out what was printed, line by line; @param err what went wrong */
    private record Printed(int code, List<String> out, String err) {
    }

    private final JsonObject self = JsonParser.parseString("{pod: m1, phase: 'waits for others', ready: true, readyReason: 'serves'}").getAsJsonObject();
    private JsonObject group = new JsonObject();
    private long toldMsAgo = 0;

    private AskTest told(Scene scene) {
        group = Note.of(scene.observation(), scene.look(), Optional.empty(), List.of(), Optional.empty(), 0);
        return this;
    }

    private JsonObject status() {
        JsonObject status = new JsonObject();
        status.add("self", self);
        status.add("group", group);
        status.addProperty("groupAgeMs", toldMsAgo);
        status.addProperty("groupStale", toldMsAgo > 0);
        return status;
    }

    private Printed ask(String... words) throws IOException {
        try (Http http = new Http("127.0.0.1", 0, () -> new Http.Health(true, ""), () -> new Http.Health(true, ""), this::status, () -> "")) {
            return ask(http.port(), words);
        }
    }

    private static Printed ask(int port, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Ask.run(List.of(words), Map.of("HTTP_PORT", Integer.toString(port)), new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Printed(code, out.toString(StandardCharsets.UTF_8).lines().toList(), err.toString(StandardCharsets.UTF_8));
    }

    /** The line of this pod, its columns parted by one bar each. */
    private static String row(Printed printed, String pod) {
        return printed.out().stream().filter(line -> line.startsWith(pod)).findFirst().orElseThrow().replaceAll(" {3,}", "|");
    }

    @Test
    void theViewHasALineForEachPod() throws IOException {
        Scene scene = Scene.cluster(3, 1).flag("r1", NodeFlag.NOFAILOVER).leaving("r2").unheard("r3");
        Printed view = told(scene).ask("view");
        String leader = scene.observation().view().self();
        assertThat(view.code()).isZero();
        assertThat(view.out().getFirst()).startsWith("view " + leader + "|").contains(", primary: ");
        assertThat(view.out()).hasSize(1 + 1 + 6 + 1).last().isEqualTo("* leads");
        assertThat(row(view, "m1")).startsWith("m1" + (leader.equals("m1") ? " *" : "") + "|").endsWith("|master of 5461 slots|answers");
        assertThat(row(view, "r1")).endsWith("|" + id("r1").brief() + "|replica of " + id("m1").brief() + ", not electable|answers");
        assertThat(row(view, "r2")).endsWith("|replica of " + id("m2").brief() + "|answers, leaving");
        assertThat(view.out().stream().filter(line -> line.contains(" *"))).as("one leads").hasSize(1);
    }

    @Test
    void aLeaderOfAnOlderVersionDoesNotTellWhoMayBeElected() throws IOException {
        told(Scene.cluster(3, 1).flag("r1", NodeFlag.NOFAILOVER));
        group.getAsJsonArray("members").forEach(member -> member.getAsJsonObject().remove("electable"));
        assertThat(row(ask("view"), "r1")).endsWith("|replica of " + id("m1").brief() + "|answers");
    }

    @Test
    void whatIsNotWholeAndWhatIsWaitedForStandInTheStatus() throws IOException {
        Scene scene = Scene.cluster(3, 1).gone("r1").provenForNow("r1", "both ports of r1 refuse connections").flag("r1", NodeFlag.FAIL);
        Printed status = told(scene).ask("status");
        String waiting = scene.decide().waits().getFirst().reason();
        assertThat(status.out()).anyMatch(line -> line.startsWith("cluster:  NOT whole: "))
            .contains("asked:    6 nodes, 1 replica per master", "this pod: m1, ready: serves", "now:      " + waiting, "waiting:  " + waiting + " (0 s)");
    }

    @Test
    void wholeMeansWhole() throws IOException {
        assertThat(told(Scene.cluster(3, 1)).ask("status").out()).contains("cluster:  whole", "now:      nothing to do");
    }

    @Test
    void whatWasToldLongAgoIsSaidToBeOld() throws IOException {
        toldMsAgo = 7300;
        assertThat(told(Scene.cluster(3, 1)).ask("view").out()).last().isEqualTo("* leads (as told 7 s ago: nothing was heard since)");
    }

    @Test
    void jsonIsTheWholeOfIt() throws IOException {
        Printed json = told(Scene.cluster(3, 1)).ask("view", "-o", "json");
        assertThat(json.code()).isZero();
        assertThat(JsonParser.parseString(String.join("\n", json.out()))).isEqualTo(group);
        assertThat(JsonParser.parseString(String.join("\n", ask("status", "-o", "json").out()))).isEqualTo(status());
    }

    @Test
    void nobodyLeadsYet() throws IOException {
        Printed view = ask("view");
        assertThat(view.code()).isEqualTo(1);
        assertThat(view.out()).containsExactly("no leader has been heard of yet: this coordinator waits for others");
    }

    @Test
    void wrongWordsAreRefused() throws IOException {
        Printed wrong = told(Scene.cluster(3, 1)).ask("view", "--json");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.out()).isEmpty();
        assertThat(wrong.err()).startsWith("regroup view takes only '-o json', not [--json]");
    }

    @Test
    void aCoordinatorThatDoesNotAnswerIsNamedByItsPort() throws IOException {
        int free;
        try (Http http = new Http("127.0.0.1", 0, () -> new Http.Health(true, ""), () -> new Http.Health(true, ""), this::status, () -> "")) {
            free = http.port();
        }
        Printed nobody = ask(free, "view");
        assertThat(nobody.code()).isEqualTo(1);
        assertThat(nobody.err()).startsWith("regroup: the coordinator does not answer on port " + free + ": ");
    }
}
