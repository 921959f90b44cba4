package io.regroup.plan;

import io.regroup.model.Address;
import io.regroup.model.ClusterNode;
import io.regroup.model.ClusterTable;
import io.regroup.model.NodeId;
import io.regroup.model.RedisState.AtGate;
import io.regroup.model.Report;
import io.regroup.plan.Decision.Wait;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Picture.Kin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A master of which others show a higher epoch than its own: a stranger answered at an address that it had, and Redis takes that one's epoch
 * before it looks who it is ({@code clusterProcessPacket}). From then on no vote would be granted to its replicas, hand-overs included, for they
 * ask with its own epoch ({@code clusterSendFailoverAuthIfNeeded}). It takes a new one.
 *
 * <p>So does one whose slots a server that waits at its gate has on its volume with an epoch that is not older: it had taken that just before its
 * end, and nobody had heard of it; and one whose slots such a volume gives to a third, at whose address another node is by now: that one's epoch
 * will be taken for the third's; or a table has that already. And one that serves slots which another, who serves none, claims with the same epoch; and one that is copied by a master
 * by its table with a higher one; and one whose epoch a server that waits at its gate has too, which would take a new one for that.
 */
final class RepairEpochs implements Step {

    /** News of a promotion is known to all within so long, in ms. */
    static final long SETTLE_MS = 2000;
    /** A master that is cut off on the bus, and does not hear of an epoch that another one has taken, takes one all the same after so long, in ms. */
    private static final long HEAR_MS = 3 * SETTLE_MS;
    /** An epoch that another one has taken is told at the next ping, in ms. */
    private static final long RIVAL_MS = 1000;

    @Override
    public String name() {
        return "epochs";
    }

    @Override
    public Optional<Work> work(Picture picture, List<Wait> waits) {
        if (!picture.isPrimary()) {
            return Optional.empty();
        }
        Optional<Work> first = followAgain(picture);
        if (!picture.unheard.isEmpty()) {
            return first;
        }
        List<List<ClusterNode>> misleading = picture.kins.stream().map(kin -> misleading(kin, picture)).toList();
        for (Host master : picture.liveOwners()) {
            long own = master.table().myself().configEpoch();
            long shown = picture.saidOf(master.id()).stream().filter(ClusterNode::isMaster).mapToLong(ClusterNode::configEpoch).max().orElse(own);
            long waiting = waitingClaim(master, picture);
            long astray = claimOfWhoCopies(master, picture);
            Optional<Report> rival = waitingRival(master, picture);
            long misled = misleading.stream().mapToLong(claims -> claimOf(claims, master, picture)).max().orElse(-1);
            if (shown <= own && waiting < own && astray < own && misled < own && rival.isEmpty() || isInMove(master, picture)) {
                continue;
            }
            String key = "epoch " + master.id();
            String what = master + " has the epoch " + own + (shown > own ? ", and others show " + shown + " for it"
                : waiting >= own ? ", and a server that waits at its gate claims its slots with " + waiting
                : rival.isPresent() ? ", as " + rival.get().member() + " has, which waits at its gate, and would take a new one and with it slots that others have by now"
                : misled >= own ? ", and a table gives its slots to another, for whom it takes whoever has its address, with " + misled
                : ", and one that copies it, and is a master by its table, has " + astray);
            if (!Rebalance.claimsItsOwn(master, picture)) {
                waits.add(new Wait("heard " + master.id(), what + ", and has not heard yet that others have slots of it: with a new one it would win them back"));
                continue;
            }
            waits.add(new Wait(key, what));
            long waited = picture.observation.waitedMs(key);
            boolean isDue = waited >= SETTLE_MS && !picture.observation.sentWithin("bump " + master.id(), SETTLE_MS);
            if (first.isEmpty() && isDue && (hasHeardOfAll(master, picture) || waited >= HEAR_MS)) {
                first = Optional.of(new Work(bump(master, shown <= own && isHighest(master), picture), what
                    + (shown > own ? ": nobody would vote for its replicas" : waiting >= own || misled >= own || rival.isPresent() ? ": that claim would win"
                    : ": that one cannot lose a slot to it, and follow it again") + "; it takes a new one"));
            }
        }
        for (Host rival : picture.liveMasters()) {
            Optional<Host> idle = idleRival(rival, picture);
            if (idle.isEmpty() || isInMove(rival, picture)) {
                continue;
            }
            String what = rival + " serves slots that " + idle.get() + ", who serves none, claims with the same epoch";
            waits.add(new Wait("epoch " + rival.id(), what));
            boolean isHighest = isHighest(rival);
            // Its report is of after that: it took none, as it had the highest, and may have heard of another's since (seed 73412).
            if (first.isEmpty() && !(isHighest && picture.observation.sentWithin("bump " + rival.id(), RIVAL_MS))) {
                first = Optional.of(new Work(bump(rival, isHighest, picture), what + ": that claim would win; it takes a new one"));
            }
        }
        return first;
    }

