package io.regroup.admin;

import java.util.List;
import java.util.Map;

/** The group as JMX shows it: {@code io.regroup:type=Regroup}. What the leader tells, as every member knows it. */
public interface RegroupMXBean {

    /** One member of the view. */
    interface MemberView {
        String getPod();

        String getIp();

        String getKubernetesNode();

        String getNodeId();

        String getRole();

        String getRedis();
    }

    /** The pod that leads; empty while nobody does. */
    String getLeader();

    boolean isLeading();

    /** JGroups' view: creator and number. */
    String getView();

    /** Whether the view may act (a quorum). */
    boolean isPrimary();

    String getQuorum();

    boolean isWhole();

    /** Why the cluster is not whole; empty when it is. */
    String getPending();

    /** What the leader decided last. */
    String getDecision();

    String getReason();

    /** What the leader did last, and why. */
    String getLastAction();

    List<String> getWaits();

    List<MemberView> getMembers();

    /** What this member has done since its start. */
    Map<String, Long> getCounters();

    boolean isReady();

    String getReadyReason();
}
