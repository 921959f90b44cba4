package io.regroup.group;

/**
 * When the API server is to be asked for the list of pods again. No clock and no I/O: the time is an argument.
 *
 * <p>MERGE3 wants the pods every few seconds, and nearly always the answer is known. The list is asked for
 * <ul>
 * <li>at once, when there is none yet;
 * <li>after ten minutes, while the view is at least as large as the list: nobody is missing;
 * <li>after ten seconds, while it is smaller, and then after twice as long each time that the list and the view are still the same
 *     (pods of another group, or ones that cannot start), up to ten minutes. A change of either begins anew;
 * <li>by who leads the view sooner, from one second on. Pods that start together are listed without addresses at first, and each
 *     may have begun a group that no other knows how to reach: a merge then takes in the members of one that can be reached, and
 *     leaves its leader behind.
 * </ul>
 * Pods without an address yet count as missing. An old list still finds a lost half: whoever was a member of it has listed us when it started, and one of two that knows
 * the other is enough.
 *
 * <p>A failed request is repeated after one second, then after twice as long each time: up to ten seconds with an
 * old list, up to two without any, since a member without a list finds nobody.
 *
 * <p>All times are milliseconds of one clock that does not jump.
 */
final class ListingSchedule {

    static final long WHOLE = 600_000;
    static final long MISSING = 10_000;
    static final long MISSED_BY_LEADER = 1_000;
    static final long RETRY = 1_000;
    static final long RETRY_LONGEST = 10_000;
    static final long RETRY_LONGEST_WITHOUT_LIST = 2_000;

    private boolean listed;
    private long askedAt;
    private int pods;
    private int unchanged;
    private int failures;

    /** @param leads whether this member leads its view */
    boolean due(long now, int viewSize, boolean leads) {
        if (!listed && failures == 0)
            return true;
        return now - askedAt >= interval(viewSize, leads);
    }

    private long interval(int viewSize, boolean leads) {
        if (failures > 0) {
            long doubled = RETRY << Math.min(failures - 1, 10);
            return Math.min(doubled, listed ? RETRY_LONGEST : RETRY_LONGEST_WITHOUT_LIST);
        }
        return viewSize >= pods ? WHOLE : Math.min((leads ? MISSED_BY_LEADER : MISSING) << Math.min(unchanged, 10), WHOLE);
    }

    /**
     * A list came in.
     *
     * @param pods    those without an address included
     * @param changed whether it differs from the one before
     */
    void listed(long now, int pods, boolean changed) {
        unchanged = changed || !listed ? 0 : unchanged + 1;
        listed = true;
        failures = 0;
        askedAt = now;
        this.pods = pods;
    }

    void failed(long now) {
        failures++;
        askedAt = now;
    }

    /** Somebody came or went. */
    void viewChanged() {
        unchanged = 0;
    }
}
