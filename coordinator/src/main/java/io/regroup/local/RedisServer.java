package io.regroup.local;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The {@code redis-server} to be run. @param origin where it comes from, for whoever reads the first lines */
public record RedisServer(Path file, String version, String origin) {

    private static final Pattern VERSION = Pattern.compile("v=((\\d+)\\.\\S+)");
    private static final int LEAST_MAJOR = 7;

    /**
     * One on the PATH if it is 7.0 or newer, else the one that the embedded-redis library carries for this machine.
     *
     * @param dir where the latter is put
     * @throws IOException says what is missing
     */
    public static RedisServer find(Path dir) throws IOException {
        for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path file = Path.of(entry, "redis-server");
            if (Files.isExecutable(file)) {
                Optional<String> version = version(file);
                if (version.filter(v -> Integer.parseInt(v.split("\\.")[0]) >= LEAST_MAJOR).isPresent()) {
                    return new RedisServer(file, version.get(), file.toString());
                }
            }
        }
        return embedded(dir);
    }

    /** The one of the library, unpacked into {@code dir}. @throws IOException when it has none for this machine, or it does not run here */
    public static RedisServer embedded(Path dir) throws IOException {
        String name = resource(System.getProperty("os.name"), System.getProperty("os.arch"));
        Path file = dir.resolve("redis-server");
        try (InputStream in = RedisServer.class.getClassLoader().getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("there is no redis-server of " + LEAST_MAJOR + ".0 or newer on the PATH, and the embedded-redis "
                    + "library has none for this machine (" + name + "): install Redis or Valkey");
            }
            Files.copy(in, file);
        }
        if (!file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        String version = version(file).orElseThrow(() -> new IOException("there is no redis-server of " + LEAST_MAJOR
            + ".0 or newer on the PATH, and " + name + " of the embedded-redis library does not run on this machine"));
        return new RedisServer(file, version, "the embedded-redis library");
    }

    private static String resource(String os, String arch) {
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        if (os.toLowerCase(Locale.ROOT).contains("mac")) {
            return "redis-server-6.2.6-v5-darwin-" + (arm ? "arm64" : "amd64");
        }
        return arm ? "redis-server-6.2.7-linux-arm64" : "redis-server-6.2.6-v5-linux-amd64";
    }

    /** What it says of itself; absent when it does not run. */
    private static Optional<String> version(Path file) {
        try {
            Process process = new ProcessBuilder(file.toString(), "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            Matcher matcher = VERSION.matcher(new String(process.getInputStream().readAllBytes()));
            return process.waitFor() == 0 && matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
