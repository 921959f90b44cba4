package io.regroup.model;

/** The flags of a line of {@code CLUSTER NODES}. {@code noflags} is the absence of all. */
public enum NodeFlag {
    MYSELF, MASTER, REPLICA, PFAIL, FAIL, HANDSHAKE, NOADDR, NOFAILOVER
}
