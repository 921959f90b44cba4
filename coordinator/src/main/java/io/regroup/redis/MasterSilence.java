package io.regroup.redis;

/**
 * How long nothing has come from a replica's master. Redis counts anew when a link that was silent for {@code repl-timeout} (60 s) is lost, and one that is up
 * may be silent where nothing is written.
 */
final class MasterSilence {

    /** So long an idle link may seem to be silent between two pings ({@code repl-ping-replica-period}, 1 s), in seconds. */
    private static final long IDLE = 3;

    /** How long the link had been silent when it was lost, where that was too long for an idle one. */
    private long before;

    /**
     * @param linkUp  whether the link is up now
     * @param seconds since something came over it, or since it is down; below 0: it never was up
     * @return in seconds
     */
    long seconds(boolean linkUp, long seconds) {
        if (linkUp || seconds < 0) {
            before = linkUp && seconds > IDLE ? seconds : 0;
            return Math.max(0, seconds);
        }
        return before + seconds;
    }
}
