package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeFlag;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What real servers wrote, and what is read from it. */
class NodesTextTest {

    private static final String A = "07c37dfeb235213a872192d90877d0cd55635b91";
    private static final String B = "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1";
    private static final String C = "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca";

    private static final String REDIS_6 = """
        07c37dfeb235213a872192d90877d0cd55635b91 127.0.0.1:7004@17004 slave e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 0 1426238317239 4 connected
        67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 master - 0 1426238316232 2 connected 5461-10922
        e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 127.0.0.1:7001@17001 myself,master - 0 0 1 connected 0-5460 10923
        """;

    /** A host name after the bus port, empty where none is announced. */
    private static final String REDIS_7 = """
        07c37dfeb235213a872192d90877d0cd55635b91 10.0.0.4:6379@16379,redis-4.example slave,nofailover e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 0 1426238317239 4 connected
        67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 10.0.0.2:6379@16379, master - 0 1426238316232 2 disconnected 5461-10922
        e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 10.0.0.1:6379@16379, myself,master - 0 0 1 connected 0-5460
        """;

    /** nodes.conf of Redis 7.2 and Valkey: more words after the host name, and a line of its own. */
    private static final String NODES_CONF = """
        e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 10.0.0.1:6379@16379,,tls-port=0,shard-id=69bc080733d1355567173199cff4a6a039a2f024 myself,master - 0 0 1 connected 0-5460
        67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 10.0.0.2:6379@16379,,tls-port=0,shard-id=114f6674a35b84949fe567f5dfd41415ee776261 master - 0 1426238316232 2 connected 5461-10922
        vars currentEpoch 6 lastVoteEpoch 3
        """;

    @Test
    void aTableOfRedis6() {
        ClusterTable table = NodesText.parse(REDIS_6);

        ClusterNode myself = table.myself();
        assertThat(myself.id()).isEqualTo(new NodeId(C));
        assertThat(myself.isMaster()).isTrue();
        assertThat(myself.configEpoch()).isEqualTo(1);
        assertThat(myself.slots()).isEqualTo(SlotSet.range(0, 5460).plus(SlotSet.of(10923)));
        ClusterNode replica = table.line(new NodeId(A)).orElseThrow();
        assertThat(replica.isReplica()).isTrue();
        assertThat(replica.master()).contains(new NodeId(C));
        assertThat(replica.address()).contains(new Address("127.0.0.1", 7004));
        assertThat(table.others()).hasSize(2);
    }

    @Test
    void aTableOfRedis7HasHostNames() {
        ClusterTable table = NodesText.parse(REDIS_7);

        ClusterNode replica = table.line(new NodeId(A)).orElseThrow();
        assertThat(replica.address()).contains(new Address("10.0.0.4", 6379));
        assertThat(replica.is(NodeFlag.NOFAILOVER)).isTrue();
        assertThat(table.line(new NodeId(B)).orElseThrow().linkUp()).isFalse();
    }

    @Test
    void theFileOfRedis72HasShardIdsAndVars() {
        ClusterTable table = NodesText.parse(NODES_CONF);

        assertThat(table.myself().address()).contains(new Address("10.0.0.1", 6379));
        assertThat(table.line(new NodeId(B)).orElseThrow().slots()).isEqualTo(SlotSet.range(5461, 10922));
    }

    @Test
    void suspicionFailureHandshakeAndAnUnknownAddressAreDifferentThings() {
        ClusterTable table = NodesText.parse("""
            07c37dfeb235213a872192d90877d0cd55635b91 127.0.0.1:7004@17004 master,fail? - 1426238317239 1426238317239 4 disconnected
            67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 :0@0 master,fail,noaddr - 1426238317239 1426238316232 2 disconnected 5461
            114f6674a35b84949fe567f5dfd41415ee776261 127.0.0.1:7009@17009 handshake - 0 0 0 disconnected
            e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 127.0.0.1:7001@17001 myself,slave 67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 0 0 1 connected
            """);

        assertThat(table.line(new NodeId(A)).orElseThrow().flags()).containsExactlyInAnyOrder(NodeFlag.MASTER, NodeFlag.PFAIL);
        ClusterNode lost = table.line(new NodeId(B)).orElseThrow();
        assertThat(lost.flags()).containsExactlyInAnyOrder(NodeFlag.MASTER, NodeFlag.FAIL, NodeFlag.NOADDR);
        assertThat(lost.address()).isEmpty();
        assertThat(table.isMeeting(new Address("127.0.0.1", 7009))).isTrue();
        assertThat(table.myself().master()).contains(new NodeId(B));
    }

    @Test
    void openSlotsOfANodeItself() {
        ClusterTable table = NodesText.parse(
            "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca 127.0.0.1:7001@17001 myself,master - 0 0 1 connected 0-5 "
                + "[5->-67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1] [77-<-07c37dfeb235213a872192d90877d0cd55635b91]\n");

        assertThat(table.myself().migrating()).containsExactly(java.util.Map.entry(5, new NodeId(B)));
        assertThat(table.myself().importing()).containsExactly(java.util.Map.entry(77, new NodeId(A)));
        assertThat(table.myself().slots()).isEqualTo(SlotSet.range(0, 5));
    }

    @ParameterizedTest
    @ValueSource(strings = {REDIS_6, REDIS_7, NODES_CONF})
    void whatIsWrittenIsReadAsTheSame(String text) {
        ClusterTable table = NodesText.parse(text);

        assertThat(NodesText.parse(NodesText.write(table))).isEqualTo(table);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 master - 0 1426238316232 2 connected 5461-10922",
        "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 myself,master - 0",
        "67ed2db8 127.0.0.1:7002@17002 myself,master - 0 0 2 connected",
        "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 myself,queen - 0 0 2 connected",
        "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 myself,master - 0 0 2 connected 16384",
        "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1 127.0.0.1:7002@17002 myself,master - 0 0 two connected"})
    void whatIsNotUnderstoodIsAnErrorThatShowsIt(String text) {
        assertThatThrownBy(() -> NodesText.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(text.strip());
    }

    @Test
    void whenANodeWasHeardLastIsReadBesideTheTable() {
        String heard = "a".repeat(40);
        String never = "b".repeat(40);
        String text = heard + " 10.0.0.1:6379@16379 master - 1426238316000 1426238317239 4 connected 0-5460\n"
            + never + " 10.0.0.2:6379@16379 myself,slave " + heard + " 0 0 4 connected\n";
        assertThat(NodesText.pongReceived(text, new NodeId(heard))).as("pong-recv, not ping-sent").contains(1426238317239L);
        assertThat(NodesText.pongReceived(text, new NodeId(never))).isEmpty();
        assertThat(NodesText.pongReceived(text, new NodeId("c".repeat(40)))).as("it is not in the table").isEmpty();
    }
}
