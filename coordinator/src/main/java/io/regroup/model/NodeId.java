package io.regroup.model;

/** A node's id in Redis Cluster: 40 hexadecimal digits in lower case ({@code CLUSTER MYID}). */
public record NodeId(String value) implements Comparable<NodeId> {

    public NodeId {
        if (value.length() != 40 || !isHex(value)) {
            throw new IllegalArgumentException("not a node id (40 hexadecimal digits): " + value);
        }
    }

    private static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
                return false;
            }
        }
        return true;
    }

    /** The first eight digits: enough to tell nodes apart in a log line. */
    public String brief() {
        return value.substring(0, 8);
    }

    @Override
    public int compareTo(NodeId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
