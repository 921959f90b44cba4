package io.regroup;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Imports run one way (DESIGN.md, Where things stand). */
class ArchitectureTest {

    private static final JavaClasses PRODUCT = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages("io.regroup");

    @Test
    void modelKnowsNobody() {
        classes().that().resideInAPackage("io.regroup.model").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.regroup.model").check(PRODUCT);
    }

    @Test
    void planKnowsModelOnly() {
        classes().that().resideInAPackage("io.regroup.plan").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.regroup.model", "io.regroup.plan").check(PRODUCT);
    }

    @Test
    void leadKnowsModelAndPlanOnly() {
        classes().that().resideInAPackage("io.regroup.lead").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.regroup.model", "io.regroup.plan", "io.regroup.lead").check(PRODUCT);
    }

    @Test
    void moveKnowsModelAndPlanOnly() {
        classes().that().resideInAPackage("io.regroup.move").should().onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.regroup.model", "io.regroup.plan", "io.regroup.move").check(PRODUCT);
    }

    /** No clock, no random, no thread, no I/O: what decides is given everything as a value. */
    @Test
    void whatDecidesIsPure() {
        noClasses().that().resideInAnyPackage("io.regroup.model", "io.regroup.plan", "io.regroup.move", "io.regroup.lead").should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.net..", "java.nio.file..", "java.nio.channels..", "java.time..", "java.util.concurrent..",
                "java.util.logging..", "java.util.random..")
            .orShould().callMethod(System.class, "currentTimeMillis").orShould().callMethod(System.class, "nanoTime")
            .orShould().dependOnClassesThat().haveFullyQualifiedName("java.util.Random").check(PRODUCT);
    }

    @Test
    void theEdgesDoNotKnowEachOther() {
        String[] edges = {"io.regroup.group..", "io.regroup.kube..", "io.regroup.redis..", "io.regroup.admin.."};
        for (String edge : edges) {
            String[] others = java.util.Arrays.stream(edges).filter(e -> !e.equals(edge)).toArray(String[]::new);
            noClasses().that().resideInAPackage(edge).should().dependOnClassesThat().resideInAnyPackage(others).check(PRODUCT);
        }
    }

    @Test
    void eachLibraryHasOnePlace() {
        noClasses().that().resideOutsideOfPackage("io.regroup.group..").should().dependOnClassesThat().resideInAPackage("org.jgroups..").check(PRODUCT);
        noClasses().that().resideOutsideOfPackage("io.regroup.kube..").should().dependOnClassesThat().resideInAPackage("io.kubernetes..").check(PRODUCT);
        noClasses().that().resideOutsideOfPackage("io.regroup.redis..").should().dependOnClassesThat().resideInAPackage("io.lettuce..").check(PRODUCT);
    }
}
