package io.regroup;

import io.regroup.admin.Ask;
import io.regroup.coordinator.Coordinator;
import io.regroup.group.GroupException;
import io.regroup.kube.UnusableSettings;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import javax.management.JMException;

/** The program: the first word says what it is to do. */
public final class Regroup {

    private static final String USAGE = """
        usage: regroup COMMAND
          coordinator               run this pod's coordinator (settings come from the environment)
          view   [-o json]          the group: members, pods, nodes, roles, leader
          status [-o json]          whether the cluster is whole, and if not what is waited for
          nodes  [-o json]          the Redis nodes: slots, keys, replication
          why    [-o json]          the last decision, its reason, and what is waited for
        """;

    private static volatile boolean failed;

    private Regroup() {
    }

    /** Exit code: 0 done, 1 it failed, 2 it was called or set up wrongly. */
    public static void main(String[] args) {
        List<String> words = Arrays.asList(args);
        if (words.isEmpty()) {
            fail(2, USAGE.strip());
        }
        switch (words.getFirst()) {
            case "coordinator" -> coordinate(words.subList(1, words.size()));
            case "view", "status", "nodes", "why" -> System.exit(Ask.run(words, System.getenv(), System.out, System.err));
            case "help", "--help", "-h" -> System.out.print(USAGE);
            default -> fail(2, "regroup: no such command: " + words.getFirst() + "\n" + USAGE.strip());
        }
    }

    private static void coordinate(List<String> rest) {
        if (!rest.isEmpty()) {
            fail(2, "regroup coordinator takes no words, its settings come from the environment: " + rest);
        }
        try {
            Settings settings = Settings.of(System.getenv());
            Coordinator coordinator = new Coordinator(settings);
            CountDownLatch ended = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                coordinator.close();
                ended.countDown();
                // A JVM that a signal ended would exit with 143, as if something had gone wrong.
                if (!failed) {
                    Runtime.getRuntime().halt(0);
                }
            }));
            coordinator.start();
            ended.await();
        } catch (Settings.Wrong | UnusableSettings e) {
            fail(2, "regroup: " + e.getMessage());
        } catch (IOException | GroupException | JMException e) {
            fail(1, "regroup: " + e.getMessage());
        } catch (CancellationException e) {
            // Ended while it was still starting: that is what was asked for.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void fail(int code, String message) {
        failed = true;
        System.err.println(message);
        System.exit(code);
    }
}
