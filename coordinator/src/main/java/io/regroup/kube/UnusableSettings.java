package io.regroup.kube;

/** What was set cannot work and waiting does not help; the message is one line for whoever set it. */
public final class UnusableSettings extends RuntimeException {

    UnusableSettings(String message) {
        super(message);
    }

    UnusableSettings(String message, Throwable cause) {
        super(message, cause);
    }
}
