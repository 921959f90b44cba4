package io.regroup.kube;

import io.regroup.trust.CaFile;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Trust in exactly the certificates of one CA file. Without that file there is no trust: falling back to "trust
 * anybody" would hand the pod's token to whoever answers on the API server's address.
 */
record ClusterTrust(SSLSocketFactory sockets, X509TrustManager manager) {

    /** @throws UnusableSettings when the file is missing, unreadable or holds no certificate */
    static ClusterTrust read(Path caFile) {
        try {
            CaFile ca = CaFile.read(caFile);
            return new ClusterTrust(ca.sockets(), ca.manager());
        } catch (IOException e) {
            throw new UnusableSettings("the CA file " + caFile + " cannot be read (" + e + "), so the API server cannot"
                    + " be told from a stranger: mount the service account's volume, or set APISERVER to an http:// URL", e);
        } catch (GeneralSecurityException e) {
            throw new UnusableSettings("the CA file " + caFile + " cannot be used (" + e.getMessage()
                    + "): it must be the PEM file that Kubernetes gives every pod", e);
        }
    }
}
