package io.regroup.kube;

import io.regroup.kube.PodEnds.Answer;
import io.regroup.kube.PodFacts.Container;
import java.util.Locale;

/**
 * When the API server's word is proof that a pod's Redis has ended (DESIGN.md, S2). A promotion without a vote rests on
 * this, so whatever leaves room for doubt is no proof.
 */
final class EndRule {
    private EndRule() {
    }

    /** @param uid the UID of the pod that is meant; names are used again */
    static Answer judge(String name, String uid, PodFacts pod) {
        if (!pod.uid().equals(uid)) {
            return new Answer.Gone("pod " + name + " is gone: another pod has its name now");
        }
        if (pod.isOver()) {
            return new Answer.Gone(pod.phase().isFinal() ? "pod " + name + " has ended (phase " + word(pod.phase()) + "), and all its containers have"
                : "pod " + name + " is being deleted, and all its containers have ended since");
        }
        return switch (pod.redis()) {
            // Before the phase: kubelets before 1.22 set the phase of an evicted pod first and stop its containers then.
            case Container.Running running -> new Answer.NotEnded(running(name, pod));
            case Container.Terminated end when end.isSeen() -> ended(name, end, "");
            case Container.Waiting(String reason, var last) when last.isPresent() && last.get().isSeen() ->
                    ended(name, last.get(), " and is not started again yet (" + reason + ")");
            case Container.Terminated lost -> byPhase(name, pod, "the kubelet has lost sight of it (" + lost.reason() + ")");
            case Container.Waiting waiting -> byPhase(name, pod, "it is waiting (" + waiting.reason() + ")");
            case Container.Unreported none -> byPhase(name, pod, "the kubelet has not reported it");
        };
    }

    static Answer gone(String name) {
        return new Answer.Gone("pod " + name + " is gone: the API server has no such pod");
    }

    private static Answer ended(String name, Container.Terminated end, String then) {
        String code = end.exitCode().map(c -> "exit code " + c + ", ").orElse("");
        return new Answer.Ended("container " + PodFacts.CONTAINER + " of pod " + name + " has ended (" + code + end.reason() + ")" + then);
    }

    private static String running(String name, PodFacts pod) {
        return "container " + PodFacts.CONTAINER + " of pod " + name + " was running when its kubelet last reported"
                + pod.graceUntil().map(until -> "; that the pod is being deleted, with time until " + until + ", does not mean that it has ended")
                        .orElse("");
    }

    private static Answer byPhase(String name, PodFacts pod, String container) {
        return switch (pod.phase()) {
            case SUCCEEDED, FAILED -> new Answer.Gone("pod " + name + " has ended (phase " + word(pod.phase()) + ")");
            case PENDING, RUNNING, UNKNOWN -> new Answer.NotEnded(
                    "that container " + PodFacts.CONTAINER + " of pod " + name + " has ended is not known: " + container);
        };
    }

    private static String word(PodFacts.Phase phase) {
        return phase.name().charAt(0) + phase.name().substring(1).toLowerCase(Locale.ROOT);
    }
}
