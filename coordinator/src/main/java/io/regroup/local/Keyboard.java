package io.regroup.local;

import io.regroup.admin.Ask;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The keys: a line each. */
final class Keyboard {

    static final String EXPLANATION = """
        keys  (then Enter)
          k 3               kill pod 3: both its processes die at once, an empty pod takes its place
          k 3 redis         kill its redis-server alone: it is started again on its data
          k 3 coordinator   kill its coordinator alone: Redis goes on
          d 3               delete pod 3 as Kubernetes does: it hands over first, then ends
          scale 9           ask for 9 pods: new ones join and get slots, or some hand over what they have and end
          v  n  s  w        group view, nodes, status, why (the last decision and its reason)
          ?                 this
          q                 end everything
        """;

    private static final String RIGHT = "; try k 3, k 3 redis, k 3 coordinator, d 3, scale 9, v, n, s, w, ? or q";

    private final LocalCluster cluster;
    private final Story story;
    private final PrintStream out;

    Keyboard(LocalCluster cluster, Story story, PrintStream out) {
        this.cluster = cluster;
        this.story = story;
        this.out = out;
    }

    /** @return true when told to end, false when no more lines can come */
    boolean run(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            List<String> words = List.of(line.strip().split("\\s+"));
            if (words.getFirst().equals("q") && words.size() == 1) {
                return true;
            }
            if (!line.isBlank()) {
                obey(words);
            }
        }
        return false;
    }

    private void obey(List<String> words) {
        String key = words.getFirst();
        switch (key) {
            case "k", "d" -> pod(key, words.subList(1, words.size()));
            case "scale" -> scale(words.subList(1, words.size()));
            case "v", "n", "s", "w" -> {
                if (words.size() == 1) {
                    ask(key);
                } else {
                    out.println(key + " stands alone");
                }
            }
            case "?", "h", "help" -> out.print(EXPLANATION);
            default -> out.println("not understood: " + String.join(" ", words) + RIGHT);
        }
    }

    private void pod(String key, List<String> words) {
        int most = cluster.pods().getLast().number();
        String right = key + " wants a pod's number from 1 to " + most;
        if (words.isEmpty() || !words.getFirst().matches("\\d{1,3}")) {
            out.println(right + ", such as " + key + " 3");
            return;
        }
        int number = Integer.parseInt(words.getFirst());
        if (cluster.pods().stream().noneMatch(p -> p.number() == number)) {
            out.println(right + ", not " + number);
            return;
        }
        LocalPod pod = cluster.pod(number);
        String rest = String.join(" ", words.subList(1, words.size()));
        switch (key + " " + rest) {
            case "k " -> {
                begin("killed " + pod.name());
                pod.kill();
            }
            case "k redis" -> {
                begin("killed redis of " + pod.name());
                pod.kill(LocalPod.Process.REDIS);
            }
            case "k coordinator" -> {
                begin("killed coordinator of " + pod.name());
                pod.kill(LocalPod.Process.COORDINATOR);
            }
            case "d " -> {
                begin("deleting " + pod.name() + ": it hands over and ends");
                pod.delete();
            }
            default -> out.println("not understood: " + rest + RIGHT);
        }
    }

    private void scale(List<String> words) {
        if (words.size() != 1 || !words.getFirst().matches("\\d{1,3}") || Integer.parseInt(words.getFirst()) < 1
            || Integer.parseInt(words.getFirst()) > Ports.MOST_PODS) {
            out.println("scale wants how many pods are asked for, from 1 to " + Ports.MOST_PODS + ", such as scale 9");
            return;
        }
        try {
            cluster.scale(Integer.parseInt(words.getFirst()));
            begin(words.getFirst() + " pods are asked for");
        } catch (IOException e) {
            out.println("nothing is scaled: " + e.getMessage());
        }
    }

    private void begin(String sentence) {
        story.tell(sentence);
        story.disturbed();
    }

    private void ask(String key) {
        String word = switch (key) {
            case "v" -> "view";
            case "n" -> "nodes";
            case "s" -> "status";
            default -> "why";
        };
        // The leader knows best; while there is none, whoever answers says so.
        LocalPod answers = cluster.pods().stream().filter(p -> p.http("/livez").isPresent()).findFirst().orElse(cluster.pods().getFirst());
        Ask.run(List.of(word), Map.of("HTTP_PORT", Integer.toString(answers.httpPort())), out, out);
    }
}
