import { propertyLines } from "./properties";

/** What a client needs to log in. */
export interface ClientLogin {
  readonly username: string;
  readonly password: string;
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** Certificates of the authorities that brokers' certificates are of, in PEM. */
  readonly authorities: string;
}

/** The files of a user's Secret, by name: the parts of a login, and whole configs of three kinds of clients. @see docs/users.md */
export function clientFiles({
  username,
  password,
  bootstrapServers,
  authorities,
}: ClientLogin): Record<string, string> {
  const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${username}" password="${password}";`;
  return {
    username,
    password,
    "ca.crt": authorities,
    "client.properties": propertyLines({
      "bootstrap.servers": bootstrapServers,
      "security.protocol": "SASL_SSL",
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.jaas.config": jaas,
      "ssl.truststore.type": "PEM",
      "ssl.truststore.certificates": authorities,
    }),
    "kafkajs.json": json({
      brokers: bootstrapServers.split(","),
      ssl: { ca: [authorities] },
      sasl: { mechanism: "scram-sha-512", username, password },
    }),
    "librdkafka.json": json({
      "bootstrap.servers": bootstrapServers,
      "security.protocol": "SASL_SSL",
      "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.username": username,
      "sasl.password": password,
      "ssl.ca.pem": authorities,
    }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
