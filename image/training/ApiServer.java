import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Stands in for the API server while the image is built, so that the training run meets TLS and lists of pods as a pod does. The pods
 * are those named on the command line. What controls them is of a kind that no coordinator can watch: the leader then needs
 * no Kubernetes client, whose classes would otherwise stand in the archive, and in the memory of every pod that never leads.
 */
public final class ApiServer {

    private ApiServer() {
    }

    /** @param args keystore, its password, port, and for each pod name=ip */
    public static void main(String[] args) throws Exception {
        char[] password = args[1].toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
            keys.load(in, password);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, password);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        List<String> pods = List.of(args).subList(3, args.length);
        HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[2])), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", exchange -> answer(exchange, pods));
        server.start();
    }

    private static void answer(HttpExchange exchange, List<String> pods) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.substring(path.lastIndexOf('/') + 1);
        List<String> found = new ArrayList<>();
        for (String pod : pods) {
            String[] words = pod.split("=");
            if (name.equals("pods") || name.equals(words[0])) {
                found.add("{'metadata':{'name':'%s','uid':'%s','creationTimestamp':'2026-01-01T00:00:00Z','ownerReferences':[%s]},'status':{'podIP':'%s','phase':'Running'}}"
                    .formatted(words[0], words[0], controller("apps/v1", "ReplicaSet", "training-1"), words[1]));
            }
        }
        String json;
        if (name.equals("pods")) {
            json = "{'kind':'PodList','items':[" + String.join(",", found) + "]}";
        } else if (name.equals("training-1")) {
            json = "{'metadata':{'name':'training-1','uid':'training-1','creationTimestamp':'2026-01-01T00:00:00Z','ownerReferences':[%s]}}"
                .formatted(controller("example.org/v1", "Training", "training"));
        } else {
            json = found.isEmpty() ? "{'kind':'Status','code':404,'message':'not found'}" : found.getFirst();
        }
        byte[] body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            // As a real one does it, a list comes in chunks (0).
            exchange.sendResponseHeaders(json.contains("'code':404") ? 404 : 200, name.equals("pods") ? 0 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static String controller(String apiVersion, String kind, String name) {
        return "{'apiVersion':'%s','kind':'%s','name':'%s','uid':'%s','controller':true}".formatted(apiVersion, kind, name, name);
    }
}
