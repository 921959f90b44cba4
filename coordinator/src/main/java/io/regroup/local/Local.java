package io.regroup.local;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** {@code mvn -Plocal}: a cluster on this machine, to try it out and to watch it heal. */
public final class Local {

    private Local() {
    }

    /** Exit code: 0 ended by its user, 1 it could not start, 2 wrong options. */
    public static void main(String[] args) throws InterruptedException {
        Options options;
        try {
            options = Options.of(args);
        } catch (Options.Wrong e) {
            fail(2, e.getMessage());
            return;
        }
        if (options.help()) {
            System.out.print("A whole Regroup cluster on this machine: real redis-servers and coordinators, on loopback.\n\n"
                + Options.EXPLANATION + "\n" + Keyboard.EXPLANATION);
            return;
        }
        AtomicReference<Story> story = new AtomicReference<>();
        LocalCluster cluster;
        try {
            cluster = new LocalCluster(options.nodes(), options.replicas(), options.port(), sentence -> story.get().tell(sentence));
        } catch (IOException e) {
            fail(1, e.getMessage());
            return;
        }
        endWithParent();
        story.set(new Story(cluster, System.out, () -> System.out.println("           connect: redis-cli -c -p " + options.port())));
        greet(options, cluster);
        story.get().start();
        cluster.startAll();
        try {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
            if (new Keyboard(cluster, story.get(), System.out).run(lines)) {
                System.exit(0);
            }
        } catch (IOException e) {
            story.get().tell("the keyboard cannot be read (" + e.getMessage() + "): end it with Ctrl-C or SIGTERM");
        }
        // No keyboard: it runs until it is ended by a signal.
        new CountDownLatch(1).await();
    }

    private static void greet(Options options, LocalCluster cluster) {
        System.out.printf("Regroup on this machine: %d pods, %d replicas of each master, redis-server %s (%s)%n%n%s%n%s%n%s%n%n",
            options.nodes(), options.replicas(), cluster.server().version(), cluster.server().origin(), Options.EXPLANATION,
            Keyboard.EXPLANATION, "logs: " + cluster.logs());
    }

    /** Maven, or whoever started this, may be killed without a word. */
    private static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(() -> System.exit(1)));
    }

    private static void fail(int code, String message) {
        System.err.println("regroup local: " + message);
        System.exit(code);
    }
}
