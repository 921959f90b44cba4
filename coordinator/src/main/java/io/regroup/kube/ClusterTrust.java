package io.regroup.kube;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Trust in exactly the certificates of one CA file. Without that file there is no trust: falling back to "trust
 * anybody" would hand the pod's token to whoever answers on the API server's address.
 */
record ClusterTrust(SSLSocketFactory sockets, X509TrustManager manager) {

    /** @throws UnusableSettings when the file is missing, unreadable or holds no certificate */
    static ClusterTrust read(Path caFile) {
        try (InputStream in = Files.newInputStream(caFile)) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new UnusableSettings("the CA file " + caFile + " holds no certificate, so the API server cannot be"
                        + " told from a stranger: it must be the PEM file that Kubernetes gives every pod");
            }
            return trusting(certificates);
        } catch (IOException e) {
            throw new UnusableSettings("the CA file " + caFile + " cannot be read (" + e + "), so the API server cannot"
                    + " be told from a stranger: mount the service account's volume, or set APISERVER to an http:// URL", e);
        } catch (GeneralSecurityException e) {
            throw new UnusableSettings("the CA file " + caFile + " cannot be used (" + e.getMessage()
                    + "): it must be the PEM file that Kubernetes gives every pod", e);
        }
    }

    private static ClusterTrust trusting(Collection<? extends Certificate> certificates)
            throws GeneralSecurityException, IOException {
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
                return new ClusterTrust(context.getSocketFactory(), x509);
            }
        }
        throw new GeneralSecurityException("this Java runtime has no X.509 trust manager");
    }
}
