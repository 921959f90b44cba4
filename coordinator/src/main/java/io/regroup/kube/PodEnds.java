package io.regroup.kube;

import java.io.IOException;

/**
 * Asks the API server whether a pod's Redis has ended for certain. The rule is {@link EndRule}; this only fetches.
 *
 * <p>What is said holds for the moment of the answer: the kubelet may start an ended container again in the same pod,
 * and then it is the start gate that keeps its Redis from running.
 */
public final class PodEnds {

    /** The API server's word, with the sentence that says why. */
    public sealed interface Answer {
        String reason();

        /** Proof: it has ended. The kubelet may start it again in the same pod. */
        record Ended(String reason) implements Answer {
        }

        /** Proof: the whole pod has ended and does not come back. */
        record Gone(String reason) implements Answer {
        }

        /** No proof: it runs, or may run. */
        record NotEnded(String reason) implements Answer {
        }

        /** The API server could not be asked, or did not answer the question. */
        record Unknown(String reason) implements Answer {
        }
    }

    private final LeaderApi api;

    public PodEnds(LeaderApi api) {
        this.api = api;
    }

    /**
     * Blocks the caller's thread: 2 s at most to connect, 8 s in all. Never throws for what the network or the API
     * server does.
     */
    public Answer ask(String podName, String podUid) {
        try {
            return EndRule.judge(podName, podUid, PodFacts.of(api.pod(podName)));
        } catch (ApiRefused e) {
            return e.saysAbsent(podName)
                    ? EndRule.gone(podName)
                    : new Answer.Unknown("whether pod " + podName + " has ended is not known: " + e.getMessage());
        } catch (IOException e) {
            return new Answer.Unknown("whether pod " + podName + " has ended is not known: " + Failure.noAnswer(e));
        }
    }
}