    /** Its table may have a stranger's epoch for its master, so that its own coordinator waits for that one's word. */
    private static Optional<Work> followAgain(Picture picture) {
        List<Action> actions = new ArrayList<>();
        List<Host> told = new ArrayList<>();
        for (Host copy : picture.nodes.values()) {
            Optional<Host> master = copy.state().toFollowAgain().map(line -> picture.nodes.get(line.id())).filter(Host::isMaster)
                .filter(host -> host.table().myself().configEpoch() > copy.table().myself().configEpoch());
            if (master.isPresent() && !picture.observation.sentWithin("tell epoch " + copy.id(), RIVAL_MS)) {
                actions.add(new Action.TellEpoch(copy.member(), copy.id(), master.get().id(), master.get().table().myself().configEpoch()));
                told.add(copy);
            }
        }
        return actions.isEmpty() ? Optional.empty()
            : Optional.of(new Work(actions, told + " may lose a slot to whom they copy, and follow that one again: its epoch is the higher one"));
    }

    /**
     * Whether the epoch that it would take is nobody's. One at a time: of two that take the same at once the lower id takes another as soon as it hears the other
     * ({@code clusterHandleConfigEpochCollision}), be it that it has stood still since, and its replica has been elected with that very one (seed 54693).
     */
    private static boolean hasHeardOfAll(Host master, Picture picture) {
        return picture.liveOwners().stream().allMatch(other -> other.table().myself().configEpoch() <= master.state().facts().currentEpoch());
    }

    /** While slots of it move, a new epoch would win them back from whom they have gone to. */
    private static boolean isInMove(Host master, Picture picture) {
        return Rebalance.isMoving(master.id(), picture) || Rebalance.hasOpenSlots(master, picture);
    }

    static Action bumpOf(Host master) {
        return new Action.BumpEpoch(master.address(), master.id(), master.table().myself().slots());
    }

    /** For all that it knows. */
    private static boolean isHighest(Host master) {
        long own = master.table().myself().configEpoch();
        return master.state().facts().currentEpoch() <= own && master.table().others().values().stream().allMatch(line -> line.configEpoch() <= own);
    }

    /** Who has the highest epoch of all takes no other one ({@code clusterBumpConfigEpochWithoutConsensus}): then another goes first. */
    private static List<Action> bump(Host master, boolean isHighest, Picture picture) {
        List<Action> actions = new ArrayList<>(List.of(bumpOf(master)));
        if (isHighest) {
            lower(master.table().myself().configEpoch(), picture).ifPresent(other -> actions.add(bumpOf(other)));
        }
        return actions;
    }

    /**
     * Two were promoted on the two sides of a cut bus, with the same epoch. As soon as they hear each other the one with the lower id takes a new one
     * ({@code clusterHandleConfigEpochCollision}), be it the one that heard no majority and served nobody.
     */
    private static Optional<Host> idleRival(Host master, Picture picture) {
        ClusterNode own = master.table().myself();
        return !master.state().facts().stateOk() ? Optional.empty() : picture.liveOwners().stream()
            .filter(other -> !other.id().equals(master.id()) && !other.state().facts().stateOk() && other.id().compareTo(master.id()) < 0)
            .filter(other -> other.table().myself().configEpoch() == own.configEpoch() && !other.table().myself().slots().and(own.slots()).isEmpty())
            .findFirst();
    }

    /** The highest epoch with which a server that waits at its gate claims slots of this master; -1: none does. */
    static long waitingClaim(Host master, Picture picture) {
        return picture.stored.values().stream().filter(report -> report.state() instanceof AtGate)
            .flatMap(report -> report.stored().stream()).mapToLong(kept -> Math.max(ownClaim(master, kept, picture), borrowedClaim(master.id(), kept, picture)))
            .max().orElse(-1);
    }

    private static Optional<Report> waitingRival(Host master, Picture picture) {
        return picture.stored.values().stream().filter(report -> isRival(report, master.table().myself(), picture)).findFirst();
    }

    /** Another one that does not run yet, and whose epoch this one at its gate has. */
    static Optional<Report> rivalToStart(Report waiting, Picture picture) {
        return picture.stored.values().stream()
            .filter(other -> other.stored().map(ClusterTable::myself).filter(node -> node.isMaster() && isRival(waiting, node, picture)).isPresent()).findFirst();
    }

