package io.regroup.group;

/** Turns an exception into the one line that says what went wrong. */
final class Causes {

    private Causes() {
    }

    /** The innermost message, on one line: what JGroups wraps around it says where, not why. */
    static String sentence(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null && root.getCause() != root)
            root = root.getCause();
        String message = root.getMessage() == null || root.getMessage().isBlank() ? root.getClass().getSimpleName() : root.getMessage();
        return message.replaceAll("\\s+", " ").strip();
    }
}
