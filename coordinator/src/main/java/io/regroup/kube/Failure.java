package io.regroup.kube;

import java.io.IOException;

/** Words for an I/O error, the same ones whenever the same thing happens. */
final class Failure {

    private Failure() {
    }

    static String noAnswer(IOException e) {
        String message = e.getMessage();
        return "the API server gives no usable answer ("
                + (message == null || message.isBlank() ? e.getClass().getSimpleName() : message.lines().findFirst().orElse(message))
                + ")";
    }
}
