package io.regroup.admin;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;

/** {@link RegroupMXBean} over the same status that HTTP shows. */
public final class JmxView implements RegroupMXBean, AutoCloseable {

    public static final String NAME = "io.regroup:type=Regroup";

    private final Supplier<JsonObject> status;
    private final Counters counters;

    public JmxView(Supplier<JsonObject> status, Counters counters) throws JMException {
        this.status = status;
        this.counters = counters;
        ManagementFactory.getPlatformMBeanServer().registerMBean(this, new ObjectName(NAME));
    }

    private JsonObject group() {
        return status.get().getAsJsonObject("group");
    }

    private static String text(JsonObject json, String name) {
        JsonElement value = json.get(name);
        return value == null ? "" : value.getAsString();
    }

    private static boolean flag(JsonObject json, String name) {
        JsonElement value = json.get(name);
        return value != null && value.getAsBoolean();
    }

    @Override
    public String getLeader() {
        return text(group(), "leader");
    }

    @Override
    public boolean isLeading() {
        return flag(status.get().getAsJsonObject("self"), "leads");
    }

    @Override
    public String getView() {
        return text(group(), "view");
    }

    @Override
    public boolean isPrimary() {
        return flag(group(), "primary");
    }

    @Override
    public String getQuorum() {
        return text(group(), "quorum");
    }

    @Override
    public boolean isWhole() {
        return flag(group(), "whole");
    }

    @Override
    public String getPending() {
        return text(group(), "pending");
    }

    private String of(String which, String field) {
        JsonObject group = group();
        return group.has(which) ? text(group.getAsJsonObject(which), field) : "";
    }

    @Override
    public String getDecision() {
        return of("decision", "step");
    }

    @Override
    public String getReason() {
        return of("decision", "reason");
    }

    @Override
    public String getLastAction() {
        String step = of("lastAction", "step");
        return step.isEmpty() ? "" : step + ": " + of("lastAction", "reason");
    }

    @Override
    public List<String> getWaits() {
        List<String> waits = new ArrayList<>();
        JsonObject group = group();
        if (group.has("waits")) {
            group.getAsJsonArray("waits").forEach(wait -> waits.add(text(wait.getAsJsonObject(), "reason")));
        }
        return waits;
    }

    @Override
    public List<MemberView> getMembers() {
        List<MemberView> members = new ArrayList<>();
        JsonObject group = group();
        if (group.has("members")) {
            group.getAsJsonArray("members").forEach(member -> members.add(new JsonMember(member.getAsJsonObject())));
        }
        return members;
    }

    @Override
    public Map<String, Long> getCounters() {
        return counters.all();
    }

    @Override
    public boolean isReady() {
        return flag(status.get().getAsJsonObject("self"), "ready");
    }

    @Override
    public String getReadyReason() {
        return text(status.get().getAsJsonObject("self"), "readyReason");
    }

    @Override
    public void close() throws JMException {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(new ObjectName(NAME));
    }

    private record JsonMember(JsonObject json) implements MemberView {

        @Override
        public String getPod() {
            return text(json, "name");
        }

        @Override
        public String getIp() {
            return text(json, "ip");
        }

        @Override
        public String getKubernetesNode() {
            return text(json, "kubernetesNode");
        }

        @Override
        public String getNodeId() {
            return text(json, "nodeId");
        }

        @Override
        public String getRole() {
            return text(json, "role");
        }

        @Override
        public String getRedis() {
            return text(json, "redis");
        }
    }
}
