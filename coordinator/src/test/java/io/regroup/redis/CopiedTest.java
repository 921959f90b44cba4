package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CopiedTest {

    private static final Address AT = new Address("10.0.0.1", 6379);
    private static final String MASTER = "a".repeat(40) + " 10.0.0.1:6379@16379 master - 0 0 5 connected 100-200\n";
    private static final String ITSELF = "b".repeat(40) + " 10.0.0.2:6379@16379 myself,";

    private final Copied copied = new Copied();

    private static ClusterTable replica() {
        return NodesText.parse(MASTER + ITSELF + "slave " + "a".repeat(40) + " 0 0 5 connected\n");
    }

    private static ClusterTable master(String slots) {
        return master(slots, MASTER);
    }

    private static ClusterTable master(String slots, String other) {
        return NodesText.parse(other + ITSELF + "master - 0 0 4 connected" + slots + "\n");
    }

    private Optional<Address> asReplica(boolean linkUp) {
        return copied.read(replica(), Optional.of(AT), linkUp, 10);
    }

    private Optional<Address> asMaster(String slots, long keys) {
        return copied.read(master(slots), Optional.empty(), false, keys);
    }

    @Test
    void whatInfoSaysIsSo() {
        assertThat(asReplica(false)).contains(AT);
        assertThat(copied.read(master(""), Optional.of(AT), true, 10)).contains(AT);
        assertThat(new Copied().read(master(""), Optional.empty(), false, 10)).isEmpty();
    }

    @Test
    void whoWasLinkedAndIsAMasterOfNothingWithKeysIsAstrayUntilItIsAReplica() {
        asReplica(true);
        assertThat(asMaster("", 10)).contains(AT);
        assertThat(asMaster("", 10)).contains(AT);
        assertThat(asMaster(" 100", 10)).as("it has taken one, to lose it again").contains(AT);
        assertThat(asReplica(false)).contains(AT);
        assertThat(asMaster("", 10)).as("its link was not up").isEmpty();
    }

    @Test
    void whoIsPromotedIsNot() {
        asReplica(true);
        assertThat(asMaster(" 100-200", 10)).isEmpty();
        assertThat(asMaster("", 10)).as("it loses them later").isEmpty();
    }

    @Test
    void norIsWhoHasNothing() {
        asReplica(true);
        assertThat(asMaster("", 0)).as("RESET").isEmpty();
        assertThat(asMaster("", 10)).isEmpty();
    }

    @Test
    void norWhoHasGotSlotsSince() {
        asReplica(true);
        asMaster("", 10);
        assertThat(asMaster(" 0-5", 10)).isEmpty();
        assertThat(asMaster("", 10)).isEmpty();
    }

    /** What it has may be the last copy: it was let go of its master, which had lost its slots. */
    @Test
    void norWhoseMasterHasNoSlots() {
        asReplica(true);
        assertThat(copied.read(master("", MASTER.replace(" 100-200", "")), Optional.empty(), false, 10)).isEmpty();
    }

    @Test
    void norWhoIsInItsNextLife() {
        asReplica(true);
        copied.forget();
        assertThat(asMaster("", 10)).isEmpty();
        asReplica(true);
        asMaster("", 10);
        copied.forget();
        assertThat(asMaster("", 10)).isEmpty();
    }
}
