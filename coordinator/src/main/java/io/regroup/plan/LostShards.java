package io.regroup.plan;

import io.regroup.model.ClusterNode;
import io.regroup.model.LastAnswer;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.Loading;
import io.regroup.model.RedisState.Starting;
import io.regroup.model.Report;
import io.regroup.model.ShardLoss;
import io.regroup.model.SlotSet;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Step.Work;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Shards of which no copy is here and none can return for certain. Each waits for its grace, and goes on with what is nearest to a copy, or its slots
 * become nobody's.
 */
final class LostShards {

    /** What was sent needs this long to be seen by all, in ms. */
    private static final long SETTLE_MS = 1000;

    /** How long a server has to be started again, in ms, before it is told once more. */
    private static final long RESTART_MS = 10_000;

    private LostShards() {
    }

    /**
     * A shard of which no copy is left goes on with what is nearest to one: a master that serves its slots all the same; else a replica that never
     * finished a sync and has keys of it, perhaps of the time when it was the master; else a replica of the master before, as a master of its own where that
     * one had no slots any more; else what a former master keeps on its volume, which counts once the last one is forgotten, and comes before those if it was
     * the master after them; else a replica that has nothing. Where there is none of these, its master is forgotten too, and its slots are nobody's. That
     * stands in the tables: whoever leads next sees it, and the address is free.
     */
    static Optional<Work> giveUp(NodeId owner, String why, Picture picture, List<Wait> waits) {
        Optional<Host> astray = copyAstray(owner, picture);
        if (astray.isPresent() && !astray.get().state().facts().copies()) {
            return letGoOn(astray.get(), owner, why, picture, waits);
        }
        if (astray.isPresent()) {
            String whose = picture.name(owner) + " is dead (" + why + "), and " + astray.get() + " has a copy of it, and is a master by its table";
            waits.add(new Wait("lost " + owner, whose + ": its redis-server is started again"));
            return picture.observation.sentWithin("restart " + astray.get().id(), RESTART_MS) ? Optional.empty()
                : Optional.of(new Work(new Action.Restart(astray.get().member(), astray.get().id()), whose + ": its redis-server is started again"));
        }
        LastAnswer last = picture.observation.masters().get(owner);
        String what = "every copy of " + picture.name(owner) + ", master of " + picture.slotsOf(owner).size() + " slots (" + picture.slotsOf(owner)
            + ") with " + (last == null ? "an unknown number of" : "about " + last.keys()) + " keys, is gone (" + why + ")";
        ShardLoss policy = picture.observation.policy();
        Optional<NodeId> former = formerMasterThatIsAway(picture);
        long grace = former.isPresent() ? Math.max(policy.graceMs(), Forget.RETURN_MS) : policy.graceMs();
        boolean waiting = !policy.reassign() || picture.observation.waitedMs("lost " + owner) < grace && !isBeingStarted(owner, picture);
        waits.add(new Wait("lost " + owner, what + (!policy.reassign() ? "; SHARD_LOSS is halt: its slots wait until one returns"
            : waiting ? "; its slots wait " + grace / 1000 + " s for one to return"
                + former.map(id -> ": " + picture.name(id) + " is away, and may have been their master before").orElse("")
            : picture.unheard.isEmpty() ? "; its grace is over" : "; it is given up as soon as all members have been heard")));
        if (waiting || picture.observation.sentWithin("promote for " + owner, SETTLE_MS)
            || picture.observation.sentWithin("forget " + owner, SETTLE_MS)) {
            return Optional.empty();
        }
        return goOn(owner, what, picture, waits);
    }

