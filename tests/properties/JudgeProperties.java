import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.StringReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import kafka.server.KafkaConfig;
import org.apache.kafka.storage.internals.log.LogConfig;

/**
 * Checks each case on standard input by Kafka's own classes: `{base, cases: {id: {file, topic}}}`, where base and file are text of a
 * server.properties. Prints the reason for each refused case, by its id.
 */
public class JudgeProperties {
    public static void main(String[] args) throws Exception {
        ObjectMapper json = new ObjectMapper();
        JsonNode input = json.readTree(System.in);
        Map<String, String> refused = new TreeMap<>();
        for (Map.Entry<String, JsonNode> each : input.get("cases").properties()) {
            JsonNode topic = each.getValue().get("topic");
            try {
                KafkaConfig config = new KafkaConfig(read(input.get("base").asText() + each.getValue().get("file").asText()));
                if (topic != null) judgeTopic(config, topic);
            } catch (Exception | LinkageError refusal) {
                refused.put(each.getKey(), refusal.getClass().getSimpleName() + ": " + refusal.getMessage());
            }
        }
        json.writeValue(System.out, refused);
    }

    private static void judgeTopic(KafkaConfig config, JsonNode topic) {
        Map<String, String> settings = new HashMap<>();
        for (Map.Entry<String, JsonNode> each : topic.properties()) settings.put(each.getKey(), each.getValue().asText());
        boolean remote = config.remoteLogManagerConfig().isRemoteStorageSystemEnabled();
        LogConfig.validate(Map.of(), settings, config.extractLogConfigMap(), remote);
    }

    private static Properties read(String text) throws Exception {
        Properties properties = new Properties();
        properties.load(new StringReader(text));
        return properties;
    }
}
