package io.regroup.group;

import java.util.Objects;

/**
 * What a member must know to join its group.
 *
 * @param name        the group's name, such as {@code regroup-<uid of the Deployment>}; members of another name stay out
 * @param self        this member's name: the pod's, unique in the group and the same after a container's restart
 * @param bindAddress this member's own address, which the others connect to: the pod's IP
 * @param port        the group's port; failure detection listens on {@code port + 100} as well
 * @param discovery   how the others are found
 */
public record GroupSettings(String name, String self, String bindAddress, int port, Discovery discovery) {

    /** What failure detection's port is above the group's: {@code FD_SOCK2.offset} in {@code config/jgroups.xml}. */
    public static final int FAILURE_DETECTION_OFFSET = 100;

    /** The longest name of a member in bytes (UTF-8): it travels in the member's address, behind one byte of length. */
    public static final int LONGEST_NAME = 253;

    /** @throws IllegalArgumentException if a name is empty or too long, or a port is none */
    public GroupSettings {
        Objects.requireNonNull(discovery, "discovery");
        if (name.isBlank())
            throw new IllegalArgumentException("the group's name is empty");
        if (self.isBlank() || self.getBytes(java.nio.charset.StandardCharsets.UTF_8).length > LONGEST_NAME)
            throw new IllegalArgumentException("a member's name must have 1 to " + LONGEST_NAME + " bytes: '" + self + "'");
        if (bindAddress.isBlank())
            throw new IllegalArgumentException("the address to listen on is empty");
        if (port < 1 || port + FAILURE_DETECTION_OFFSET > 65535)
            throw new IllegalArgumentException("the group's port must be 1 to " + (65535 - FAILURE_DETECTION_OFFSET) + ", not " + port);
    }
}
