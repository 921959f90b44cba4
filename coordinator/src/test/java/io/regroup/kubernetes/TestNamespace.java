package io.regroup.kubernetes;

import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A namespace that is there for one class of tests, and is removed with all that is in it, also when the run is interrupted. */
final class TestNamespace implements AutoCloseable {

    private static final Duration REMOVAL = Duration.ofMinutes(4);
    private static final SortedMap<String, TestNamespace> OPEN = new ConcurrentSkipListMap<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() ->
            OPEN.values().forEach(left -> left.kubectl.run("delete", "namespace", left.kubectl.namespace(), "--wait=false"))));
    }

    private final Kubectl kubectl;

    private TestNamespace(String name) {
        kubectl = new Kubectl(name);
    }

    static TestNamespace create(Class<?> forTests) {
        String name = "regroup-it-" + forTests.getSimpleName().replace("KubeIT", "").toLowerCase(Locale.ROOT) + "-"
            + Integer.toHexString(new Random().nextInt(0x1000, 0x10000));
        TestNamespace created = new TestNamespace(name);
        created.kubectl.ask("create", "namespace", name);
        OPEN.put(name, created);
        return created;
    }

    /** Those that exist now: where to look when a test fails. */
    static Iterable<Kubectl> open() {
        return OPEN.values().stream().map(TestNamespace::kubectl).toList();
    }

    Kubectl kubectl() {
        return kubectl;
    }

    @Override
    public void close() {
        OPEN.remove(kubectl.namespace());
        kubectl.run(REMOVAL, "", "delete", "namespace", kubectl.namespace(), "--timeout=" + REMOVAL.toSeconds() + "s").output();
    }
}
