package io.regroup.kube;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Followers must never load the Kubernetes client: it costs 11 MB of memory, its model classes 14 more. */
@AnalyzeClasses(packages = "io.regroup",
        importOptions = {ImportOption.DoNotIncludeTests.class, ImportOption.DoNotIncludeJars.class})
class KubernetesClientTest {

    @ArchTest
    static final ArchRule onlyTheLeadersClassKnowsIt = noClasses()
            .that().haveNameNotMatching(".*\\.kube\\.LeaderApi(\\$.*)?")
            .should().dependOnClassesThat().resideInAnyPackage("io.kubernetes..");

    @ArchTest
    static final ArchRule identityNeedsNothingOfTheLeaders = noClasses()
            .that().haveNameMatching(".*\\.kube\\.(Identity.*|OwnerSearch.*|LightApi|ClusterTrust|BearerToken|ApiRefused|Fields|TroubleLog|Backoff)")
            .should().dependOnClassesThat().haveNameMatching(".*\\.kube\\.(LeaderApi|OpenWatch|DeploymentWatch|PodEnds|Events).*")
            .orShould().dependOnClassesThat().resideInAnyPackage("okhttp3..", "okio..");

    @ArchTest
    static final ArchRule modelClassesAreLeftAlone = noClasses()
            .should().dependOnClassesThat().resideInAnyPackage("io.kubernetes.client.openapi.models..", "io.kubernetes.client.util..");
}
