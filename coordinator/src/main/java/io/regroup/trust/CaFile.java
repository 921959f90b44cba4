package io.regroup.trust;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Trust in exactly the certificates of one CA file. One object for each file: whoever shares it shares connections too, and a
 * TLS handshake costs a starting JVM a tenth of its time.
 */
public record CaFile(SSLSocketFactory sockets, X509TrustManager manager) {

    private record Key(Path file, FileTime modified) {
    }

    private static final Map<Key, CaFile> READ = new HashMap<>();

    /**
     * @throws IOException              when the file is missing or cannot be read
     * @throws GeneralSecurityException when it holds no certificate, or none that can be used
     */
    public static CaFile read(Path file) throws IOException, GeneralSecurityException {
        synchronized (READ) {
            Key key = new Key(file.toAbsolutePath(), Files.getLastModifiedTime(file));
            CaFile known = READ.get(key);
            if (known == null) {
                known = parse(file);
                READ.put(key, known);
            }
            return known;
        }
    }

    private static CaFile parse(Path file) throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> certificates;
        try (InputStream in = Files.newInputStream(file)) {
            certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("it holds no certificate");
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        int number = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry("ca-" + number++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, new TrustManager[] {x509}, null);
                return new CaFile(context.getSocketFactory(), x509);
            }
        }
        throw new GeneralSecurityException("this Java runtime has no X.509 trust manager");
    }
}
