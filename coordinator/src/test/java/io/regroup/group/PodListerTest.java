package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jgroups.protocols.kubernetes.Pod;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodListerTest {

    private final FakeApiServer api = new FakeApiServer();
    @TempDir
    private Path dir;

    PodListerTest() throws IOException {
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void podsThatMayLiveAreListedAndThoseThatEndedOrHaveNoAddressAreNot() throws Exception {
        api.pods.add(new FakeApiServer.FakePod("running", "10.0.0.1", "Running"));
        api.pods.add(new FakeApiServer.FakePod("starting", "10.0.0.2", "Pending"));
        api.pods.add(new FakeApiServer.FakePod("without-address", null, "Pending"));
        api.pods.add(new FakeApiServer.FakePod("evicted", "10.0.0.3", "Failed"));
        api.pods.add(new FakeApiServer.FakePod("done", "10.0.0.4", "Succeeded"));
        api.pods.add(new FakeApiServer.FakePod("on-a-lost-node", "10.0.0.5", "Unknown"));

        PodLister.Listing listing = lister().list();

        assertThat(listing.pods()).extracting(Pod::getName, Pod::getIp).containsExactly(
            org.assertj.core.groups.Tuple.tuple("running", "10.0.0.1"),
            org.assertj.core.groups.Tuple.tuple("starting", "10.0.0.2"),
            org.assertj.core.groups.Tuple.tuple("on-a-lost-node", "10.0.0.5"));
        assertThat(listing.unaddressed()).isEqualTo(1);
        assertThat(api.lastRequest).hasToString("/api/v1/namespaces/shop/pods?labelSelector=app.kubernetes.io%2Fname%3Dredis");
        assertThat(api.tokens).containsExactly("Bearer secret");
    }

    @Test
    void anEmptyListIsAList() throws Exception {
        assertThat(lister().list().size()).isZero();
        api.otherAnswer = "{\"kind\":\"PodList\",\"items\":null}";
        assertThatThrownBy(() -> lister().list()).isInstanceOf(ListingFailed.class);
    }

    @Test
    void aTokenFileIsReadEachTimeSinceTheKubeletRenewsIt() throws Exception {
        Path file = dir.resolve("token");
        PodLister lister = new PodLister(api.discovery(new Discovery.Token.FromFile(file)), 500, 500);
        lister.list();
        Files.writeString(file, "first\n");
        lister.list();
        Files.writeString(file, "second\n");
        lister.list();

        assertThat(api.tokens).containsExactly("null", "Bearer first", "Bearer second");
    }

    @Test
    void aRefusalNamesTheRightThatIsMissingAndForWhom() {
        api.mood = FakeApiServer.Mood.FORBIDS;

        assertThatThrownBy(() -> lister().list()).isInstanceOf(ListingFailed.class)
            .hasMessageContaining("forbids to list the pods of namespace shop")
            .hasMessageContaining("needs a Role with apiGroups [\"\"], resources [pods], verbs [list]")
            .hasMessageContaining("system:serviceaccount:shop:redis");
    }

    @Test
    void anApiServerThatDoesNotAnswerIsGivenUp() {
        api.mood = FakeApiServer.Mood.SILENT;

        assertThatThrownBy(() -> lister().list()).isInstanceOf(ListingFailed.class).hasMessageEndingWith("no answer within 500 ms");
    }

    @Test
    void anApiServerThatIsDownIsSaidToRefuseConnections() {
        api.down();

        assertThatThrownBy(() -> lister().list()).isInstanceOf(ListingFailed.class)
            .hasMessage("the API server " + api.uri() + " cannot be asked for the pods: it refuses connections");
    }

    @Test
    void anAnswerThatIsNoListIsAFailureAndNotAnEmptyList() {
        for (String answer : new String[] {"", "[]", "{}", "<html>proxy login</html>", "{\"items\":[1]}", "{\"items\":[{}", "{\"items\":{}}"}) {
            api.otherAnswer = answer;
            assertThatThrownBy(() -> lister().list()).as(answer).isInstanceOf(ListingFailed.class);
        }
    }

    @Test
    void withoutCertificatesNobodyIsTrusted() throws Exception {
        Path missing = dir.resolve("missing.crt");
        assertThatThrownBy(() -> tls(missing)).isInstanceOf(GroupException.class)
            .hasMessageContaining("there is no file " + missing).hasMessageNotContaining("\n");

        Path empty = Files.writeString(dir.resolve("empty.crt"), "");
        assertThatThrownBy(() -> tls(empty)).isInstanceOf(GroupException.class).hasMessageContaining(empty + ": it holds no certificate");

        Path garbage = Files.writeString(dir.resolve("garbage.crt"), "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n");
        assertThatThrownBy(() -> tls(garbage)).isInstanceOf(GroupException.class).hasMessageContaining(garbage.toString());
    }

    @Test
    void aJoinIsRefusedWithoutCertificates() {
        Path missing = dir.resolve("missing.crt");
        Loopback loopback = Loopback.pick();
        GroupSettings settings = new GroupSettings("regroup-test", "a", loopback.ip(1), loopback.port(),
            new Discovery.Kubernetes(URI.create("https://127.0.0.1:1"), "shop", "app=redis", new Discovery.Token.Literal("x"), missing, dir.resolve("pods")));

        assertThatThrownBy(() -> Member.join(settings)).isInstanceOf(GroupException.class).hasMessageContaining("there is no file " + missing);
    }

    private PodLister lister() throws GroupException {
        return new PodLister(api.discovery(), 500, 500);
    }

    private static PodLister tls(Path caFile) throws GroupException {
        return new PodLister(new Discovery.Kubernetes(URI.create("https://10.96.0.1:443"), "shop", "app=redis",
            new Discovery.Token.Literal("x"), caFile, caFile.resolveSibling("pods")), 500, 500);
    }
}
