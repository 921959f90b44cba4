package io.regroup.kube;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Followers must never load the Kubernetes client: it costs 11 MB of memory, its model classes 14 more. */
class KubernetesClientTest {
    private static JavaClasses classes;

    /** Names are enough for these rules: looking into the libraries takes ten times as long. */
    @BeforeAll
    static void importWithoutLibraries() {
        classes = ArchConfiguration.withThreadLocalScope((ArchConfiguration configuration) -> {
            configuration.setResolveMissingDependenciesFromClassPath(false);
            return new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .withImportOption(new ImportOption.DoNotIncludeJars())
                    .importPackages("io.regroup");
        });
    }

    private static void check(ArchRule rule) {
        rule.check(classes);
    }

    @Test
    void onlyTheLeadersClassKnowsIt() {
        check(noClasses().that().haveNameNotMatching(".*\\.kube\\.LeaderApi(\\$.*)?")
                .should().dependOnClassesThat().resideInAnyPackage("io.kubernetes.."));
    }

    @Test
    void identityNeedsNothingOfTheLeaders() {
        check(noClasses().that().haveNameMatching(
                ".*\\.kube\\.(Identity.*|OwnerSearch.*|LightApi|ClusterTrust|BearerToken|ApiRefused|Fields|TroubleLog|Backoff)")
                .should().dependOnClassesThat().haveNameMatching(
                        ".*\\.kube\\.(LeaderApi|OpenWatch|DeploymentWatch|PodEnds|Events|LiveSockets).*")
                .orShould().dependOnClassesThat().resideInAnyPackage("okhttp3..", "okio.."));
    }

    @Test
    void modelClassesAreLeftAlone() {
        check(noClasses().should().dependOnClassesThat().resideInAnyPackage(
                "io.kubernetes.client.openapi.models..", "io.kubernetes.client.openapi.apis..", "io.kubernetes.client.util.."));
    }
}
