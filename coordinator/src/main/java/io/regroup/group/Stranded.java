package io.regroup.group;

/**
 * Whether this member is to join the group anew: whoever leads its view has a view without it, again and again, and no merge has ended that.
 *
 * <p>No answer is no evidence: who is cut off, and whose leader is stopped, waits. Nor does time alone count, which passes for a member that is
 * stopped itself. A member of the leader's view never finds itself stranded, so that no group is torn by it. All times are milliseconds of one
 * clock that does not jump.
 */
final class Stranded {

    static final int ANSWERS = 5;

    private long since;
    private int answers;

    /**
     * The leader of our view told its own.
     *
     * @param within   whether we are in it
     * @param patience how long the answers have to be the same, in ms: longer than MERGE3 needs
     * @return whether to join anew
     */
    boolean told(boolean within, long now, long patience) {
        if (within) {
            answers = 0;
            return false;
        }
        if (answers++ == 0)
            since = now;
        return answers >= ANSWERS && now - since >= patience;
    }

    void viewChanged() {
        answers = 0;
    }
}
