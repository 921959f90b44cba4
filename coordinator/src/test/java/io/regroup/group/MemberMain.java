package io.regroup.group;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.regroup.model.View;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.slf4j.LoggerFactory;

/** A member in a JVM of its own, which can be killed. Prints every view as a line; leaves when its input ends. */
final class MemberMain {

    private MemberMain() {
    }

    /** @param args the member's name, its address, the port, and the addresses of all as {@code host[port]} */
    public static void main(String[] args) throws GroupException, IOException {
        if (System.getProperty("logback.configurationFile") == null)   // all in detail by default, which takes the CPU of the others
            ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        GroupSettings settings = new GroupSettings("regroup-test", args[0], args[1], Integer.parseInt(args[2]),
            new Discovery.Static(Arrays.asList(args).subList(3, args.length)));
        Group group = Group.join(settings, new Group.Listener() {
            @Override
            public void viewChanged(View view) {
                System.out.println("VIEW " + String.join(",", view.members()));
            }

            @Override
            public void received(String from, byte[] payload) {
                // Only views matter here.
            }
        });
        System.in.transferTo(OutputStream.nullOutputStream());
        group.close();
    }
}