    /**
     * Valkey has ended the copying, and so has a restart: to be started again would change nothing, and it takes the slots as it is. Where their master may be
     * back, that one has more.
     */
    private static Optional<Work> letGoOn(Host astray, NodeId owner, String why, Picture picture, List<Wait> waits) {
        SlotSet slots = picture.slotsOf(owner);
        boolean waiting = Fate.mayReturn(owner, picture) && picture.observation.waitedMs("lost " + owner) < picture.observation.policy().graceMs();
        String whose = picture.name(owner) + " is dead (" + why + "), and " + astray + " has a copy of it: ";
        waits.add(new Wait("lost " + owner, whose + (waiting ? "the master has " + picture.observation.policy().graceMs() / 1000 + " s to come back with its data"
            : "it takes its " + slots.size() + " slots")));
        return waiting || picture.observation.sentWithin("take " + astray.id(), SETTLE_MS) ? Optional.empty() : RepairSlots.donor(astray, picture)
            .map(from -> new Work(new Action.TakeSlots(astray.address(), astray.id(), slots, slots.and(RepairSlots.heldBy(astray)), from),
                whose + "it takes its " + slots.size() + " slots"));
    }

    private static Optional<Work> goOn(NodeId owner, String what, Picture picture, List<Wait> waits) {
        Optional<Host> claimant = claimant(picture.slotsOf(owner), picture);
        if (claimant.isPresent()) {
            return bump(claimant.get(), what, picture);
        }
        Optional<Host> heir = followerWithKeys(owner, picture).or(() -> earlierCopy(owner, picture));
        if (heir.isPresent()) {
            return Optional.of(promote(heir.get(), owner, what, picture));
        }
        Optional<Host> holder = formerReplica(owner, picture);
        if (holder.isPresent()) {
            NodeId former = holder.get().master().orElseThrow();
            return unfollow(former, List.of(holder.get()), what + ": " + holder.get() + " has the data of " + picture.name(former)
                + ", the master before it, which is dead: it follows that one no more, and goes on with what it has", picture);
        }
        List<Host> followers = picture.replicasOf(owner);
        Optional<String> keeper = keeperOf(owner, picture).or(() -> holder(owner, picture));
        Optional<NodeId> away = keeper.flatMap(member -> mayStillName(owner, member, picture));
        if (away.isPresent()) {
            waits.add(new Wait("told " + owner, picture.name(away.get()) + " is not here, and would tell " + keeper.get() + " that "
                + picture.name(owner) + " has its slots: " + keeper.get() + " would throw away what it had of them"));
            return Optional.empty();
        }
        if (keeper.isPresent() && !followers.isEmpty()) {
            return unfollow(owner, followers, what + ": " + keeper.get() + " keeps what it had of them, and is to go on; " + followers
                + (followers.size() == 1 ? " has nothing newer, and follows" : " have nothing newer, and follow") + " its master no more", picture);
        }
        heir = followers.stream().filter(h -> !h.isLeaving()).max(Comparator.comparing(Host::id));
        if (heir.isEmpty() && !picture.named().contains(owner)) {
            return Optional.empty();   // Only the volume of one that does not run yet names it.
        }
        // Some of them another may have just got.
        if (heir.isEmpty() && !Forget.isNewsHeard(owner, picture, waits)) {
            return Optional.empty();
        }
        return Optional.of(heir.map(h -> promote(h, owner, what, picture)).orElseGet(() -> new Work(Forget.everywhere(owner, picture), what
            + ": it is forgotten, " + keeper.map(member -> "and " + member + " goes on with what it had of them").orElse("its slots are free"))));
    }

    /** A master of nothing that has keys of its slots: of these it can be the master once they are nobody's. */
    private static Optional<String> holder(NodeId owner, Picture picture) {
        return picture.liveMasters().stream().filter(h -> h.state().facts().keys() > 0 && picture.slotsOf(h.id()).isEmpty())
            .filter(h -> !HalfMoved.taken(h).and(picture.slotsOf(owner)).isEmpty())
            .max(Comparator.<Host>comparingLong(h -> h.state().facts().keys()).thenComparing(h -> !h.isLeaving()).thenComparing(Host::id)).map(Host::member);
    }

