package io.regroup.group;

import io.regroup.trust.CaFile;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.jgroups.protocols.kubernetes.Pod;

/**
 * Asks the API server once for the pods of a label.
 *
 * <p>KUBE_PING's own client trusts every server when the file of certificates is missing, retries while its caller
 * waits, and reports a refusal without its reason. This one does none of that.
 */
final class PodLister {

    private final Discovery.Kubernetes from;
    private final URI url;
    private final SSLSocketFactory tls;   // null over http
    private final int connectTimeout;
    private final int readTimeout;

    /**
     * @param connectTimeout milliseconds
     * @param readTimeout    milliseconds without a byte
     * @throws GroupException if the certificates cannot be read: without them anybody could answer for the API server
     */
    PodLister(Discovery.Kubernetes from, int connectTimeout, int readTimeout) throws GroupException {
        this.from = from;
        this.connectTimeout = connectTimeout;
        this.readTimeout = readTimeout;
        String base = from.apiServer().toString().replaceAll("/+$", "");
        this.url = URI.create(base + "/api/v1/namespaces/" + encode(from.namespace()) + "/pods?labelSelector=" + encode(from.labels()));
        this.tls = from.encrypted() ? trusting(from.caFile(), from.apiServer()) : null;
    }

    /**
     * What the API server knows of the pods.
     *
     * @param pods        those that have an address
     * @param unaddressed how many have none yet: the kubelet tells an address a second or two after the pod's containers run
     */
    record Listing(List<Pod> pods, int unaddressed) {

        int size() {
            return pods.size() + unaddressed;
        }
    }

    /**
     * The pods that may be alive: not those that have ended for good. A pod that is starting or terminating, or not ready, is
     * listed.
     */
    Listing list() throws ListingFailed {
        try {
            HttpURLConnection connection = (HttpURLConnection) url.toURL().openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(connectTimeout);
            connection.setReadTimeout(readTimeout);
            connection.setUseCaches(false);
            connection.setRequestProperty("Accept", "application/json");
            Optional<String> token = token();
            if (token.isPresent())
                connection.setRequestProperty("Authorization", "Bearer " + token.get());
            if (connection instanceof HttpsURLConnection https)
                https.setSSLSocketFactory(tls);
            int code = connection.getResponseCode();
            if (code != HttpURLConnection.HTTP_OK)
                throw refused(code, connection);
            try (Reader body = reader(connection.getInputStream())) {
                return pods(body);
            }
        } catch (IOException e) {
            throw new ListingFailed("the API server " + from.apiServer() + " cannot be asked for the pods: " + why(e), e);
        } catch (JsonParseException | IllegalStateException | ClassCastException e) {
            throw new ListingFailed("the API server " + from.apiServer() + " answers with something that is no list of pods", e);
        }
    }

    /** Reads pod by pod, so that the list of a large namespace is never in memory as a whole. */
    private static Listing pods(Reader body) throws IOException, ListingFailed {
        List<Pod> pods = new ArrayList<>();
        int unaddressed = 0;
        boolean items = false;
        JsonReader json = new JsonReader(body);
        json.beginObject();
        while (json.hasNext()) {
            if (!json.nextName().equals("items")) {
                json.skipValue();
                continue;
            }
            items = true;
            json.beginArray();
            while (json.hasNext()) {
                JsonObject pod = JsonParser.parseReader(json).getAsJsonObject();
                String phase = text(object(pod, "status"), "phase").orElse("Unknown");
                if (phase.equals("Succeeded") || phase.equals("Failed"))
                    continue;
                Optional<Pod> addressed = pod(pod);
                addressed.ifPresent(pods::add);
                if (addressed.isEmpty())
                    unaddressed++;
            }
            json.endArray();
        }
        json.endObject();
        if (!items)
            throw new ListingFailed("the API server answers with something that is no list of pods");
        return new Listing(pods, unaddressed);
    }

    private static Optional<Pod> pod(JsonObject pod) {
        JsonObject metadata = object(pod, "metadata");
        String hash = text(object(metadata, "labels"), "pod-template-hash").orElse(null);
        // Readiness plays no part: a pod that is not ready is a member all the same.
        return text(object(pod, "status"), "podIP").map(ip -> new Pod(text(metadata, "name").orElse("?"), ip, hash, true));
    }

    private static JsonObject object(JsonObject of, String name) {
        JsonElement value = of.get(name);
        return value != null && value.isJsonObject() ? value.getAsJsonObject() : new JsonObject();
    }

    private static Optional<String> text(JsonObject of, String name) {
        JsonElement value = of.get(name);
        return value != null && value.isJsonPrimitive() ? Optional.of(value.getAsString()) : Optional.empty();
    }

    private ListingFailed refused(int code, HttpURLConnection connection) {
        String said = said(connection).map(text -> " (" + text + ")").orElse("");
        String server = "the API server " + from.apiServer();
        return new ListingFailed(switch (code) {
            case 401 -> server + " does not accept the token" + switch (from.token()) {
                case Discovery.Token.Literal literal -> " that was given";
                case Discovery.Token.FromFile(Path file) -> Files.isReadable(file) ? " in " + file : ": there is none in " + file;
            } + said;
            case 403 -> server + " forbids to list the pods of namespace " + from.namespace()
                + ": the service account needs a Role with apiGroups [\"\"], resources [pods], verbs [list] there" + said;
            default -> server + " answers " + code + said;
        });
    }

    /** The reason in the API server's own words: the message of its Status object. */
    private static Optional<String> said(HttpURLConnection connection) {
        try (InputStream error = connection.getErrorStream()) {
            if (error == null)
                return Optional.empty();
            String body = new String(error.readNBytes(8192), StandardCharsets.UTF_8);
            return text(JsonParser.parseString(body).getAsJsonObject(), "message").map(message -> message.replaceAll("\\s+", " "));
        } catch (IOException | JsonParseException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    private String why(IOException e) {
        return switch (e) {
            case SocketTimeoutException t when String.valueOf(t.getMessage()).contains("onnect") -> "no connection within " + connectTimeout + " ms";
            case SocketTimeoutException t -> "no answer within " + readTimeout + " ms";
            case UnknownHostException u -> "the name " + from.apiServer().getHost() + " is not known";
            case ConnectException c -> "connection refused".equalsIgnoreCase(c.getMessage()) ? "it refuses connections" : String.valueOf(c.getMessage());
            case SSLException s -> "TLS fails: " + s.getMessage();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }

    private Optional<String> token() throws IOException {
        return switch (from.token()) {
            case Discovery.Token.Literal(String value) -> Optional.of(value);
            case Discovery.Token.FromFile(Path file) -> read(file);
        };
    }

    private static Optional<String> read(Path file) throws IOException {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static SSLSocketFactory trusting(Path caFile, URI apiServer) throws GroupException {
        try {
            return CaFile.read(caFile).sockets();
        } catch (NoSuchFileException e) {
            throw new GroupException("the certificates to trust the API server " + apiServer + " by are missing: there is no file "
                + caFile + " (is the service account's token mounted? an address with http:// needs none)", e);
        } catch (IOException | GeneralSecurityException e) {
            throw new GroupException("the certificates to trust the API server " + apiServer + " by cannot be read from "
                + caFile + ": " + e.getMessage(), e);
        }
    }

    private static Reader reader(InputStream in) {
        return new InputStreamReader(in, StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
