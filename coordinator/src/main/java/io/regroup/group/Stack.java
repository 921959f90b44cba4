package io.regroup.group;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ListIterator;
import java.util.Map;
import java.util.Optional;
import org.jgroups.Global;
import org.jgroups.JChannel;
import org.jgroups.conf.ProtocolConfiguration;
import org.jgroups.conf.ProtocolStackConfigurator;
import org.jgroups.conf.XmlConfigurator;
import org.jgroups.View;
import org.jgroups.protocols.FD_SOCK2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.stack.Protocol;

/** The protocol stack: {@code config/jgroups.xml}, and what only the running member knows. */
final class Stack implements ProtocolStackConfigurator {

    /** Names a file to be read instead of the one that comes with the program. */
    static final String FILE_VARIABLE = "JGROUPS_CONFIG";
    private static final String RESOURCE = "config/jgroups.xml";
    /** The classes that JGroups gives numbers to: without our lists it loads some 150 of its own that are not in our stack. */
    static final String TYPES = "io/regroup/group/jgroups-types.xml";
    static final String PROTOCOLS = "io/regroup/group/jgroups-protocols.xml";

    private final GroupSettings settings;
    private final List<ProtocolConfiguration> protocols;

    private Stack(GroupSettings settings, List<ProtocolConfiguration> protocols) {
        this.settings = settings;
        this.protocols = protocols;
    }

    /** A channel that is not connected yet. @throws GroupException if the configuration cannot be read or used */
    static JChannel channel(GroupSettings settings) throws GroupException {
        if (ownFile().isEmpty()) {
            System.getProperties().putIfAbsent(Global.MAGIC_NUMBER_FILE, TYPES);
            System.getProperties().putIfAbsent(Global.PROTOCOL_ID_FILE, PROTOCOLS);
        }
        Stack stack = new Stack(settings, read());
        stack.fill();
        try {
            return new JChannel(stack);
        } catch (GroupException e) {
            throw e;
        } catch (Exception e) {
            throw new GroupException("the protocol stack of " + source() + " cannot be built: " + Causes.sentence(e), e);
        }
    }

    /** Where the configuration comes from, for messages. */
    static String source() {
        return ownFile().map(file -> file + " (" + FILE_VARIABLE + ")").orElse(RESOURCE);
    }

    private static Optional<String> ownFile() {
        return Optional.ofNullable(System.getenv(FILE_VARIABLE)).filter(file -> !file.isBlank());
    }

    private static List<ProtocolConfiguration> read() throws GroupException {
        Optional<String> file = ownFile();
        try (InputStream xml = file.isEmpty() ? resource() : new ByteArrayInputStream(Files.readAllBytes(Path.of(file.get())))) {
            return XmlConfigurator.getInstance(xml).getProtocolStack();
        } catch (IOException | RuntimeException e) {
            throw new GroupException("the protocol stack cannot be read from " + source() + ": " + Causes.sentence(e), e);
        }
    }

    private static InputStream resource() throws IOException {
        InputStream in = Stack.class.getClassLoader().getResourceAsStream(RESOURCE);
        if (in == null)
            throw new IOException("it is not on the class path");
        return in;
    }

    /** Puts in what the file cannot know. */
    private void fill() {
        protocols.getFirst().getProperties().putAll(Map.of(
            "bind_addr", settings.bindAddress(),
            "bind_port", Integer.toString(settings.port())));
        for (ListIterator<ProtocolConfiguration> each = protocols.listIterator(); each.hasNext();) {
            ProtocolConfiguration protocol = each.next();
            if (protocol.getProtocolName().equals(CachingKubePing.class.getName()))
                each.set(discovery(protocol));
            else if (protocol.getProtocolName().equals(FD_SOCK2.class.getSimpleName()))
                protocol.getProperties().put("bind_addr", settings.bindAddress());   // otherwise it listens on every address
        }
    }

    private ProtocolConfiguration discovery(ProtocolConfiguration kubePing) {
        return switch (settings.discovery()) {
            case Discovery.Static(List<String> hosts) -> new ProtocolConfiguration("TCPPING", Map.of(
                "initial_hosts", String.join(",", hosts),
                "port_range", "0"));
            case Discovery.Kubernetes kubernetes -> {
                URI api = kubernetes.apiServer();
                kubePing.getProperties().putAll(Map.of(
                    "namespace", kubernetes.namespace(),
                    "labels", kubernetes.labels(),
                    "masterProtocol", api.getScheme(),
                    "masterHost", api.getHost(),
                    "masterPort", Integer.toString(api.getPort() > 0 ? api.getPort() : kubernetes.encrypted() ? 443 : 80)));
                yield kubePing;
            }
        };
    }

    @Override
    public void afterCreation(Protocol protocol) throws GroupException {
        // The token must not become a property: JMX shows those.
        if (protocol instanceof CachingKubePing ping && settings.discovery() instanceof Discovery.Kubernetes kubernetes)
            ping.from(kubernetes);
        if (protocol instanceof GMS gms && gms.getMembershipChangePolicy() instanceof LargestLivingViewWins policy)
            policy.judgeBy(() -> Optional.ofNullable(gms.view()).map(View::getMembers).orElse(List.of()));
    }

    @Override
    public List<ProtocolConfiguration> getProtocolStack() {
        return protocols;
    }

    @Override
    public String getProtocolStackString() {
        return protocols.toString();
    }
}
