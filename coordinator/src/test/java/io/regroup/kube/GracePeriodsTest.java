package io.regroup.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GracePeriodsTest extends LeaderApiTest {

    private static final String POD = "/api/v1/namespaces/shop/pods/p";

    private Optional<Duration> left() {
        return new GracePeriods(leader, Clock.fixed(Instant.parse("2030-01-01T00:00:10Z"), ZoneOffset.UTC)).left("p", "u");
    }

    private void pod(String uid, String deletion) {
        api.on(POD, 200, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"" + uid + "\"" + deletion + "},\"status\":{\"phase\":\"Running\"}}");
    }

    @Test
    void theDeletionTimestampOfAPodIsWhenItsGracePeriodIsOver() {
        pod("u", ",\"deletionGracePeriodSeconds\":60,\"deletionTimestamp\":\"2030-01-01T00:00:52Z\"");
        assertThat(left()).contains(Duration.ofSeconds(42));
    }

    @Test
    void thatIsOverMayBeLongAgo() {
        pod("u", ",\"deletionTimestamp\":\"2030-01-01T00:00:00Z\"");
        assertThat(left()).contains(Duration.ZERO);
    }

    @Test
    void aPodThatIsNotDeletedOrAnotherOneOfItsNameTellsNothing() {
        pod("u", "");
        assertThat(left()).isEmpty();
        pod("other", ",\"deletionTimestamp\":\"2030-01-01T00:00:52Z\"");
        assertThat(left()).isEmpty();
        pod("u", ",\"deletionTimestamp\":\"soon\"");
        assertThat(left()).isEmpty();
    }

    @Test
    void anApiServerThatRefusesOrIsDownTellsNothing() {
        api.on(POD, 403, "");
        assertThat(left()).isEmpty();
        api.close();
        assertThat(left()).isEmpty();
    }
}
