import java.io.PrintStream;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints what this Kafka's classes say of broker properties and topic settings, as JSON with one setting a line. */
public class WriteDefinitions {
    private static final Pattern RANGE_OR_VALUE = Pattern.compile("\\[(-?\\d+),\\.\\.\\.,(-?\\d+)] or (-?\\d+)");

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
        // What other settings are compared with where a user leaves it out.
        if (key.hasDefault() && key.defaultValue instanceof Number) addNumber(facts, "default", key.defaultValue);
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
                // The program that reads the definitions takes this for granted.
                if (!refuses(validator, key.name, List.of("a", "a"))) throw new IllegalStateException(key.name);
                break;
            // What these say depends on other settings, and the program sets each of them itself.
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
        if (!sorted.isEmpty()) facts.add("\"oneOf\": [\"" + String.join("\", \"", sorted) + "\"]");
    }

    private static Object field(Object object, String name) throws Exception {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }
}
