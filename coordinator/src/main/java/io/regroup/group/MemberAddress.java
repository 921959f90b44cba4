package io.regroup.group;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jgroups.Address;
import org.jgroups.util.ExtendedUUID;
import org.jgroups.util.UUID;

/**
 * A member's address, which carries the member's name and the time at which this incarnation of it started.
 *
 * <p>JGroups spreads names beside the addresses, so that a view may hold a member whose name is not known yet. Here the
 * name is a part of the address, and whoever sees the one has the other. The start time tells a restarted container from
 * its dead predecessor, which for a moment stands in the same view under the same name; both are of one pod and so of one
 * host's clock.
 */
final class MemberAddress {

    private static final byte[] NAME = {'n'};
    private static final byte[] STARTED = {'t'};

    static {
        // Logs and JMX show the name alone.
        ExtendedUUID.setPrintFunction(MemberAddress::name);
    }

    private MemberAddress() {
    }

    /** A new address. @param startedMillis milliseconds since 1970 */
    static Address create(String name, long startedMillis) {
        return ExtendedUUID.randomUUID(name)
            .put(NAME, name.getBytes(StandardCharsets.UTF_8))
            .put(STARTED, ByteBuffer.allocate(Long.BYTES).putLong(startedMillis).array());
    }

    /** The member's name; of an address that is not one of ours its random number, so that it matches no name. */
    static String name(Address address) {
        byte[] name = address instanceof ExtendedUUID id ? id.get(NAME) : null;
        if (name != null)
            return new String(name, StandardCharsets.UTF_8);
        return address instanceof UUID id ? id.toStringLong() : String.valueOf(address);
    }

    /** When this incarnation started, in milliseconds since 1970; 0 for an address that is not one of ours. */
    static long startedMillis(Address address) {
        byte[] started = address instanceof ExtendedUUID id ? id.get(STARTED) : null;
        return started == null ? 0 : ByteBuffer.wrap(started).getLong();
    }
}
