package io.regroup.local;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the coordinators' JVMs load. Six of them at once are a load for a small machine, and a third of it is reading and
 * checking the same classes: so the first coordinator leaves an archive of them (JEP 514, before JDK 25 JEP 350), as the image's
 * build does, and all that start in later runs use it. It lies in the build directory and goes with it.
 *
 * @param classPath jars only, for an archive is not made of anything else
 * @param archive   where it is kept
 * @param made      whether it is there and belongs to this very class path
 */
record Classes(String classPath, Path archive, boolean made) {

    /** A coordinator's start takes 0.75 s of CPU with such a cache, 0.9 s with a dynamic archive, 1.25 s with neither. */
    private static final boolean HAS_AOT = Runtime.version().feature() >= 25;

    /** This JVM's own class path, with a directory of our classes put into a jar. @throws IOException when that cannot be written */
    static Classes of(Path buildDirectory) throws IOException {
        Path dir = Files.createDirectories(buildDirectory.resolve("local"));
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isRegularFile(path)) {
                jars.add(path.toAbsolutePath().toString());
            } else if (Files.exists(path.resolve("io/regroup/Regroup.class"))) {
                jars.add(jar(path, dir.resolve("regroup.jar")).toString());
            }
        }
        String classPath = String.join(File.pathSeparator, jars);
        Path archive = dir.resolve(HAS_AOT ? "regroup.aot" : "regroup.jsa");
        Path madeOf = madeOf(archive);
        boolean made = Files.exists(archive) && Files.exists(madeOf) && Files.readString(madeOf).equals(stamp(classPath));
        return new Classes(classPath, archive, made);
    }

    /** Flags for the JVM that leaves an archive at its end. @param to where it is put, until {@link #keep} */
    static List<String> learn(Path to) {
        return HAS_AOT ? List.of("-XX:AOTCacheOutput=" + to, "-Xlog:aot=off")
            : List.of("-XX:ArchiveClassesAtExit=" + to, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    /** Flags for the other JVMs. */
    List<String> use() {
        return made ? List.of((HAS_AOT ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + archive) : List.of();
    }

    /** Keeps what the JVM with the flags {@link #learn} has left, if it has. */
    void keep(Path from) {
        try {
            if (Files.exists(from)) {
                Files.move(from, archive, StandardCopyOption.REPLACE_EXISTING);
                Files.writeString(madeOf(archive), stamp(classPath));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path madeOf(Path archive) {
        return archive.resolveSibling(archive.getFileName() + ".of");
    }

    /** What an archive is good for: this JVM and these jars as they are now. */
    private static String stamp(String classPath) throws IOException {
        StringBuilder stamp = new StringBuilder(System.getProperty("java.vm.version") + "\n");
        for (String jar : classPath.split(File.pathSeparator)) {
            stamp.append(Files.getLastModifiedTime(Path.of(jar)).toMillis()).append(' ').append(jar).append('\n');
        }
        return stamp.toString();
    }

    /** Written only when a class is newer: the archive belongs to this very file. */
    private static Path jar(Path classes, Path jar) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(classes)) {
            files = walk.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
        }
        if (Files.exists(jar)) {
            boolean fresh = true;
            for (Path file : files) {
                fresh &= Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(jar)) < 0;
            }
            if (fresh) {
                return jar;
            }
        }
        Path part = Files.createTempFile(jar.getParent(), "regroup", ".part");
        try (OutputStream out = Files.newOutputStream(part); JarOutputStream zip = new JarOutputStream(out)) {
            for (Path file : files) {
                zip.putNextEntry(new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
        return Files.move(part, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