    /**
     * A master that serves slots of this owner all the same, for it has never heard of that one's claim: it may even be the heir, where somebody who came
     * back with an old table took the epoch of whoever has the owner's address for the owner's. Where all else that it claims is its own.
     */
    private static Optional<Host> claimant(SlotSet lost, Picture picture) {
        return picture.liveMasters().stream().filter(h -> h.state().facts().keys() > 0 && !h.table().myself().slots().and(lost).isEmpty())
            .filter(h -> picture.slotsOf(h.id()).plus(lost).containsAll(h.table().myself().slots()))
            .max(Comparator.<Host>comparingLong(h -> h.state().facts().keys()).thenComparing(Host::id));
    }

    private static Optional<Work> bump(Host claimant, String what, Picture picture) {
        return picture.observation.sentWithin("bump " + claimant.id(), SETTLE_MS) ? Optional.empty()
            : Optional.of(new Work(RepairEpochs.bumpOf(claimant), what + ": " + claimant
                + " serves them with an older claim, and takes a new epoch"));
    }

    /** One that never was in sync with this owner. */
    private static Optional<Host> followerWithKeys(NodeId owner, Picture picture) {
        SlotSet slots = picture.slotsOf(owner);
        return picture.replicasOf(owner).stream().filter(h -> !h.state().facts().strays().and(slots).isEmpty() && !isOutdated(h, h.id(), owner, picture))
            .max(Comparator.<Host>comparingInt(h -> h.state().facts().strays().and(slots).size()).thenComparingLong(h -> h.state().facts().keys())
                .thenComparing(h -> !h.isLeaving()).thenComparing(Host::id));
    }

    private static Work promote(Host heir, NodeId owner, String what, Picture picture) {
        return new Work(Promote.takeover(heir, owner, picture), what + ": " + heir
            + (heir.master().filter(owner::equals).isEmpty() ? " goes on with the data of the master before it"
                : heir.state().facts().strays().and(picture.slotsOf(owner)).isEmpty() ? " goes on without its data"
                : " never was in sync with it, and goes on with the keys of it that it has"));
    }

    private static Optional<Work> unfollow(NodeId owner, List<Host> replicas, String why, Picture picture) {
        List<Action> actions = replicas.stream().filter(h -> !picture.observation.sentWithin("unfollow " + h.id(), SETTLE_MS))
            .<Action>map(h -> new Action.Unfollow(h.address(), h.id(), owner, h.table().line(owner).map(ClusterNode::slots).orElse(SlotSet.NONE))).toList();
        return actions.isEmpty() ? Optional.empty() : Optional.of(new Work(actions, why));
    }

    /**
     * A node whose end is not certain and that cannot be told now to forget this owner: its UPDATE would overrule whoever starts with an older claim
     * ({@code clusterProcessPacket}), which would copy whatever is at the owner's address by then.
     */
    private static Optional<NodeId> mayStillName(NodeId owner, String keeper, Picture picture) {
        return picture.known().stream().filter(id -> !id.equals(owner) && !picture.nodes.containsKey(id) && !picture.blanks.containsKey(id))
            .filter(id -> Optional.ofNullable(picture.stored.get(id)).filter(report -> report.member().equals(keeper)).isEmpty())
            .filter(id -> !(Fate.of(id, picture) instanceof Fate.Proven)).findFirst();
    }

    /** The member, if any, that waits at its gate, or starts, with what it had of this shard when it was its master. */
    private static Optional<String> keeperOf(NodeId owner, Picture picture) {
        return keepersOf(owner, picture).map(Report::member).findFirst();
    }

    /**
     * Whether one that waits at its gate was this shard's master after this former one was, whose data a host has: that is from before. Who led meanwhile
     * knows, and so does that one's table where it shows the other as the master that it was in place of, and that did not follow it yet. Or the host has a
     * copy of that one's data, and nothing since its own start.
     */
    private static boolean isOutdated(Host host, NodeId former, NodeId owner, Picture picture) {
        long at = lastAsMaster(former, picture);
        return keepersOf(owner, picture).flatMap(keeper -> keeper.stored().stream()).filter(kept -> !hasAllOf(host, kept.myself().id(), picture))
            .anyMatch(kept -> lastAsMaster(kept.myself().id(), picture) > at
                || at == Long.MIN_VALUE && kept.line(former).filter(ClusterNode::isMaster).isPresent()
                || host.state().facts().copyOf().filter(kept.myself().id()::equals).isPresent() && host.isAsStarted());
    }

