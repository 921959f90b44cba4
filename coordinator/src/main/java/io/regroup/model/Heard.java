package io.regroup.model;

/** A report and when the leader received it, in milliseconds of the leader's monotonic clock. */
public record Heard(Report report, long at) {
}
