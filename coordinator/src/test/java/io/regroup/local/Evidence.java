package io.regroup.local;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;

/** Keeps what a failed test leaves behind, before the cluster goes. */
public final class Evidence implements AfterTestExecutionCallback, LifecycleMethodExecutionExceptionHandler {

    private final Supplier<RealCluster> cluster;
    private final Supplier<String> which;

    public Evidence(Supplier<RealCluster> cluster) {
        this(cluster, () -> "");
    }

    /** @param which of several clusters or runs; part of the directory's name */
    public Evidence(Supplier<RealCluster> cluster, Supplier<String> which) {
        this.cluster = cluster;
        this.which = which;
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            keep(context);
        }
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        keep(context);
        throw failure;
    }

    private void keep(ExtensionContext context) {
        RealCluster failed = cluster.get();
        if (failed != null) {
            failed.keepEvidence(context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName() + which.get());
        }
    }
}
