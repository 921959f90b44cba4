package io.regroup.redis;

import io.regroup.model.ClusterNode;
import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Command;
import io.regroup.plan.Reply;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Slots of which a server has keys that are not its own to serve. On a master: those of slots that it neither owns nor imports, which no client can
 * see. They come about when a master of half-moved slots is replaced by vote, for its replica knows nothing of the move, or when who they came from is
 * forgotten ({@code clusterDelNode} closes the slot). Redis looks for them itself when it starts ({@code verifyClusterConfigWithData}). On a replica
 * that has never been in sync with its master: all that it has, for it is what it had before, of whatever shard that was. So on a replica whose master
 * owns no slot any more.
 *
 * <p>Redis 8.4 and newer has such keys too, and counts them nowhere but in INFO ({@code clusterCanAccessKeysInSlot}): where a server that owns nothing
 * has keys and none is found, they are of the slots that it had a copy of last.
 *
 * <p>Which slots may have some is known when a server becomes a master, or another's replica, and when it stops to import; they are counted, some at
 * each reading, until none is left.
 */
final class StrayKeys {

    /** COUNTKEYSINSLOT of so many takes a server some ms. */
    private static final int AT_A_TIME = 4096;

    /** The master whose slots are its own: itself, or whom it follows. */
    private Optional<NodeId> master = Optional.empty();
    private SlotSet importing = SlotSet.NONE;
    private SlotSet doubtful = SlotSet.NONE;
    private SlotSet found = SlotSet.NONE;
    private List<Integer> asked = List.of();
    /** Of which slots it had a copy last, and what it has may still be. */
    private SlotSet copied = SlotSet.NONE;
    private boolean hasOnlyStrays;

    /**
     * @param copies of a replica whose data is a copy of its master's: the slots that one owns; else none
     * @return what to ask now; empty when there is nothing to be in doubt of
     */
    List<Command> questions(ClusterNode myself, long keys, SlotSet copies) {
        asked = List.of();
        Optional<NodeId> now = myself.isMaster() ? Optional.of(myself.id()) : myself.master();
        SlotSet open = SlotSet.of(myself.importing().keySet().stream().mapToInt(slot -> slot));
        boolean isCopy = myself.isReplica() && !copies.isEmpty();
        copied = isCopy ? copies : keys == 0 || !myself.slots().isEmpty() ? SlotSet.NONE : copied;
        hasOnlyStrays = keys > 0 && !isCopy && myself.slots().isEmpty() && open.isEmpty();
        if (keys == 0 || now.isEmpty() || isCopy) {
            // What a master without a key gets from here on is its own to serve, or of slots that it imports.
            master = now.filter(id -> myself.isMaster());
            importing = open;
            doubtful = SlotSet.NONE;
            found = SlotSet.NONE;
            return List.of();
        }
        boolean isNew = !master.equals(now);
        doubtful = isNew ? SlotSet.ALL : doubtful.plus(importing);
        // What a replica has does not change until it has all that its master has.
        doubtful = (myself.isMaster() ? doubtful.plus(found) : doubtful).minus(myself.slots()).minus(open);
        found = isNew ? SlotSet.NONE : myself.isMaster() ? found.and(doubtful) : found;
        master = now;
        importing = open;
        asked = doubtful.stream().limit(AT_A_TIME).boxed().toList();
        return asked.stream().map(slot -> new Command(List.of("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot)))).collect(Collectors.toList());
    }

    /** The answers to them: what was not answered stays in doubt. */
    void answered(List<Reply> replies) {
        for (int i = 0; i < replies.size(); i++) {
            if (replies.get(i) instanceof Reply.Answer answer) {
                SlotSet slot = SlotSet.of(asked.get(i));
                doubtful = doubtful.minus(slot);
                found = answer.text().equals("0") ? found.minus(slot) : found.plus(slot);
            }
        }
    }

    SlotSet found() {
        return hasOnlyStrays && doubtful.isEmpty() && found.isEmpty() ? copied : found;
    }
}