    /** It copied this one until that ended, and perhaps has what its successor took too. */
    private static boolean hasAllOf(Host host, NodeId master, Picture picture) {
        return host.state().facts().copyOf().filter(master::equals).isPresent() && !Heir.isOlder(host, master, picture);
    }

    private static long lastAsMaster(NodeId id, Picture picture) {
        return Optional.ofNullable(picture.observation.masters().get(id)).filter(last -> last.keys() > 0).map(LastAnswer::at).orElse(Long.MIN_VALUE);
    }

    private static Stream<Report> keepersOf(NodeId owner, Picture picture) {
        return picture.stored.entrySet().stream().filter(kept -> shardThatItHad(kept.getKey(), kept.getValue(), picture).filter(owner::equals).isPresent())
            .map(Map.Entry::getValue);
    }

    /**
     * Whether one that keeps older data of this shard has been let through its gate: this owner had a copy then. As soon as it serves it hears of that one
     * and deletes its keys ({@code clusterUpdateSlotsConfigWith}), so the owner is to be forgotten before; unless that may be back with newer ones, and the
     * other keeps its own until then.
     */
    private static boolean isBeingStarted(NodeId owner, Picture picture) {
        return keepersOf(owner, picture).filter(keeper -> keeper.state() instanceof Starting || keeper.state() instanceof Loading)
            .anyMatch(keeper -> !Fate.mayReturn(owner, picture) || !wouldFollow(keeper, owner, picture));
    }

    /** Then it keeps its keys until it is in sync: Redis deletes those of slots that it loses where some of them, or others besides, have come to the owner. */
    private static boolean wouldFollow(Report keeper, NodeId owner, Picture picture) {
        return keeper.stored().filter(table -> table.myself().slots().equals(picture.slotsOf(owner))).isPresent();
    }

    /**
     * A replica that still follows the master that had these slots before, because it has not heard of the promotion: what was written
     * since is gone, the rest is there. By its own table it takes over the slots of its own master, who has ended.
     */
    private static Optional<Host> earlierCopy(NodeId owner, Picture picture) {
        return mostRead(picture.nodes.values().stream().filter(h -> h.state().facts().synced() && lineOfFormer(h, picture)
            .filter(line -> isProven(line, picture) && !line.slots().and(picture.slotsOf(owner)).isEmpty()).isPresent()));
    }

    /**
     * The same where its own table gives that master nothing any more: it heard of the promotion, and stays with that master all the same where the new one
     * had got other slots too by then ({@code cluster-allow-replica-migration no}: {@code clusterUpdateSlotsConfigWith}). Its keys tell whose it was.
     */
    private static Optional<Host> formerReplica(NodeId owner, Picture picture) {
        SlotSet lost = picture.slotsOf(owner);
        return mostRead(picture.nodes.values().stream().filter(h -> !h.state().facts().strays().and(lost).isEmpty() && lineOfFormer(h, picture)
            .filter(line -> isProven(line, picture) && line.slots().isEmpty() && !isOutdated(h, line.id(), owner, picture)).isPresent()));
    }

    /** Whether it may be one of these two, once the end of the master that it follows is certain. */
    static boolean isOfFormer(Host host, NodeId owner, Picture picture) {
        return lineOfFormer(host, picture)
            .filter(line -> !line.slots().plus(host.state().facts().strays()).and(picture.slotsOf(owner)).isEmpty()).isPresent();
    }

    /** The master that it follows, by its own table, if that one has no slots any more. */
    private static Optional<ClusterNode> lineOfFormer(Host host, Picture picture) {
        return host.master().filter(master -> !picture.owned.containsKey(master)).flatMap(host.table()::line);
    }

    private static boolean isProven(ClusterNode line, Picture picture) {
        return Fate.of(line.id(), picture) instanceof Fate.Proven;
    }

