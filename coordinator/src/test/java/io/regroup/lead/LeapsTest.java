package io.regroup.lead;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When the wall clock tells of a pause that the monotonic clock has slept through (S8). */
class LeapsTest {

    private final Leaps leaps = new Leaps(1000, 1_800_000_000_000L);

    @Test
    void clocksThatGoOnTogetherTellNothing() {
        assertThat(leaps.seen(1250, 1_800_000_000_250L)).isFalse();
        assertThat(leaps.seen(61_250, 1_800_000_060_250L)).as("the monotonic clock shows that pause itself").isFalse();
    }

    @Test
    void aMachineThatWasSuspendedHasBeenAwayAsLongAsTheWallClockLeapt() {
        assertThat(leaps.seen(1250, 1_800_000_008_250L)).isTrue();
        assertThat(leaps.seen(1500, 1_800_000_008_500L)).as("once").isFalse();
    }

    @Test
    void aClockThatIsSetRightByALittleTellsNothing() {
        assertThat(leaps.seen(1250, 1_800_000_001_700L)).isFalse();
        assertThat(leaps.seen(1500, 1_800_000_001_100L)).isFalse();
    }

    /** Seed 28963: suspended for 6.7 s, and when it woke the clock was set back by 9.8 s. */
    @Test
    void aClockThatIsSetBackByMoreMayHideAPause() {
        assertThat(leaps.seen(1250, 1_799_999_997_110L)).isTrue();
        assertThat(leaps.seen(1500, 1_799_999_997_360L)).as("once").isFalse();
    }
}
