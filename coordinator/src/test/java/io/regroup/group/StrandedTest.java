package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StrandedTest {

    private static final long PATIENCE = 30_000;
    private static final long ROUND = 4_800;

    private final Stranded stranded = new Stranded();

    @Test
    void aMemberOfTheLeadersViewNeverJoinsAnew() {
        for (long now = 0; now < 100 * ROUND; now += ROUND)
            assertThat(told(true, now)).isFalse();
    }

    @Test
    void whoseLeaderHasAViewWithoutItAgainAndAgainJoinsAnew() {
        long now = 0;
        while (now < PATIENCE) {
            assertThat(told(false, now)).as("after %d ms", now).isFalse();
            now += ROUND;
        }

        assertThat(told(false, now)).isTrue();
    }

    @Test
    void aMemberThatWasStoppedItselfHasTimeToMerge() {
        assertThat(told(false, 0)).isFalse();
        assertThat(told(false, 10 * PATIENCE)).as("time alone").isFalse();
    }

    @Test
    void aLeaderThatAnswersFastGivesNoLessTime() {
        for (long now = 0; now < PATIENCE; now += 100)
            assertThat(told(false, now)).isFalse();
    }

    @Test
    void aViewWithUsBeginsAnew() {
        tellUntilAlmost();
        assertThat(told(true, PATIENCE)).isFalse();
        assertThat(told(false, PATIENCE + ROUND)).isFalse();
    }

    @Test
    void aNewViewOfOursBeginsAnew() {
        tellUntilAlmost();
        stranded.viewChanged();
        assertThat(told(false, PATIENCE + ROUND)).isFalse();
    }

    private void tellUntilAlmost() {
        for (long now = 0; now < PATIENCE; now += ROUND)
            assertThat(told(false, now)).isFalse();
    }

    private boolean told(boolean within, long now) {
        return stranded.told(within, now, PATIENCE);
    }
}
