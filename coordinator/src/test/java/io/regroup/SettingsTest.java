package io.regroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.regroup.model.Address;
import io.regroup.model.ShardLoss;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

    private static Settings with(String name, String value) {
        Map<String, String> env = new HashMap<>(Map.of("DISCOVERY", "static", "GROUP_HOSTS", "127.0.0.1[7801]", "POD_NAME", "redis-0",
            "POD_IP", "127.0.0.1"));
        env.put(name, value);
        return Settings.of(env);
    }

    @Test
    void lostSlotsAreReassignedAfterTenSecondsUnlessToldOtherwise() {
        assertThat(with("ZONE", "").shardLoss()).isEqualTo(new ShardLoss(true, 10_000));
        assertThat(with("SHARD_LOSS", "halt").shardLoss()).isEqualTo(new ShardLoss(false, 10_000));
        assertThat(with("SHARD_LOSS_GRACE", "600").shardLoss()).isEqualTo(new ShardLoss(true, 600_000));
    }

    @Test
    void theOwnServerIsOnTheLoopbackThatThePodsContainersShareOrAtTheLoopbackAddressThatIsThePod() {
        assertThat(with("POD_IP", "10.0.0.7").ownRedis()).isEqualTo(new Address("127.0.0.1", 6379));
        assertThat(with("POD_IP", "fd00::7").ownRedis()).isEqualTo(new Address("127.0.0.1", 6379));
        assertThat(with("POD_IP", "127.3.2.1").ownRedis()).isEqualTo(new Address("127.3.2.1", 6379));
        assertThat(with("POD_IP", "::1").ownRedis()).isEqualTo(new Address("::1", 6379));
    }

    @Test
    void whatCannotBeMeantIsRefusedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> with("SHARD_LOSS", "keep")).isInstanceOf(Settings.Wrong.class)
            .hasMessage("SHARD_LOSS is 'keep': it must be reassign or halt");
        assertThatThrownBy(() -> with("SHARD_LOSS_GRACE", "10s")).isInstanceOf(Settings.Wrong.class)
            .hasMessage("SHARD_LOSS_GRACE is '10s': it must be a whole number from 0 to 86400");
    }
}
