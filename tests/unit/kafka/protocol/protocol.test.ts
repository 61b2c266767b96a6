import { mayHeal, UnreadableAnswer } from "../../../../components/failures";
import { failOn } from "../../../../components/kafka/protocol/errors";
import * as net from "net";
import { absoluteName, askOver } from "../../../../components/kafka/protocol/ask";
import { Connection, decode, encode, parseAddresses } from "../../../../components/kafka/protocol/connection";
import { quorumOf } from "../../../../components/kafka/protocol/quorum";
import {
  alterReassignments,
  apiVersions,
  describeQuorum,
  metadata,
} from "../../../../components/kafka/protocol/requests";
import type { Type, ValueOf } from "../../../../components/kafka/protocol/types";
import { Writer } from "../../../../components/kafka/protocol/wire";
import { lookupOf } from "../../../support/lookup";

type Described = ValueOf<typeof describeQuorum.answer>;

const directory = "by2KEJPES36KUQ2ePCt_Rg";
const replica = (id: number) => ({ id, directory, logEnd: 7, lastFetch: -1, lastCaughtUp: 1_790_000_000_000 });
const described = (topError: number, error: number, voters: number[], observers: number[]): Described => ({
  errorCode: topError,
  errorMessage: null,
  topics: [
    {
      name: "__cluster_metadata",
      partitions: [
        {
          partition: 0,
          errorCode: error,
          errorMessage: null,
          leader: 2,
          leaderEpoch: 5,
          highWatermark: 7,
          voters: voters.map(replica),
          observers: observers.map(replica),
        },
      ],
    },
  ],
  nodes: [{ id: 2, listeners: [{ name: "CONTROLLER", host: "kafka-2", port: 59093 }] }],
});

/** A broker's response: the header and the answer. */
function response<A>(answer: Type<A>, value: A): Buffer {
  const writer = new Writer().int32(1).noTags();
  answer.write(writer, value);
  return writer.toBuffer();
}

test("a request is encoded as Kafka's DescribeQuorumRequest.json says", () =>
  expect(
    encode(describeQuorum, { topics: [{ name: "__cluster_metadata", partitions: [{ partition: 0 }] }] }).toString(
      "hex",
    ),
  ).toBe(
    "0037" + // its key
      "0002" + // its version
      "00000001" +
      "000d" +
      Buffer.from("kubeadm-kafka").toString("hex") +
      "00" +
      "02" + // one topic
      "13" +
      Buffer.from("__cluster_metadata").toString("hex") +
      "02" + // one partition
      "00000000" +
      "00" +
      "00" +
      "00",
  ));

test("null asks for all topics, an empty list for none", () => {
  const ask = { topics: null, autoCreate: false, authorizedOperations: false };
  expect(encode(metadata, ask).subarray(-4).toString("hex")).toBe("00000000");
  expect(
    encode(metadata, { ...ask, topics: [] })
      .subarray(-4)
      .toString("hex"),
  ).toBe("01000000");
});

test("null in place of its replicas cancels a reassignment", () => {
  const question = (replicas: number[] | null) =>
    encode(alterReassignments, { timeoutMs: 1, topics: [{ name: "t", partitions: [{ partition: 3, replicas }] }] });
  expect(question(null).toString("hex")).toMatch(/0000000300000000$/);
  expect(question([5]).toString("hex")).toMatch(/000000030200000005000000$/);
});

test("an answer is decoded as it was encoded, whatever its content", () => {
  const value = described(0, 0, [0, 1, 300], [4]);
  expect(decode(describeQuorum, response(describeQuorum.answer, value))).toEqual(value);
});

test("a list may be longer than one byte of length can say", () => {
  const many = Array.from({ length: 200 }, (_, id) => id);
  const value = described(0, 0, [0], many);
  expect(decode(describeQuorum, response(describeQuorum.answer, value))).toEqual(value);
});

test("an answer that breaks off anywhere can't be read, which may heal", () => {
  const whole = response(describeQuorum.answer, described(0, 0, [0, 1, 300], [4]));
  for (let length = 0; length < whole.length; length++) {
    const read = () => decode(describeQuorum, whole.subarray(0, length));
    expect(read).toThrow(UnreadableAnswer);
    expect(read).toThrow(/^Kafka's answer breaks off: of \d+ bytes, \d+ could be read$/);
  }
  expect(mayHeal(new UnreadableAnswer("it breaks off"))).toBe(true);
});

test.each([
  ["INVALID_TOPIC_EXCEPTION", 17, false],
  ["TOPIC_AUTHORIZATION_FAILED", 29, false],
  ["CLUSTER_AUTHORIZATION_FAILED", 31, false],
  ["UNSUPPORTED_VERSION", 35, true],
  ["INVALID_PARTITIONS", 37, false],
  ["INVALID_REPLICATION_FACTOR", 38, true],
  ["INVALID_REQUEST", 42, false],
  ["NOT_CONTROLLER", 41, true],
])("%s is retried only if a retry can heal it", (name, errorCode, heals) => {
  let thrown: unknown;
  try {
    failOn("topic t", { errorCode });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ message: `topic t: Kafka's error (${name})` });
  expect(mayHeal(thrown)).toBe(heals);
});

test("an answer that lacks required text can't be read either", () => {
  const writer = new Writer().int32(1).noTags().int32(0).compactLength(1).int32(0).compactLength(null);
  expect(() => decode(metadata, writer.bytes(Buffer.alloc(20)).toBuffer())).toThrow(UnreadableAnswer);
});

