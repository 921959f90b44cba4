package io.regroup.model;

import java.util.Optional;

/** A member's place in a primary view: what the others need to know of it once it is gone. */
public record Seat(String podUid, Address redis, Address group, Optional<NodeId> node) {
}
