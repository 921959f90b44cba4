package io.regroup.redis;

/** What came of one command. */
public sealed interface Reply {

    record Answer(String text) implements Reply {
    }

    /** The server answered with an error: these are its words. */
    record Refusal(String error) implements Reply {
    }

    /** No answer: refused, cut off or timed out. Whether the command was carried out is not known. */
    record Silence(String problem) implements Reply {
    }

    /** @throws IllegalStateException when there is no answer */
    default String answer() {
        return switch (this) {
            case Answer a -> a.text();
            case Refusal r -> throw new IllegalStateException(r.error());
            case Silence s -> throw new IllegalStateException(s.problem());
        };
    }
}
