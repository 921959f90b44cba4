package io.regroup.group;

import java.time.Instant;
import java.util.Optional;

/**
 * How well the others can be found: for the status page and for readiness' reasons.
 *
 * @param listings   lists of pods asked of the API server since the start, failed ones included; 0 without Kubernetes
 * @param listed     when the last list came in, if one ever did
 * @param pods       addresses known from it; without Kubernetes those that were given
 * @param problem    why the last list could not be had, as a sentence; empty when it could
 * @param unanswered why nobody answers although there are pods, as a sentence; empty when somebody does
 */
public record DiscoveryStatus(long listings, Optional<Instant> listed, int pods, Optional<String> problem, Optional<String> unanswered) {
}
