package io.regroup.plan;

import java.util.List;

/** What came of one command. Texts are bytes, one a char (ISO 8859-1): a key may be any bytes, and goes back as it came. */
public sealed interface Reply {

    /** @param items what a reply that is a list consists of, in its order; nothing (nil) is an empty text */
    record Answer(String text, List<String> items) implements Reply {
        public Answer {
            items = List.copyOf(items);
        }

        public Answer(String text) {
            this(text, List.of());
        }
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
