package io.regroup.faults;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** How often each story is run: {@code -Dtimes=5}. */
final class Times implements TestTemplateInvocationContextProvider {

    static final int TIMES = Integer.getInteger("times", 1);

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        return IntStream.rangeClosed(1, TIMES).mapToObj(Once::new);
    }

    private record Once(int run) implements TestTemplateInvocationContext {

        @Override
        public String getDisplayName(int invocationIndex) {
            return "run " + run + " of " + TIMES;
        }
    }
}
