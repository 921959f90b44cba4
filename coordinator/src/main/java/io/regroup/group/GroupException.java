package io.regroup.group;

/** The group could not be joined. The message is one line for an operator: what, why, and what would be right. */
public final class GroupException extends Exception {

    GroupException(String message) {
        super(message);
    }

    GroupException(String message, Throwable cause) {
        super(message, cause);
    }
}