test("fields that this program doesn't know are skipped", () => {
  const writer = new Writer().int32(1).noTags().int32(0).int16(0).compactLength(null);
  const unknown = writer
    .compactLength(0)
    .bytes(Buffer.from([1, 9, 2, 0xff, 0xff]))
    .toBuffer();
  expect(decode(alterReassignments, unknown)).toEqual({
    throttleMs: 0,
    errorCode: 0,
    errorMessage: null,
    topics: [],
  });
});

test("the header of ApiVersions has no tags, and its features are tags at the end", () => {
  const feature = (max: number) => {
    const name = "metadata.version";
    const list = new Writer().compactLength(1).compactString(name).int16(max).int16(7).noTags().toBuffer();
    return Buffer.concat([Buffer.from([list.length]), list]);
  };
  const epoch = new Writer().int64(3n).toBuffer();
  const writer = new Writer().int32(1).int16(0).compactLength(0).int32(0);
  const tags = [Buffer.from([2, 1, epoch.length]), epoch, Buffer.from([2]), feature(29)];
  expect(decode(apiVersions, writer.bytes(Buffer.concat(tags)).toBuffer())).toEqual({
    errorCode: 0,
    keys: [],
    throttleMs: 0,
    finalized: [{ name: "metadata.version", max: 29, min: 7 }],
  });
});

test("addresses are split at the last colon", () =>
  expect(parseAddresses("a:1,b.c:29092")).toEqual([
    { host: "a", port: 1 },
    { host: "b.c", port: 29092 },
  ]));

test.each([
  ["kafka-bootstrap.kafka.svc.cluster.local", "kafka-bootstrap.kafka.svc.cluster.local."],
  ["kafka.", "kafka."],
  ["localhost", "localhost"],
  ["10.0.0.4", "10.0.0.4"],
  ["fd00::4", "fd00::4"],
])("%s is looked up as %s, to which no search domain is added", (host, name) => expect(absoluteName(host)).toBe(name));

describe("over a connection", () => {
  let server: net.Server;
  const listen = async (onData: (socket: net.Socket) => void): Promise<number> => {
    server = net.createServer((socket) => socket.once("data", () => onData(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as net.AddressInfo).port;
  };
  const answering = (value: Described) => {
    const body = response(describeQuorum.answer, value);
    return Buffer.concat([new Writer().int32(body.length).toBuffer(), body]);
  };
  const connect = (...ports: number[]) => new Connection(ports.map((port) => ({ host: "127.0.0.1", port })));
  afterEach(() => server.close());

  test("an answer may come in pieces", async () => {
    const framed = answering(described(0, 0, [0], []));
    const port = await listen(async (socket) => {
      socket.setNoDelay(true);
      for (const [from, to] of [
        [0, 3],
        [3, 20],
        [20, undefined],
      ] as const) {
        socket.write(framed.subarray(from, to));
        await new Promise((resolve) => setTimeout(resolve, 20)); // else they would come in one piece
      }
    });
    expect((await quorumOf(connect(port))).voters).toEqual([replica(0)]);
  });

  test("a broker that can't be reached is skipped", async () => {
    const port = await listen((socket) => socket.write(answering(described(0, 0, [3], []))));
    expect((await quorumOf(connect(1, port))).voters).toEqual([replica(3)]);
  });

  test("a broker whose answer breaks off is skipped", async () => {
    const broken = new Writer().int32(6).bytes(Buffer.alloc(6)).toBuffer();
    const first = net.createServer((socket) => socket.once("data", () => socket.write(broken)));
    await new Promise<void>((resolve) => first.listen(0, "127.0.0.1", resolve));
    const port = await listen((socket) => socket.write(answering(described(0, 0, [3], []))));
    const kafka = connect((first.address() as net.AddressInfo).port, port);
    expect((await quorumOf(kafka)).voters).toEqual([replica(3)]);
    first.close();
  });

  test("a mistake in the program is thrown instead of asking the next broker", async () => {
    const port = await listen(() => undefined);
    const mistake = new TypeError("socket.write is not a function");
    const asked: number[] = [];
    const kafka = new Connection(
      [
        { host: "127.0.0.1", port },
        { host: "127.0.0.1", port: 1 },
      ],
      async (_host, to) => {
        asked.push(to);
        throw mistake;
      },
    );
    await expect(quorumOf(kafka)).rejects.toBe(mistake);
    expect(asked).toEqual([port]);
  });

  test("without any broker to ask, the error says so", async () => {
    await listen(() => undefined);
    await expect(quorumOf(connect())).rejects.toThrow("no broker is known to be asked");
  });

  test("a broker at a name with two addresses, neither of which answers, is told with both reasons", async () => {
    const connection = net.connect({ host: "two.test", port: 1, lookup: lookupOf("127.0.0.1", "127.0.0.2") });
    await expect(askOver(connection, "two.test:1", Buffer.alloc(0))).rejects.toThrow(
      "two.test:1: connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1",
    );
  });

  test("a broker that hangs up is named", async () => {
    const port = await listen((socket) => socket.end());
    await expect(quorumOf(connect(port))).rejects.toThrow(`127.0.0.1:${port} closed the connection`);
  });

  test.each([
    [41, 0, "NOT_CONTROLLER"],
    [0, 6, "NOT_LEADER_OR_FOLLOWER"],
    [0, 99, "99"],
  ])("an error of Kafka's (%i, %i) is no empty quorum", async (top, partition, name) => {
    const port = await listen((socket) => socket.write(answering(described(top, partition, [], []))));
    await expect(quorumOf(connect(port))).rejects.toThrow(`can't be described: Kafka's error (${name})`);
  });
});
