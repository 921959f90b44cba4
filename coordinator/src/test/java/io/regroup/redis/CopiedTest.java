package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CopiedTest {

    private static final Address AT = new Address("10.0.0.1", 6379);
    private static final String MASTER = "a".repeat(40) + " 10.0.0.1:6379@16379 master - 0 0 5 connected 100-200\n";
    private static final String ITSELF = "b".repeat(40) + " 10.0.0.2:6379@16379 myself,";

    private final Copied copied = new Copied();

    private static final Optional<NodeId> OF_MASTER = Optional.of(new NodeId("a".repeat(40)));

    private static ClusterTable master(String slots, String other) {
        return NodesText.parse(other + ITSELF + "master - 0 0 4 connected" + slots + "\n");
    }

    private Optional<Address> asMaster(String slots, long keys) {
        return copied.read(master(slots, MASTER), Optional.empty(), keys, OF_MASTER);
    }

    @Test
    void whatInfoSaysIsSo() {
        ClusterTable replica = NodesText.parse(MASTER + ITSELF + "slave " + "a".repeat(40) + " 0 0 5 connected\n");
        assertThat(copied.read(replica, Optional.of(AT), 10, Optional.empty())).contains(AT);
        assertThat(copied.read(master("", MASTER), Optional.of(AT), 10, Optional.empty())).contains(AT);
        assertThat(copied.isItsOwn(replica, 10)).isFalse();
    }

    @Test
    void whoHasACopyOfOneThatServesAndIsAMasterOfNothingIsAstray() {
        assertThat(asMaster("", 10)).contains(AT);
        assertThat(asMaster(" 100", 10)).as("it has taken one, to lose it again").contains(AT);
        assertThat(copied.isItsOwn(master(" 100", MASTER), 10)).isFalse();
        assertThat(asMaster("", 10)).contains(AT);
        assertThat(asMaster(" 0-5", 10)).as("it has been given some").isEmpty();
        assertThat(copied.isItsOwn(master(" 0-5", MASTER), 10)).isTrue();
    }

    @Test
    void whoServesOneSlotIsNot() {
        assertThat(asMaster(" 100", 10)).isEmpty();
        assertThat(copied.isItsOwn(master(" 100", MASTER), 10)).isTrue();
        asMaster("", 10);
        copied.forget();
        assertThat(asMaster(" 100", 10)).as("in its next life").isEmpty();
    }

    @Test
    void norIsWhoHasNothing() {
        assertThat(asMaster("", 0)).isEmpty();
        assertThat(copied.isItsOwn(master("", MASTER), 0)).as("what slots are moved there with").isTrue();
        assertThat(copied.isItsOwn(master("", MASTER), 10)).isFalse();
    }

    /** What it has may be the last copy. */
    @Test
    void norWhereThatOneDoesNotServe() {
        for (String gone : List.of(MASTER.replace(" 100-200", ""), MASTER.replace("master -", "master,fail -"), MASTER.replace("10.0.0.1:6379@16379 master", ":0@0 master,noaddr"),
            MASTER.replace("a".repeat(40), "c".repeat(40)), MASTER.replace("master -", "slave " + "b".repeat(40)).replace(" 100-200", ""))) {
            assertThat(copied.read(master("", gone), Optional.empty(), 10, OF_MASTER)).as(gone).isEmpty();
        }
    }

    /** It has been a master since: what it has may be its own. */
    @Test
    void norWhoHasServedSince() {
        assertThat(copied.read(master("", MASTER), Optional.empty(), 10, Optional.of(new NodeId("b".repeat(40))))).isEmpty();
        assertThat(copied.read(master("", MASTER), Optional.empty(), 10, Optional.empty())).isEmpty();
    }
}