    private static Optional<Host> mostRead(Stream<Host> copies) {
        return copies.max(Comparator.<Host>comparingLong(h -> h.state().facts().offset()).thenComparing(h -> !h.isLeaving()).thenComparing(Host::id));
    }

    /**
     * Owners that are proven dead, keep no data on any volume here, and have no replica with their data: none that answers, and
     * none that may return.
     */
    static SortedMap<NodeId, String> of(Picture picture) {
        SortedMap<NodeId, String> lost = new TreeMap<>();
        for (NodeId owner : picture.owned.keySet()) {
            if (picture.hostOf(owner).isEmpty() && Fate.of(owner, picture) instanceof Fate.Proven proof
                && Heir.candidate(owner, picture).isEmpty() && copyThatMayReturn(owner, picture).isEmpty()) {
                lost.put(owner, proof.words());
            }
        }
        return lost;
    }

    /**
     * The shard, if any, that has come to own slots of this former master, and of which no copy is here: what the volume keeps is older than what was
     * there, and may be all that is left. Once that shard is given up, its slots are nobody's, and the claim on the volume counts again.
     */
    static Optional<NodeId> shardThatItHad(NodeId former, Report keeper, Picture picture) {
        SlotSet had = keeper.stored().map(table -> table.myself().slots()).orElse(SlotSet.NONE);
        boolean owns = !picture.slotsOf(former).isEmpty();
        if (had.isEmpty() || owns && picture.saidOf(former).stream().anyMatch(line -> line.isMaster() && !line.slots().isEmpty())) {
            return Optional.empty();
        }
        // Where no other table gives it any, what it owns is only what an operator deleted there.
        return picture.owned.keySet().stream().filter(owner -> !owner.equals(former) && !picture.slotsOf(owner).and(had).isEmpty())
            .filter(owner -> picture.hostOf(owner).isEmpty() && Heir.candidate(owner, picture).isEmpty() && !(Fate.of(owner, picture) instanceof Fate.Lives))
            .filter(owner -> !owns || !picture.stored.containsKey(owner)).findFirst();
    }

    /**
     * A master without slots that is not here, and whose end is not certain: cut off, it was overruled, and has what was written before. Of which shard
     * no table tells.
     */
    private static Optional<NodeId> formerMasterThatIsAway(Picture picture) {
        return picture.named().stream().filter(id -> picture.hostOf(id).isEmpty() && !picture.blanks.containsKey(id))
            .filter(id -> picture.saidOf(id).stream().allMatch(line -> line.isMaster() && line.slots().isEmpty()))
            .filter(id -> !(Fate.of(id, picture) instanceof Fate.Proven)).findFirst();
    }

    /**
     * It can be no heir, and takes no write, whatever slots it has. Where it copied that owner, or has keys of its slots. In a pod that ends nobody starts it
     * again.
     */
    private static Optional<Host> copyAstray(NodeId owner, Picture picture) {
        return picture.nodes.values().stream().filter(h -> h.copiesAsMaster() && h.state().facts().keys() > 0)
            .filter(h -> !h.isLeaving() || !h.state().facts().copies())
            .filter(h -> h.state().copiedAsMaster().filter(line -> line.id().equals(owner)).isPresent()
                || !h.state().facts().strays().and(picture.slotsOf(owner)).isEmpty())
            .max(Comparator.<Host, Boolean>comparing(h -> !h.isLeaving()).thenComparingLong(h -> h.state().facts().offset()).thenComparing(Host::id));
    }

    /** A replica of this node that does not answer, and whose end is not certain or whose data is kept. */
    static Optional<NodeId> copyThatMayReturn(NodeId owner, Picture picture) {
        return picture.followersOf(owner).stream()
            .filter(id -> !picture.nodes.containsKey(id) && !picture.blanks.containsKey(id))
            .filter(id -> Optional.ofNullable(picture.stored.get(id)).flatMap(Report::stored).map(table -> table.myself().isReplica())
                .orElseGet(() -> !(Fate.of(id, picture) instanceof Fate.Proven))).findFirst();
    }
}
