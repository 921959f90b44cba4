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
 * Keys that a master has in slots that are not its own and that it does not import: no client can see them. They come about when a
 * master of half-moved slots is replaced by vote, for its replica knows nothing of the move, or when who they came from is forgotten
 * ({@code clusterDelNode} closes the slot). Redis looks for them itself when it starts ({@code verifyClusterConfigWithData}).
 *
 * <p>Which slots may have some is known when a server becomes a master, and when it stops to import; they are counted, some at each
 * reading, until none is left.
 */
final class StrayKeys {

    /** COUNTKEYSINSLOT of so many takes a server some ms. */
    private static final int AT_A_TIME = 4096;

    private Optional<NodeId> master = Optional.empty();
    private SlotSet importing = SlotSet.NONE;
    private SlotSet doubtful = SlotSet.NONE;
    private SlotSet found = SlotSet.NONE;
    private List<Integer> asked = List.of();

    /** @return what to ask now; empty when there is nothing to be in doubt of */
    List<Command> questions(ClusterNode myself, long keys) {
        asked = List.of();
        if (!myself.isMaster() || keys == 0) {
            master = Optional.empty();
            found = SlotSet.NONE;
            return List.of();
        }
        SlotSet open = SlotSet.of(myself.importing().keySet().stream().mapToInt(slot -> slot));
        doubtful = master.filter(myself.id()::equals).isPresent() ? doubtful.plus(importing) : SlotSet.ALL;
        doubtful = doubtful.plus(found).minus(myself.slots()).minus(open);
        found = found.and(doubtful);
        master = Optional.of(myself.id());
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
        return found;
    }
}
