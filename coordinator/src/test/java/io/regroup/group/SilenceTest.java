package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

class SilenceTest {

    private final Loopback loopback = Loopback.pick();
    private final List<String> others = List.of(loopback.ip(1), loopback.ip(2));
    private final Silence silence = new Silence();

    @Test
    void nothingIsSaidBeforeTheOthersHadTheTimeToStart() {
        silence.look(0, others, loopback.port());
        silence.look(Silence.PATIENCE - 1, others, loopback.port());

        assertThat(silence.reason()).isEmpty();
    }

    @Test
    void podsThatRefuseConnectionsAreNamedWithBothPorts() {
        silence.look(0, others, loopback.port());
        silence.look(Silence.PATIENCE, others, loopback.port());

        assertThat(silence.reason()).hasValueSatisfying(reason -> assertThat(reason)
            .contains(loopback.ip(1), loopback.ip(2), "refuse connections", "port " + loopback.port(), "(and " + (loopback.port() + 100)));
    }

    @Test
    void podsThatAcceptButDoNotAnswerBelongToAnotherGroupOrSitBehindAMesh() throws Exception {
        try (ServerSocket mesh = new ServerSocket(loopback.port(), 5, InetAddress.getByName(loopback.ip(2)))) {
            assertThat(mesh.isBound()).isTrue();
            silence.look(0, others, loopback.port());
            silence.look(Silence.PATIENCE, others, loopback.port());
        }

        assertThat(silence.reason()).hasValueSatisfying(reason -> assertThat(reason).contains("another group", "service mesh"));
    }

    @Test
    void anAnswerEndsIt() {
        silence.look(0, others, loopback.port());
        silence.broken();
        silence.look(Silence.PATIENCE, others, loopback.port());
        assertThat(silence.reason()).isEmpty();

        silence.look(2 * Silence.PATIENCE, others, loopback.port());
        assertThat(silence.reason()).isPresent();
        silence.broken();
        assertThat(silence.reason()).isEmpty();
    }

    @Test
    void whoIsTheOnlyPodIsNotSilencedByAnybody() {
        silence.look(0, List.of(), loopback.port());
        silence.look(Silence.PATIENCE, List.of(), loopback.port());

        assertThat(silence.reason()).isEmpty();
    }
}
