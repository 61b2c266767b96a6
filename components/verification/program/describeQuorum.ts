import { Reader, Writer } from "./wire";
import { ask } from "./ask";

/** Who votes on the cluster's metadata, and who only follows. */
export interface Quorum {
  leader: number;
  voters: number[];
  observers: number[];
}

const DESCRIBE_QUORUM = 55;
const VERSION = 0;
const METADATA_TOPIC = "__cluster_metadata";

/** Asks a broker, which passes the question on to the quorum's leader. kafkajs doesn't have this request. */
export async function describeQuorum(host: string, port: number): Promise<Quorum> {
  return decode(await ask(host, port, encode()));
}

/** @see DescribeQuorumRequest.json of Kafka */
export function encode(): Buffer {
  const header = new Writer().int16(DESCRIBE_QUORUM).int16(VERSION).int32(1).nullableString("verification").noTags();
  const partitions = new Writer().compactLength(1).int32(0).noTags();
  return header.compactLength(1).compactString(METADATA_TOPIC).append(partitions).noTags().noTags().toBuffer();
}

/** @see DescribeQuorumResponse.json of Kafka */
export function decode(response: Buffer): Quorum {
  const reader = new Reader(response);
  reader.int32(); // correlation id
  reader.tags();
  failOn(reader.int16());
  reader.compactLength(); // one topic
  reader.compactString();
  reader.compactLength(); // of one partition
  reader.int32();
  failOn(reader.int16());
  const leader = reader.int32();
  reader.int32(); // leader epoch
  reader.int64(); // high watermark
  const replicas = (): number[] =>
    reader.array(() => {
      const id = reader.int32();
      reader.int64(); // log end offset
      reader.tags();
      return id;
    });
  return { leader, voters: replicas(), observers: replicas() };
}

function failOn(errorCode: number): void {
  if (errorCode !== 0) throw new Error(`the metadata quorum can't be described: Kafka's error ${errorCode}`);
}
