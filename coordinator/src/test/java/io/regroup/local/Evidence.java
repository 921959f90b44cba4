package io.regroup.local;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Keeps what a failed test leaves behind, before the cluster goes. */
final class Evidence implements AfterTestExecutionCallback {

    private final Supplier<RealCluster> cluster;

    Evidence(Supplier<RealCluster> cluster) {
        this.cluster = cluster;
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        RealCluster failed = cluster.get();
        if (context.getExecutionException().isPresent() && failed != null) {
            failed.keepEvidence(context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName());
        }
    }
}
