package io.regroup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.regroup.model.NodeFlag;
import io.regroup.model.SlotSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The one oracle of readiness, metrics and tests, and the silence that follows from it. */
class WholeTest {

    @Test
    void aWholeClusterIsLeftAlone() {
        Outlook outlook = Scene.cluster(3, 1).look();
        assertThat(outlook.pending()).isEmpty();
        assertThat(outlook.decision()).isEqualTo(new Decision("none", List.of(), "nothing to do", List.of()));
        assertThat(outlook.unsure()).isEmpty();
        assertThat(outlook.missing()).isEmpty();
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThat(Scene.cluster(3, 1).unheard("m2").look().pending()).contains("not heard of: m2");
        assertThat(Scene.cluster(3, 1).forgotten("r1").look().pending()).contains("5 of 6 nodes are part of the cluster");
        assertThat(Scene.cluster(3, 1).gone("m1").look().pending()).contains("5 of 6 nodes are part of the cluster");
        Scene orphan = Scene.cluster(3, 1).follows("r2", "m1");
        assertThat(orphan.look().pending()).contains(orphan.called("m2") + " is orphaned: 0 of 1 replicas");
        Scene failed = Scene.cluster(3, 1).flag("r1", NodeFlag.FAIL);
        assertThat(failed.look().pending()).contains(failed.called("m1") + " calls " + failed.called("r1") + " failed");
        Scene behind = Scene.cluster(3, 1).linkDown("r1");
        assertThat(behind.look().pending()).contains(behind.called("r1") + " is not in sync with its master");
        assertThat(Scene.cluster(3, 1).owns("m1", SlotSet.range(1, 5460), 1).look().pending()).contains("1 slots have no owner");
    }

    @Test
    void aNodeThatHasAnotherWrongIsTold() {
        Scene scene = Scene.cluster(3, 1).doesNotKnow("m1", "r2").sent("meet 10.0.0.1:6379 10.0.0.5:6379", 100);
        assertThat(scene.look().pending()).contains(scene.called("m1") + " does not know " + scene.called("r2"));
    }
}
