package io.regroup.model;

/** A report and when the leader received it, in milliseconds of the leader's monotonic clock. */
public record Heard(Report report, long at) {

    /** Whether it is young, and answers one of these rounds: so it is younger than the leader's last action. */
    public boolean isFresh(Rounds rounds, long now) {
        return rounds.admit(report.member(), report.round()) && now - at <= Observation.STALE_MS;
    }
}
