package io.regroup.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MasterSilenceTest {

    private final MasterSilence silence = new MasterSilence();

    @Test
    void anIdleLinkThatIsLostIsCountedFromThen() {
        assertThat(silence.seconds(true, 3)).isEqualTo(3);
        assertThat(silence.seconds(false, 0)).isZero();
        assertThat(silence.seconds(false, 4)).isEqualTo(4);
    }

    @Test
    void oneThatHadBeenSilentTooLongIsCountedFromBefore() {
        assertThat(silence.seconds(true, 60)).isEqualTo(60);
        assertThat(silence.seconds(false, 0)).isEqualTo(60);
        assertThat(silence.seconds(false, 30)).isEqualTo(90);
        assertThat(silence.seconds(true, 0)).as("it is there again").isZero();
        assertThat(silence.seconds(false, 1)).isEqualTo(1);
    }

    @Test
    void oneThatNeverWasUpIsNotCounted() {
        assertThat(silence.seconds(false, -1)).isZero();
        silence.seconds(true, 40);
        assertThat(silence.seconds(false, -1)).as("it was a master meanwhile").isZero();
        assertThat(silence.seconds(false, 2)).isEqualTo(2);
    }
}
