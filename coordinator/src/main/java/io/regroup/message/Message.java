package io.regroup.message;

import com.google.gson.JsonObject;
import io.regroup.model.NodeId;
import io.regroup.model.Primary;
import io.regroup.model.Report;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** What members say to each other. On the wire it is JSON: members of two versions read each other during a rollout. */
public sealed interface Message {

    /** A member to its leader; while its pod leaves to all, for the leader may leave with it. */
    record Reported(Report report) implements Message {
    }

    /**
     * The leader to all: report now, and echo this round.
     *
     * @param members who is meant; empty: all
     */
    record Asked(long round, SortedSet<String> members) implements Message {
        public Asked {
            members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        }
    }

    /** The leader: this is the last primary view. @param members whom it tells; empty: all */
    record Remembered(Primary primary, SortedSet<String> members) implements Message {
        public Remembered {
            members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        }
    }

    /** The leader to one: its gate may open for this start. @param former whose addresses its table is to lose before */
    record Permitted(String request, boolean blank, SortedSet<NodeId> former) implements Message {
        public Permitted {
            former = Collections.unmodifiableSortedSet(new TreeSet<>(former));
        }
    }

    /** The leader to one: its pod may end. @param withSlots also if its Redis owns slots by now */
    record Released(boolean withSlots) implements Message {
    }

    /** The leader to one: its Redis may be started again, if it copies another and is a master by its table. */
    record Restarted() implements Message {
    }

    /**
     * The leader to one whose Redis copies another and is a master by its table: that one's epoch, by its own word. In a table it may be that of whoever had its
     * address.
     */
    record EpochTold(NodeId master, long epoch) implements Message {
    }

    /** The leader to all: what it sees, decides and waits for, as {@code status} shows it. */
    record Noted(JsonObject note) implements Message {
    }
}
