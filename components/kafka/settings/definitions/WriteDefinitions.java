import java.io.File;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints what this Kafka's classes say of broker properties and topic settings, as JSON with one setting a line. */
public class WriteDefinitions {
    private static final Pattern RANGE_OR_VALUE = Pattern.compile("\\[(-?\\d+),\\.\\.\\.,(-?\\d+)] or (-?\\d+)");

    /** Interfaces of settings that name classes, if all of Kafka's own implementations are on the class path. */
    private static final Map<String, String> PLUGINS = Map.ofEntries(
        Map.entry("alter.config.policy.class.name", "org.apache.kafka.server.policy.AlterConfigPolicy"),
        Map.entry("authorizer.class.name", "org.apache.kafka.server.authorizer.Authorizer"),
        Map.entry("client.quota.callback.class", "org.apache.kafka.server.quota.ClientQuotaCallback"),
        Map.entry("create.topic.policy.class.name", "org.apache.kafka.server.policy.CreateTopicPolicy"),
        Map.entry(
            "group.consumer.assignors",
            "org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor"),
        Map.entry(
            "group.share.assignors",
            "org.apache.kafka.coordinator.group.api.assignor.ShareGroupPartitionAssignor"),
        Map.entry("metric.reporters", "org.apache.kafka.common.metrics.MetricsReporter"),
        Map.entry("principal.builder.class", "org.apache.kafka.common.security.auth.KafkaPrincipalBuilder"),
        Map.entry("replica.selector.class", "org.apache.kafka.common.replica.ReplicaSelector"),
        Map.entry(
            "sasl.client.callback.handler.class",
            "org.apache.kafka.common.security.auth.AuthenticateCallbackHandler"),
        Map.entry(
            "sasl.login.callback.handler.class",
            "org.apache.kafka.common.security.auth.AuthenticateCallbackHandler"),
        Map.entry("sasl.login.class", "org.apache.kafka.common.security.auth.Login"),
        Map.entry(
            "sasl.server.callback.handler.class",
            "org.apache.kafka.common.security.auth.AuthenticateCallbackHandler"),
        Map.entry("ssl.engine.factory.class", "org.apache.kafka.common.security.auth.SslEngineFactory"));

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        out.printf("{%n  \"version\": \"%s\",%n", args[0]);
        print(out, "broker", KafkaConfig.configDef(), ",");
        print(out, "topic", LogConfig.configDefCopy(), "");
        out.println("}");
        out.flush();
    }

    private static void print(PrintStream out, String name, ConfigDef definition, String after) throws Exception {
        Map<String, String> lines = new TreeMap<>();
        for (ConfigDef.ConfigKey key : definition.configKeys().values()) {
            lines.put(key.name, String.format("    \"%s\": { %s }", key.name, String.join(", ", facts(key))));
        }
        out.printf("  \"%s\": {%n%s%n  }%s%n", name, String.join(",\n", lines.values()), after);
    }

    private static List<String> facts(ConfigDef.ConfigKey key) throws Exception {
        List<String> facts = new ArrayList<>(List.of("\"type\": \"" + key.type.name().toLowerCase(Locale.ROOT) + "\""));
        // The program compares other settings with this default if the user doesn't set it.
        if (key.hasDefault() && key.defaultValue instanceof Number) addNumber(facts, "default", key.defaultValue);
        if (PLUGINS.containsKey(key.name)) {
            facts.add(quoted("classes", classesOf(Class.forName(PLUGINS.get(key.name)))));
            if (key.type == ConfigDef.Type.STRING && key.defaultValue == null) facts.add("\"nonEmpty\": true");
        }
        ConfigDef.Validator validator = key.validator;
        String kind = validator == null ? "" : validator.getClass().getSimpleName();
        switch (kind) {
            case "":
            case "NonNullValidator":
                break;
            case "Range":
                addNumber(facts, "min", field(validator, "min"));
                addNumber(facts, "max", field(validator, "max"));
                break;
            case "LambdaValidator":
                Matcher range = RANGE_OR_VALUE.matcher(validator.toString());
                if (!range.matches()) throw new IllegalStateException(key.name + ": " + validator);
                facts.add("\"min\": " + range.group(1));
                facts.add("\"max\": " + range.group(2));
                facts.add("\"or\": " + range.group(3));
                break;
            case "ValidString":
                addValues(facts, field(validator, "validStrings"));
                break;
            case "CaseInsensitiveValidString":
                addValues(facts, field(validator, "validStrings"));
                facts.add("\"anyCase\": true");
                break;
            case "NonEmptyString":
                facts.add("\"nonEmpty\": true");
                break;
            case "ValidList":
                addValues(facts, field(field(validator, "validString"), "validStrings"));
                if (refuses(validator, key.name, List.of())) facts.add("\"nonEmpty\": true");
                // The program assumes that lists refuse duplicates.
                if (!refuses(validator, key.name, List.of("a", "a"))) throw new IllegalStateException(key.name);
                break;
            // These depend on other settings, and the program sets all of them itself.
            case "ControllerQuorumVotersValidator":
            case "ControllerQuorumBootstrapServersValidator":
            case "ThrottledReplicaListValidator":
                break;
            default:
                throw new IllegalStateException(key.name + ": unknown validator " + kind);
        }
        return facts;
    }

    private static boolean refuses(ConfigDef.Validator validator, String name, List<String> value) {
        try {
            validator.ensureValid(name, value);
            return false;
        } catch (ConfigException refused) {
            return true;
        }
    }

    private static void addNumber(List<String> facts, String name, Object number) {
        if (number != null) facts.add("\"" + name + "\": " + number);
    }

    private static void addValues(List<String> facts, Object values) {
        List<String> sorted = ((Collection<?>) values).stream().map(Object::toString).sorted().toList();
        if (!sorted.isEmpty()) facts.add(quoted("oneOf", sorted));
    }

    private static String quoted(String name, List<String> values) {
        return "\"" + name + "\": " + (values.isEmpty() ? "[]" : "[\"" + String.join("\", \"", values) + "\"]");
    }

    /** Names of Kafka's own classes that implement an interface. */
    private static List<String> classesOf(Class<?> kind) throws Exception {
        List<String> found = new ArrayList<>();
        for (String jar : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!jar.endsWith(".jar")) continue;
            try (JarFile file = new JarFile(jar)) {
                for (JarEntry entry : Collections.list(file.entries())) {
                    if (!entry.getName().matches("(org/apache/)?kafka/.*[.]class")) continue;
                    String name = entry.getName().replaceFirst("[.]class$", "").replace('/', '.');
                    Class<?> each;
                    try {
                        each = Class.forName(name, false, kind.getClassLoader());
                    } catch (LinkageError needsMore) {
                        continue;
                    }
                    int modifiers = each.getModifiers();
                    if (kind.isAssignableFrom(each) && Modifier.isPublic(modifiers) && !Modifier.isAbstract(modifiers)) {
                        found.add(name);
                    }
                }
            }
        }
        return found.stream().sorted().toList();
    }

    private static Object field(Object object, String name) throws Exception {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }
}
