package io.regroup.group;

/** The pods could not be listed. The message is a sentence that says why, and what would help. */
final class ListingFailed extends Exception {

    ListingFailed(String message) {
        super(message);
    }

    ListingFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
