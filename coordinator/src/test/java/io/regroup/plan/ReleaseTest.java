package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.Probe;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod that leaves, leaves empty-handed (S7). */
class ReleaseTest {

    @Test
    void aReplicaMayGoAtOnce() {
        assertThat(Scene.cluster(3, 1).leaving("r1").decide())
            .isEqualTo(new Decision("release", List.of(new Action.Release("r1")), "may end: r1 (owns no slot)", List.of()));
    }

    @Test
    void aMasterMayNotWhileItOwnsSlots() {
        assertThat(Scene.cluster(3, 0).leaving("m1").decide().actions()).isEmpty();
    }

    @Test
    void norMayAMasterWhoseServerIsDownAndWhoseDataIsKept() {
        assertThat(Scene.cluster(3, 0).leaving("m1").atGate("m1").stored("m1").decide().actions())
            .containsExactly(new Action.Permit("m1", "start-of-m1", false));
    }

    @Test
    void whenAllLeaveAllMayGo() {
        Scene scene = Scene.cluster(3, 0).leaving("m1").leaving("m2").leaving("m3");
        assertThat(scene.decide().reason()).isEqualTo("may end: m1 (all go), m2 (all go), m3 (all go)");
    }

    @Test
    void oneThatWasCutOffDoesNotMistakeItselfForAll() {
        Scene scene = Scene.cluster(3, 0).leaving("m1").gone("m2").gone("m3").probe("m2", Probe.SILENT).probe("m3", Probe.SILENT);
        assertThat(scene.decide().actions()).noneMatch(Action.Release.class::isInstance);
    }

    @Test
    void whenNoneAreAskedForAllMayGo() {
        assertThat(Scene.cluster(3, 0).asked(0, 0).leaving("m1").decide().actions()).containsExactly(new Action.Release("m1"));
    }
}
