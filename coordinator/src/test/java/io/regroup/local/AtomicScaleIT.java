package io.regroup.local;

import static org.assertj.core.api.Assertions.assertThat;

/** The same where the servers move slots by themselves: no slot ever stands open for a client. */
class AtomicScaleIT extends ScaleIT {

    @Override
    void checkAsked(int asked) {
        assertThat(asked).as("sent on by ASK").isZero();
    }
}
