package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.regroup.kube.PodEnds.Answer.Ended;
import io.regroup.kube.PodEnds.Answer.Gone;
import io.regroup.kube.PodEnds.Answer.NotEnded;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class EndRuleTest {
    private static final String RUNNING = "\"state\":{\"running\":{\"startedAt\":\"2030-01-01T00:00:00Z\"}}";
    private static final String KILLED = "\"state\":{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}";
    private static final String LOST = "{\"terminated\":{\"exitCode\":137,\"reason\":\"ContainerStatusUnknown\"}}";
    private static final String TWO = "{\"name\":\"coordinator\"},{\"name\":\"redis\"}";
    private static final String CREATING = "\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}";

    private static PodEnds.Answer judge(String metadata, String phase, String redis) throws IOException {
        String pod = """
                {"kind":"Pod","metadata":{"name":"p","uid":"u"%s},"status":{"phase":"%s","containerStatuses":[
                  {"name":"coordinator","state":{"terminated":{"exitCode":1,"reason":"Error"}}}%s]}}"""
                .formatted(metadata, phase, redis.isEmpty() ? "" : ",{\"name\":\"redis\"," + redis + "}");
        return EndRule.judge("p", "u", PodFacts.of(JsonParser.parseString(pod).getAsJsonObject()));
    }

    @Test
    void aRunningContainerHasNotEnded() throws IOException {
        assertThat(judge("", "Running", RUNNING))
                .isEqualTo(new NotEnded("container redis of pod p was running when its kubelet last reported"));
    }

    @Test
    void aPodThatIsOnlyTerminatingHasNotEnded() throws IOException {
        assertThat(judge(",\"deletionTimestamp\":\"2030-01-01T00:00:30Z\"", "Running", RUNNING))
                .isEqualTo(new NotEnded("container redis of pod p was running when its kubelet last reported; that the pod is"
                        + " being deleted, with time until 2030-01-01T00:00:30Z, does not mean that it has ended"));
    }

    private static String over(String redisEnded, String spec) {
        return """
                {"kind":"Pod","metadata":{"name":"p","uid":"u","deletionTimestamp":"2030-01-01T00:01:30Z","deletionGracePeriodSeconds":60},
                 "spec":{"containers":[%s]},"status":{"phase":"Running","containerStatuses":[
                  {"name":"coordinator","state":{"terminated":{"exitCode":143,"reason":"Error","finishedAt":"2030-01-01T00:00:33Z"}}},
                  {"name":"redis","state":%s}]}}""".formatted(spec, redisEnded);
    }

    private static String endedAt(String time) {
        return "{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\",\"finishedAt\":\"" + time + "\"}}";
    }

    private static PodEnds.Answer judge(String pod) throws IOException {
        return EndRule.judge("p", "u", PodFacts.of(JsonParser.parseString(pod).getAsJsonObject()));
    }

    @Test
    void aPodThatIsDeletedAndWhoseContainersHaveEndedSinceIsGoneThoughItIsListed() throws IOException {
        assertThat(judge(over(endedAt("2030-01-01T00:00:30Z"), TWO)))
                .isEqualTo(new Gone("pod p is being deleted, and all its containers have ended since"));
    }

    @Test
    void notOneOfWhichAContainerMayRunOrMayHaveBeenStartedAgain() throws IOException {
        assertThat(judge(over(endedAt("2030-01-01T00:00:29Z"), TWO))).as("it ended before: its kubelet may have started it again")
                .isInstanceOf(Ended.class);
        assertThat(judge(over("{\"running\":{}}", TWO))).isInstanceOf(NotEnded.class);
        assertThat(judge(over(LOST, TWO))).isInstanceOf(NotEnded.class);
        assertThat(judge(over(endedAt("2030-01-01T00:00:30Z"), TWO + ",{\"name\":\"sidecar\"}"))).as("nothing is told of the sidecar").isInstanceOf(Ended.class);
        assertThat(judge(over(endedAt("yesterday"), TWO))).isInstanceOf(Ended.class);
    }

    @Test
    void anotherUidMeansThatThePodIsGone() throws IOException {
        PodFacts other = PodFacts.of(JsonParser.parseString(
                "{\"metadata\":{\"uid\":\"other\"},\"status\":{\"phase\":\"Running\"}}").getAsJsonObject());
        assertThat(EndRule.judge("p", "u", other))
                .isEqualTo(new Gone("pod p is gone: another pod has its name now"));
    }

    @Test
    void aTerminatedContainerHasEnded() throws IOException {
        assertThat(judge("", "Running", KILLED))
                .isEqualTo(new Ended("container redis of pod p has ended (exit code 137, OOMKilled)"));
    }

    @Test
    void anEndedContainerThatWaitsForItsRestartHasEnded() throws IOException {
        assertThat(judge("", "Running", """
                "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":0,"reason":"Completed"}}"""))
                .isEqualTo(new Ended("container redis of pod p has ended (exit code 0, Completed)"
                        + " and is not started again yet (CrashLoopBackOff)"));
    }

    @Test
    void aContainerThatRunsAgainHasNotEndedHoweverItsLastRunEnded() throws IOException {
        assertThat(judge("", "Running", RUNNING + ",\"lastState\":{\"terminated\":{\"exitCode\":137,\"reason\":\"Error\"}}"))
                .isInstanceOf(NotEnded.class);
    }

    @Test
    void aContainerThatTheKubeletLostSightOfHasNotEndedForCertain() throws IOException {
        assertThat(judge("", "Running", "\"state\":" + LOST)).isInstanceOf(NotEnded.class);
        assertThat(judge("", "Running", "\"state\":{\"waiting\":{}},\"lastState\":" + LOST)).isInstanceOf(NotEnded.class);
    }

    @Test
    void aPodWhosePhaseIsFinalHasEnded() throws IOException {
        assertThat(judge("", "Failed", "")).isEqualTo(new Gone("pod p has ended (phase Failed)"));
        assertThat(judge("", "Succeeded", "")).isEqualTo(new Gone("pod p has ended (phase Succeeded)"));
        assertThat(judge("", "Failed", "\"state\":" + LOST)).isInstanceOf(Gone.class);
    }

    /** Evicted, it is never started again, and its address may have gone with its sandbox: nothing refuses connections there. */
    @Test
    void anEvictedPodWhoseContainersHaveAllEndedIsGone() throws IOException {
        String evicted = over(endedAt("2030-01-01T00:00:29Z"), TWO).replace("Running", "Failed");
        assertThat(judge(evicted)).isEqualTo(new Gone("pod p has ended (phase Failed), and all its containers have"));
        assertThat(judge(evicted.replaceFirst("\\{\"terminated\".*?}}", "{\"running\":{}}"))).as("its coordinator may still run").isInstanceOf(Ended.class);
    }

    @Test
    void aFailedPodWhoseContainerStillRunsHasNotEnded() throws IOException {
        assertThat(judge("", "Failed", RUNNING)).isInstanceOf(NotEnded.class);
    }

    @Test
    void aContainerThatNeverStartedIsNoProof() throws IOException {
        assertThat(judge("", "Pending", CREATING)).isEqualTo(new NotEnded(
                "that container redis of pod p has ended is not known: it is waiting (ContainerCreating)"));
        assertThat(judge("", "Pending", "")).isInstanceOf(NotEnded.class);
    }

    @Test
    void aPhaseOrStateThatIsNotKnownHereIsNoProof() throws IOException {
        assertThat(judge("", "Unknown", "\"state\":{}")).isInstanceOf(NotEnded.class);
        assertThat(judge("", "Sleeping", "\"state\":{\"paused\":{}}")).isInstanceOf(NotEnded.class);
    }
}
