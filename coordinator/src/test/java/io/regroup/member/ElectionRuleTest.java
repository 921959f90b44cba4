package io.regroup.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Address;
import io.regroup.model.ClusterTable;
import io.regroup.model.RedisState.Answering;
import io.regroup.model.ServerFacts;
import io.regroup.model.SlotSet;
import io.regroup.redis.NodesText;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ElectionRuleTest {

    private static final String MASTER = "a".repeat(40) + " 10.0.0.1:6379@16379 %smaster - 0 0 1 connected 0-16383\n";
    private static final String REPLICA = "b".repeat(40) + " 10.0.0.2:6379@16379 %sslave%s " + "a".repeat(40) + " 0 0 1 connected\n";

    private static Optional<Boolean> ofReplica(boolean synced, boolean mayNot) {
        return of(String.format(MASTER, "") + String.format(REPLICA, "myself,", mayNot ? ",nofailover" : ""), synced);
    }

    private static Optional<Boolean> of(String nodes, boolean synced) {
        ClusterTable table = NodesText.parse(nodes);
        return ElectionRule.toBeSaid(new Answering(table, new ServerFacts(true, 1, 0, false, synced, Optional.<Address>empty(), 0, 0, "7.0.15", SlotSet.NONE)));
    }

    @Test
    void aReplicaWithoutItsMastersDataIsToldOnceThatItMayNot() {
        assertThat(ofReplica(false, false)).contains(false);
        assertThat(ofReplica(false, true)).isEmpty();
    }

    @Test
    void andThatItMayOnceItHasThem() {
        assertThat(ofReplica(true, true)).contains(true);
        assertThat(ofReplica(true, false)).isEmpty();
    }

    @Test
    void aMasterMayBe() {
        assertThat(of(String.format(MASTER, "myself,"), false)).isEmpty();
        assertThat(of(String.format(MASTER, "myself,").replace("master", "master,nofailover"), false)).contains(true);
    }
}
