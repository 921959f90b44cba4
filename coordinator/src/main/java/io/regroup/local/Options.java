package io.regroup.local;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * What the launcher is asked for.
 *
 * @param nodes    pods in all
 * @param replicas per master
 * @param port     of the first pod's Redis
 * @param help     only the explanation is wanted
 */
record Options(int nodes, int replicas, int port, boolean help) {

    static final int LEAST_NODES = 3;
    private static final int MOST_REPLICAS = 10;

    static final String EXPLANATION = """
        options  -Dregroup.args="..."
          --nodes N       pods in all (6)
          --replicas R    replicas of each master (1)
          --port P        Redis of the first pod; the others are counted up from it (%d)
          --help          only this
        """.formatted(Ports.PRESET);

    /** One line that says what is wrong and what would be right. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    /** @param args words, or several of them in one, as Maven hands them over */
    static Options of(String... args) throws Wrong {
        List<String> words = Arrays.stream(args).flatMap(arg -> Arrays.stream(arg.split("\\s+"))).filter(word -> !word.isEmpty()).toList();
        int nodes = 6;
        int replicas = 1;
        int port = Ports.PRESET;
        boolean help = false;
        for (Iterator<String> rest = words.iterator(); rest.hasNext(); ) {
            String word = rest.next();
            switch (word) {
                case "--nodes" -> nodes = number(word, rest, LEAST_NODES, Ports.MOST_PODS);
                case "--replicas" -> replicas = number(word, rest, 0, MOST_REPLICAS);
                case "--port" -> port = number(word, rest, Ports.LOWEST, Ports.HIGHEST);
                case "--help", "-h" -> help = true;
                default -> throw new Wrong("no such option: " + word + "; there are --nodes N, --replicas R, --port P and --help");
            }
        }
        return new Options(nodes, replicas, port, help);
    }

    private static int number(String option, Iterator<String> rest, int least, int most) throws Wrong {
        String range = " wants a whole number from " + least + " to " + most;
        if (!rest.hasNext()) {
            throw new Wrong(option + range);
        }
        String word = rest.next();
        try {
            int number = Integer.parseInt(word);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new Wrong(option + range + ", not " + word);
    }
}
