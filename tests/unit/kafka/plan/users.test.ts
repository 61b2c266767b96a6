import { clientFiles } from "../../../../components/kafka/plan/clientFiles";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { kafkaQuotas } from "../../../../components/kafka/plan/quotas";
import { loginServers, LONGEST_USER, userJobName } from "../../../../components/kafka/plan/userNames";

const plan = planKafka("kafka", "kafka", 3);

test("the longest name of a user leaves room for what Pulumi appends to a Job's name", () =>
  expect(userJobName(plan, "x".repeat(LONGEST_USER))).toHaveLength(63 - "-1a2b3c4d".length));

test("users' clients start from the listener for logins", () =>
  expect(loginServers(plan)).toBe("kafka-bootstrap.kafka.svc.cluster.local:9192"));

test("quotas have Kafka's names, and one without a limit isn't there", () =>
  expect(
    kafkaQuotas({
      producerBytesPerSecond: 1,
      consumerBytesPerSecond: 2,
      requestPercentage: 0.5,
      controllerMutationsPerSecond: undefined,
    }),
  ).toEqual({ producer_byte_rate: 1, consumer_byte_rate: 2, request_percentage: 0.5 }));

describe("the files for clients", () => {
  const authorities = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  const login = { username: "orders", password: "secret", bootstrapServers: "a:9192,b:9192", authorities };
  const files = clientFiles(login);

  test("are Java's properties, with the certificate in one line", () =>
    expect(files["client.properties"]).toBe(
      [
        "bootstrap.servers=a:9192,b:9192",
        'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="orders" password="secret";',
        "sasl.mechanism=SCRAM-SHA-512",
        "security.protocol=SASL_SSL",
        "ssl.truststore.certificates=-----BEGIN CERTIFICATE-----\\u000aAA==\\u000a-----END CERTIFICATE-----\\u000a",
        "ssl.truststore.type=PEM",
        "",
      ].join("\n"),
    ));

  test("are what kafkajs' constructor takes", () =>
    expect(JSON.parse(files["kafkajs.json"]!)).toEqual({
      brokers: ["a:9192", "b:9192"],
      ssl: { ca: [authorities] },
      sasl: { mechanism: "scram-sha-512", username: "orders", password: "secret" },
    }));

  test("are librdkafka's properties", () =>
    expect(JSON.parse(files["librdkafka.json"]!)).toEqual({
      "bootstrap.servers": "a:9192,b:9192",
      "security.protocol": "SASL_SSL",
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.username": "orders",
      "sasl.password": "secret",
      "ssl.ca.pem": authorities,
    }));

  test("have the parts of the login, each alone", () =>
    expect(files).toMatchObject({ username: "orders", password: "secret", "ca.crt": authorities }));
});
