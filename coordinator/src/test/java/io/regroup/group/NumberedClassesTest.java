package io.regroup.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.conf.ProtocolConfiguration;
import org.jgroups.conf.XmlConfigurator;
import org.jgroups.stack.Protocol;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Our short lists of the classes that JGroups numbers, against its own and against our stack. */
class NumberedClassesTest {

    private static Map<String, Short> numbers(String resource) throws Exception {
        try (InputStream in = Stack.class.getClassLoader().getResourceAsStream(resource)) {
            NodeList list = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(in).getElementsByTagName("class");
            Map<String, Short> numbers = new TreeMap<>();
            for (int i = 0; i < list.getLength(); i++) {
                Element element = (Element) list.item(i);
                numbers.put(element.getAttribute("name"), Short.valueOf(element.getAttribute("id")));
            }
            return numbers;
        }
    }

    @Test
    void aNumberIsTheOneThatJGroupsGives() throws Exception {
        assertThat(numbers(ClassConfigurator.MAGIC_NUMBER_FILE)).containsAllEntriesOf(numbers(Stack.TYPES));
        assertThat(numbers(ClassConfigurator.PROTOCOL_ID_FILE)).containsAllEntriesOf(numbers(Stack.PROTOCOLS));
    }

    @Test
    void everyProtocolOfTheStackIsThere() throws Exception {
        Map<String, Short> all = numbers(ClassConfigurator.PROTOCOL_ID_FILE);
        Map<String, Short> ours = numbers(Stack.PROTOCOLS);
        try (InputStream xml = Stack.class.getClassLoader().getResourceAsStream("config/jgroups.xml")) {
            for (ProtocolConfiguration protocol : XmlConfigurator.getInstance(xml).getProtocolStack()) {
                String name = protocol.getProtocolName();
                String type = name.startsWith("io.regroup.") ? name : "org.jgroups.protocols." + name;
                if (all.containsKey(type)) {
                    assertThat(ours).containsKey(type);
                } else {
                    // Numbers itself, or speaks as the one that it stands for.
                    short number = ((Protocol) Class.forName(type).getDeclaredConstructor().newInstance()).getId();
                    if (number < 512)
                        assertThat(ours).containsValue(number);
                }
            }
        }
    }

    /** A header that cannot be read by its number is one that its protocol's peers cannot send. */
    @Test
    void everyHeaderOfTheStackIsThere() throws Exception {
        Map<String, Short> ours = numbers(Stack.TYPES);
        Map<String, Short> all = numbers(ClassConfigurator.MAGIC_NUMBER_FILE);
        for (String protocol : numbers(Stack.PROTOCOLS).keySet()) {
            all.keySet().stream().filter(type -> type.startsWith(protocol + "$")).forEach(type -> assertThat(ours).containsKey(type));
        }
    }
}
