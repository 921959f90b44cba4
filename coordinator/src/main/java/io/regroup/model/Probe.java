package io.regroup.model;

/** What a connection attempt to a Redis port shows. */
public enum Probe {
    /** Something listens and answers. */
    ANSWERS,
    /** The host is there and nobody listens (RST): the process has ended. */
    REFUSES,
    /** No answer at all: the process, the host or the way to it. */
    SILENT
}
