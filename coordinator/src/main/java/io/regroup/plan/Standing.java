package io.regroup.plan;

import io.regroup.model.NodeId;
import io.regroup.model.SlotSet;
import io.regroup.plan.Picture.Host;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who is what at one moment: what has come about is told from two of these.
 *
 * @param masters  those that answer and own slots
 * @param replicas those that answer and are in sync, each with its master
 * @param named    all that any answering node's table names
 * @param unowned  slots that no table gives to anyone
 */
public record Standing(SortedSet<NodeId> masters, SortedMap<NodeId, NodeId> replicas, SortedSet<NodeId> named, SlotSet unowned) {

    /** Before the first look. */
    public static final Standing NONE = new Standing(new TreeSet<>(), new TreeMap<>(), new TreeSet<>(), SlotSet.ALL);

    public Standing {
        masters = Collections.unmodifiableSortedSet(new TreeSet<>(masters));
        replicas = Collections.unmodifiableSortedMap(new TreeMap<>(replicas));
        named = Collections.unmodifiableSortedSet(new TreeSet<>(named));
    }

    static Standing of(Picture picture) {
        SortedSet<NodeId> masters = new TreeSet<>();
        picture.liveOwners().forEach(h -> masters.add(h.id()));
        SortedMap<NodeId, NodeId> replicas = new TreeMap<>();
        for (Host host : picture.nodes.values()) {
            host.master().filter(m -> picture.isInSync(host)).ifPresent(m -> replicas.put(host.id(), m));
        }
        return new Standing(masters, replicas, picture.named(), picture.unclaimed);
    }
}
