package io.regroup.plan;

import io.regroup.model.Asked;
import io.regroup.model.ClusterNode;
import io.regroup.model.NodeFlag;
import io.regroup.plan.Picture.Host;
import io.regroup.plan.Picture.Kin;
import java.util.List;
import java.util.Optional;

/**
 * Whole: as many nodes as asked for, every slot owned by a live master, every master with its replicas in sync, and every
 * node's table says so, with no entry that should not be there.
 */
final class Whole {

    private Whole() {
    }

    static Optional<String> pending(Picture picture) {
        Optional<Asked> asked = picture.observation.asked();
        if (asked.isEmpty()) {
            return Optional.of("nobody has told yet how many nodes are asked for");
        }
        if (!picture.unheard.isEmpty()) {
            return Optional.of("not heard of: " + String.join(", ", picture.unheard));
        }
        if (!picture.blanks.isEmpty()) {
            return Optional.of("blank nodes have not joined: " + picture.blanks.values());
        }
        if (picture.nodes.size() < asked.get().nodes()) {
            return Optional.of(picture.nodes.size() + " of " + asked.get().nodes() + " nodes are part of the cluster");
        }
        if (!picture.unclaimed.isEmpty()) {
            return Optional.of(picture.unclaimed.size() + " slots have no owner");
        }
        List<Host> masters = picture.liveOwners();
        if (masters.size() < picture.owned.size()) {
            return Optional.of("a master that owns slots does not answer");
        }
        int wanted = Math.min(asked.get().masters(), picture.nodes.size());
        if (masters.size() < wanted) {
            return Optional.of(masters.size() + " of " + wanted + " masters own slots");
        }
        if (!picture.masters().going().isEmpty()) {
            return Optional.of(masters.size() + " masters own slots, " + wanted + " are asked for");
        }
        int toMove = picture.shares().stream().mapToInt(share -> share.slots().size()).sum();
        if (toMove > 0 || !picture.observation.moving().isEmpty()) {
            return Optional.of(toMove + " slots are to move until every master has its part");
        }
        int replicas = Math.min(asked.get().replicas(), picture.nodes.size() / Math.max(1, masters.size()) - 1);
        for (Host master : masters) {
            List<Host> followers = picture.replicasOf(master.id());
            if (followers.size() < replicas) {
                return Optional.of(master + " is orphaned: " + followers.size() + " of " + replicas + " replicas");
            }
        }
        for (Host host : picture.nodes.values()) {
            Optional<String> problem = problem(host, picture);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return picture.kins.stream().flatMap(kin -> disagreement(kin, picture).stream()).findFirst();
    }

    private static Optional<String> problem(Host host, Picture picture) {
        if (host.isMaster() && !picture.owned.containsKey(host.id())) {
            return Optional.of(host + " is a master without slots");
        }
        if (!host.isMaster() && !picture.isInSync(host)) {
            return Optional.of(host + " is not in sync with its master");
        }
        return host.state().facts().stateOk() ? Optional.empty() : Optional.of(host + " says cluster_state:fail");
    }

    /** What the tables of these nodes say and the nodes themselves do not. */
    private static Optional<String> disagreement(Kin kin, Picture picture) {
        Host speaker = kin.hosts().getFirst();
        for (Host other : picture.nodes.values()) {
            Optional<ClusterNode> line = kin.roster().line(other.id());
            if (line.isEmpty()) {
                return Optional.of(speaker + " does not know " + other);
            }
            if (line.get().is(NodeFlag.FAIL) || line.get().is(NodeFlag.PFAIL)) {
                return Optional.of(speaker + " calls " + other + " failed");
            }
            ClusterNode itself = other.table().myself();
            if (line.get().isMaster() != itself.isMaster() || !line.get().master().equals(itself.master())
                || !line.get().slots().equals(itself.slots())) {
                return Optional.of(speaker + " does not know yet what " + other + " is");
            }
        }
        return kin.roster().lines().size() > picture.nodes.size()
            ? Optional.of(speaker + " names nodes that are not here") : Optional.empty();
    }
}
