package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ports that somebody else listens on are named before anything is started. */
class PortsTest {

    /** Each pod has an address of its own. */
    private static final Places APART = new Places() {
        @Override
        public String host(int pod) {
            return "127.0.77." + pod;
        }

        @Override
        public List<String> enter(int pod) {
            return List.of();
        }
    };

    /** Ports whose {@code pod}'s HTTP is this socket's. */
    private static Ports around(ServerSocket taken, int pod) {
        return new Ports(taken.getLocalPort() - 1080 - pod + 1);
    }

    /** A port of this address that leaves room for the others'. */
    private static ServerSocket listen(String host) throws IOException {
        for (int port = 12_080; ; port += 7) {
            try {
                return new ServerSocket(port, 1, InetAddress.getByName(host));
            } catch (IOException e) {
                if (port > 20_000) {
                    throw e;
                }
            }
        }
    }

    @Test
    void theOneThatIsTakenIsNamedWithWhatItIsFor() throws IOException {
        try (ServerSocket taken = listen(APART.host(2))) {
            assertThat(around(taken, 2).taken(APART, 3))
                .contains("port " + taken.getLocalPort() + " (HTTP of pod 2) is taken: choose others with --port");
        }
    }

    /** Seen once: a test took ports that were free on 127.0.0.1, and a server of another one listened on its pods' own address. */
    @Test
    void eachPodIsLookedForAtItsOwnAddress() throws IOException {
        try (ServerSocket elsewhere = listen(APART.host(5))) {
            assertThat(around(elsewhere, 1).taken(APART, 1)).as("another pod's address").isEmpty();
            assertThat(around(elsewhere, 5).taken(APART, 5, 5)).isPresent();
        }
    }

    @Test
    void nobodyElseListensInANetworkOfTheirOwn() throws IOException {
        Places own = new Places() {
            @Override
            public String host(int pod) {
                return APART.host(pod);
            }

            @Override
            public List<String> enter(int pod) {
                return List.of("ip", "netns", "exec", "pod" + pod);
            }
        };
        try (ServerSocket taken = listen(own.host(1))) {
            assertThat(around(taken, 1).taken(own, 1)).isEmpty();
        }
    }

    @Test
    void portsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> new Ports(80)).hasMessage("the first port must be from 1024 to 55475, not 80");
        assertThatThrownBy(() -> new Ports(60_000)).hasMessage("the first port must be from 1024 to 55475, not 60000");
    }
}
