package io.regroup.kube;

import java.io.IOException;
import java.io.InterruptedIOException;

/** Words for an I/O error, the same ones whenever the same thing happens. */
final class Failure {

    private Failure() {
    }

    static String noAnswer(IOException e) {
        if (e instanceof InterruptedIOException) {
            // Every layer words its time-outs in its own way, and which of them runs out first is chance.
            return "the API server gives no answer in time";
        }
        String message = e.getMessage();
        return "the API server gives no usable answer ("
                + (message == null || message.isBlank() ? e.getClass().getSimpleName() : message.lines().findFirst().orElse(message))
                + ")";
    }
}