    /**
     * Whether this one waits at its gate with the epoch of that master, a lower id, and slots that others have by now. As soon as the two hear each other it takes a new
     * epoch ({@code clusterHandleConfigEpochCollision}), be it before it hears of whoever has its slots: with that it would win them back (seed 345781).
     */
    static boolean isRival(Report waiting, ClusterNode master, Picture picture) {
        return waiting.state() instanceof AtGate && waiting.stored().map(ClusterTable::myself).filter(node -> node.isMaster()
            && node.id().compareTo(master.id()) < 0 && node.configEpoch() == master.configEpoch()
            && !picture.slotsOf(node.id()).containsAll(node.slots())).isPresent();
    }

    /** The highest epoch of those that are to lose a slot to this master ({@link io.regroup.model.RedisState.Answering#copiesAsMaster}); -1: there is none. */
    private static long claimOfWhoCopies(Host master, Picture picture) {
        return picture.nodes.values().stream().filter(h -> h.state().toFollowAgain().filter(line -> line.id().equals(master.id())).isPresent())
            .mapToLong(h -> h.table().myself().configEpoch()).max().orElse(-1);
    }

    private static long ownClaim(Host master, ClusterTable kept, Picture picture) {
        ClusterNode node = kept.myself();
        return node.isMaster() && !node.id().equals(master.id()) && !node.slots().and(picture.slotsOf(master.id())).isEmpty() ? node.configEpoch() : -1;
    }

    /**
     * The highest epoch that a table on the volume of a server at its gate will have for a node that is not there any more, because another one
     * answers at its address, and that it gives slots of this owner; -1: none. Where the owner is there itself that is its own epoch, which overrules nobody;
     * so is what a replica of it tells.
     */
    static long borrowedClaim(NodeId owner, ClusterTable kept, Picture picture) {
        return kept.others().values().stream()
            .filter(line -> line.isMaster() && !line.id().equals(owner) && !line.slots().and(picture.slotsOf(owner)).isEmpty())
            .mapToLong(line -> line.address().flatMap(address -> tenantOf(address, line.id(), picture)).filter(tenant -> !tenant.id().equals(owner))
                .map(tenant -> tenant.master().filter(owner::equals).isPresent() ? line.configEpoch() : Math.max(line.configEpoch(), toldEpoch(tenant)))
                .orElse(-1L)).max().orElse(-1);
    }

    private static Optional<Host> tenantOf(Address address, NodeId other, Picture picture) {
        return Stream.concat(picture.nodes.values().stream(), picture.blanks.values().stream())
            .filter(host -> host.address().equals(address) && !host.id().equals(other)).findFirst();
    }

    /** A replica tells its master's ({@code clusterBuildMessageHdr}). */
    private static long toldEpoch(Host host) {
        return host.master().flatMap(host.table()::line).orElse(host.table().myself()).configEpoch();
    }

    /**
     * Those that have been misled about whose slots these are, and the owner that each would tell that it has been overruled. Until that one has a higher epoch
     * they meet nobody: whomever they meet, gossip tells them of the owner too (seed 433683).
     */
    static SortedMap<NodeId, Host> misled(Picture picture) {
        SortedMap<NodeId, Host> misled = new TreeMap<>();
        for (Kin kin : picture.kins) {
            List<ClusterNode> claims = misleading(kin, picture);
            if (!claims.isEmpty()) {
                picture.liveOwners().stream().filter(owner -> claimOf(claims, owner, picture) >= owner.table().myself().configEpoch()).findFirst()
                    .ifPresent(owner -> kin.hosts().forEach(teller -> misled.put(teller.id(), owner)));
            }
        }
        return misled;
    }

    /**
     * Masters that are here, and have a lower epoch than in this table: it is that of whoever came to such a one's address, and the slots are those of before. As
     * soon as an owner of these pings it, it is told that it has been overruled (UPDATE).
     */
    private static List<ClusterNode> misleading(Kin kin, Picture picture) {
        return kin.roster().lines().values().stream().filter(line -> line.isMaster() && Optional.ofNullable(picture.nodes.get(line.id()))
            .filter(itself -> itself.isMaster() && itself.table().myself().configEpoch() < line.configEpoch()).isPresent()).toList();
    }

    /** The highest epoch with which these give slots of this owner to another; -1: none does. */
    private static long claimOf(List<ClusterNode> claims, Host owner, Picture picture) {
        return claims.stream().filter(line -> !line.id().equals(owner.id())
                && !line.slots().minus(picture.nodes.get(line.id()).table().myself().slots()).and(owner.table().myself().slots()).isEmpty())
            .mapToLong(ClusterNode::configEpoch).max().orElse(-1);
    }

    private static Optional<Host> lower(long epoch, Picture picture) {
        return picture.liveOwners().stream().filter(host -> host.table().myself().configEpoch() < epoch && !isInMove(host, picture)).findFirst();
    }
}
