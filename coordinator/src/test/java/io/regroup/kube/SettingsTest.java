package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SettingsTest {

    private static ApiSettings api(String server, String namespace) {
        return new ApiSettings(URI.create(server), Optional.empty(), Path.of("t"), Path.of("c"), namespace);
    }

    @Test
    void theServersUrlIsTakenWithOrWithoutASlash() {
        assertThat(api("https://[fd00::1]:443/", "shop").server()).isEqualTo(URI.create("https://[fd00::1]:443"));
        assertThat(api("http://127.0.0.1:8001", "shop").encrypted()).isFalse();
    }

    @Test
    void whatCannotWorkIsRefusedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> api("ftp://10.0.0.1", "shop")).isInstanceOf(UnusableSettings.class)
                .hasMessageContaining("must be https://host[:port] or http://host[:port]");
        assertThatThrownBy(() -> api("kubernetes", "shop")).isInstanceOf(UnusableSettings.class);
        assertThatThrownBy(() -> api("http://h", " ")).isInstanceOf(UnusableSettings.class)
                .hasMessageContaining("POD_NAMESPACE");
        assertThatThrownBy(() -> new PodSettings("", "u", Optional.empty(), Rollout.CARRY, Optional.empty(), Path.of(".")))
                .isInstanceOf(UnusableSettings.class).hasMessageContaining("POD_NAME");
    }
}
