package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ListingScheduleTest {

    private final ListingSchedule schedule = new ListingSchedule();

    @Test
    void theFirstListIsAskedForAtOnceWhateverTheClockSays() {
        assertThat(schedule.due(-5, 0, false)).isTrue();
        assertThat(schedule.due(Long.MAX_VALUE / 2, 0, false)).isTrue();
    }

    @Test
    void aWholeGroupAsksEveryTenMinutes() {
        schedule.listed(0, 6, true);

        assertThat(schedule.due(599_999, 6, false)).isFalse();
        assertThat(schedule.due(600_000, 6, false)).isTrue();
        assertThat(schedule.due(20_000, 7, false)).isFalse();
    }

    @Test
    void whileAMemberIsMissingTheListIsAskedForAfterTenSecondsAndThenLessAndLess() {
        schedule.listed(0, 6, true);
        assertThat(schedule.due(9_999, 5, false)).isFalse();
        assertThat(schedule.due(10_000, 5, false)).isTrue();

        schedule.listed(10_000, 6, false);
        assertThat(schedule.due(29_999, 5, false)).isFalse();
        assertThat(schedule.due(30_000, 5, false)).isTrue();

        for (int i = 0; i < 20; i++)
            schedule.listed(30_000, 6, false);
        assertThat(schedule.due(629_999, 5, false)).isFalse();
        assertThat(schedule.due(630_000, 5, false)).isTrue();
    }

    @Test
    void whoLeadsAViewInWhichAMemberIsMissingAsksAfterASecondAndThenLessAndLess() {
        schedule.listed(0, 6, true);
        long now = 0;
        for (long pause : new long[] {1_000, 2_000, 4_000, 8_000}) {
            assertThat(schedule.due(now + pause - 1, 5, true)).isFalse();
            assertThat(schedule.due(now + pause, 5, true)).isTrue();
            now += pause;
            schedule.listed(now, 6, false);
        }
        assertThat(schedule.due(now + 599_999, 6, true)).as("nobody is missing").isFalse();
        schedule.viewChanged();
        assertThat(schedule.due(now + 1_000, 5, true)).isTrue();
    }

    @Test
    void aChangeOfTheViewOrOfTheListMakesItAskAfterTenSecondsAgain() {
        for (int i = 0; i < 5; i++)
            schedule.listed(0, 6, false);
        schedule.viewChanged();
        assertThat(schedule.due(10_000, 5, false)).isTrue();

        for (int i = 0; i < 5; i++)
            schedule.listed(10_000, 6, false);
        schedule.listed(10_000, 7, true);
        assertThat(schedule.due(20_000, 5, false)).isTrue();
    }

    @Test
    void aFailureIsRepeatedAfterOneSecondThenTwoFourEightAndTen() {
        schedule.listed(0, 6, true);
        long now = 600_000;
        for (long pause : new long[] {1_000, 2_000, 4_000, 8_000, 10_000, 10_000}) {
            schedule.failed(now);
            assertThat(schedule.due(now + pause - 1, 6, false)).isFalse();
            assertThat(schedule.due(now + pause, 6, false)).isTrue();
            now += pause;
        }
        schedule.listed(now, 6, false);
        assertThat(schedule.due(now + 599_999, 6, false)).isFalse();
    }

    @Test
    void aMemberWithoutAnyListAsksAtLeastEveryTwoSeconds() {
        for (int i = 0; i < 100; i++)
            schedule.failed(0);

        assertThat(schedule.due(1_999, 1, false)).isFalse();
        assertThat(schedule.due(2_000, 1, false)).isTrue();
    }
}
