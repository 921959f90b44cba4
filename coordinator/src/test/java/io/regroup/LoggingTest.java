package io.regroup;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.Configurator.ExecutionStatus;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What {@link Logging} sets up is what config/logback.xml says. */
class LoggingTest {

    private static LoggerContext ours(Map<String, String> env) {
        LoggerContext context = new LoggerContext();
        assertThat(new Logging(env).configure(context)).isEqualTo(ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);
        return context;
    }

    private static LoggerContext file(Map<String, String> env) throws Exception {
        LoggerContext context = new LoggerContext();
        env.forEach(context::putProperty);
        JoranConfigurator reader = new JoranConfigurator();
        reader.setContext(context);
        reader.doConfigure(Path.of("..", "config", "logback.xml").toUri().toURL());
        return context;
    }

    private static Map<String, String> shape(LoggerContext context) {
        Map<String, String> shape = new TreeMap<>();
        context.getLoggerList().stream().filter(logger -> logger.getLevel() != null).forEach(logger -> {
            List<String> appenders = new ArrayList<>();
            logger.iteratorForAppenders().forEachRemaining(appender -> appenders.add(shape(appender)));
            shape.put(logger.getName(), logger.getLevel() + " " + appenders);
        });
        return shape;
    }

    private static String shape(Appender<ILoggingEvent> appender) {
        Encoder<ILoggingEvent> encoder = ((OutputStreamAppender<ILoggingEvent>) appender).getEncoder();
        return appender.getName() + " " + appender.getClass().getSimpleName() + (appender.isStarted() ? " started " : " stopped ")
            + encoder.getClass().getSimpleName() + (encoder instanceof PatternLayoutEncoder text ? " " + text.getPattern() : "");
    }

    @Test
    void isWhatTheFileSays() throws Exception {
        for (Map<String, String> env : List.of(Map.<String, String>of(), Map.of("LOG_FORMAT", "json"), Map.of("LOG_LEVEL", "DEBUG"),
                Map.of("LOG_FORMAT", "text", "LOG_LEVEL", "WARN"))) {
            assertThat(shape(ours(env))).as("%s", env).isEqualTo(shape(file(env)));
        }
    }
}
