import { decode, encode } from "../../../../components/kafka/protocol/connection";
import { committedBy, removeGroup } from "../../../../components/kafka/protocol/groups";
import { deleteRecordsBelow, logOffsetsOf } from "../../../../components/kafka/protocol/offsets";
import {
  deleteGroups,
  deleteRecords,
  fetchOffsets,
  findCoordinator,
  listOffsets,
  type Request,
} from "../../../../components/kafka/protocol/requests";
import { FakeKafka } from "../fakeKafka";

/** Bytes of a request's header, whose last field is the list of tags: the client's name is `kubeadm-kafka`. */
const HEADER_BYTES = 2 + 2 + 4 + 2 + "kubeadm-kafka".length + 1;
/** An answer's header: the correlation id, and no tags. */
const ANSWER_HEADER = "0000000100";

/** Messages in the bytes that the classes of Kafka 4.4.0 (org.apache.kafka.common.message) write. */
const spelt: [Request<never, unknown>, object, string, string, object][] = [
  [
    listOffsets as Request<never, unknown>,
    {
      replica: -1,
      isolationLevel: 0,
      topics: [{ name: "t", partitions: [{ partition: 3, leaderEpoch: -1, timestamp: -2 }] }],
    },
    "ffffffff000202740200000003fffffffffffffffffffffffe000000",
    "0000000002027402000000030006ffffffffffffffff000000000000004600000005000000",
    {
      throttleMs: 0,
      topics: [{ name: "t", partitions: [{ partition: 3, errorCode: 6, timestamp: -1, offset: 70, leaderEpoch: 5 }] }],
    },
  ],
  [
    deleteRecords as Request<never, unknown>,
    { topics: [{ name: "t", partitions: [{ partition: 3, offset: 70 }] }], timeoutMs: 30_000 },
    "0202740200000003000000000000004600000000753000",
    "00000000020274020000000300000000000000460000000000",
    { throttleMs: 0, topics: [{ name: "t", partitions: [{ partition: 3, lowWatermark: 70, errorCode: 0 }] }] },
  ],
  [
    findCoordinator as Request<never, unknown>,
    { keyType: 0, keys: ["g"] },
    "0002026700",
    "0000000002026700000002086b61666b612d32000023840000000000",
    {
      throttleMs: 0,
      coordinators: [{ key: "g", node: 2, host: "kafka-2", port: 9092, errorCode: 0, errorMessage: null }],
    },
  ],
  [
    fetchOffsets as Request<never, unknown>,
    { group: "g", topics: [{ topic: "t", partitions: [0, 3] }], requireStable: false },
    "0267020274030000000000000003000000",
    "0000000002027402000000030000000000000046000000050100000000001000",
    {
      throttleMs: 0,
      topics: [{ name: "t", partitions: [{ partition: 3, offset: 70, leaderEpoch: 5, metadata: "", errorCode: 0 }] }],
      errorCode: 16,
    },
  ],
  [
    deleteGroups as Request<never, unknown>,
    { groups: ["g"] },
    "02026700",
    "0000000002026700450000",
    { throttleMs: 0, results: [{ group: "g", errorCode: 69 }] },
  ],
];

test.each(spelt.map((each) => [each[0].name, ...each] as const))(
  "%s: request and answer are byte for byte those of Kafka's own classes",
  (_name, request, question, asked, answered, answer) => {
    const bytes = encode(request, question as never);
    expect([bytes.readInt16BE(0), bytes.readInt16BE(2)]).toEqual([request.key, request.version]);
    expect(bytes.subarray(HEADER_BYTES).toString("hex")).toBe(asked);
    expect(decode(request, Buffer.from(ANSWER_HEADER + answered, "hex"))).toEqual(answer);
  },
);

let kafka: FakeKafka;
beforeEach(() => {
  kafka = new FakeKafka();
  kafka.topics["t"] = {
    partitions: [
      [2, 0],
      [0, 1],
      [1, 2],
      [2, 1],
    ],
    config: {},
  };
  kafka.logs["t"] = [
    { low: 0, high: 7 },
    { low: 3, high: 70 },
    { low: 0, high: 0 },
    { low: 5, high: 5 },
  ];
});

describe("offsets of a topic", () => {
  test("come from each partition's leader, even after it has changed", async () => {
    const offsets = kafka.logs["t"]!.map((each, partition) => ({ partition, ...each }));
    expect(await logOffsetsOf(kafka, "t")).toEqual(offsets);
    kafka.down.add(2);
    expect(await logOffsetsOf(kafka, "t")).toEqual(offsets);
  });

  test.each<[string, () => unknown, string]>([
    ["without a leader", () => [kafka.down.add(2), kafka.down.add(0)], "partitions of t without a leader: 0"],
    ["that isn't there", () => delete kafka.topics["t"], "there is no topic t"],
  ])("%s are unknown, and the reason is told", async (_what, happens, reason) => {
    happens();
    await expect(logOffsetsOf(kafka, "t")).rejects.toThrow(reason);
  });

  test("are an error if the leader has just changed, and not zero", async () => {
    jest
      .spyOn(kafka, "askBroker")
      .mockImplementation(async (_id, request, question) =>
        FakeKafka.prototype.askBroker.call(kafka, 1, request as never, question as never),
      );
    await expect(logOffsetsOf(kafka, "t")).rejects.toThrow(/can't be read: Kafka's error \(NOT_LEADER_OR_FOLLOWER\)$/);
  });
});

test("records are deleted by each partition's leader, up to the offset given, and of no other partition", async () => {
  await deleteRecordsBelow(
    kafka,
    "t",
    new Map([
      [0, 7],
      [1, 70],
    ]),
  );
  expect(kafka.logs["t"]!.map(({ low }) => low)).toEqual([7, 70, 0, 5]);
});

describe("a consumer group", () => {
  beforeEach(() => (kafka.committed["g"] = [7, 70]));

  test("is read from its coordinator; a partition without an offset is omitted", async () =>
    expect(await committedBy(kafka, "g", "t", [0, 1, 2])).toEqual(
      new Map([
        [0, 7],
        [1, 70],
      ]),
    ));

  test("is deleted, and may already be deleted", async () => {
    await removeGroup(kafka, "g");
    await removeGroup(kafka, "g");
    expect(kafka.committed).toEqual({});
  });

  test("is an error if its coordinator has changed meanwhile", async () => {
    jest
      .spyOn(kafka, "askBroker")
      .mockImplementation(async (_id, request, question) =>
        FakeKafka.prototype.askBroker.call(kafka, 0, request as never, question as never),
      );
    await expect(committedBy(kafka, "g", "t", [0])).rejects.toThrow(/\(NOT_COORDINATOR\)$/);
    await expect(removeGroup(kafka, "g")).rejects.toThrow(/\(NOT_COORDINATOR\)$/);
  });
});
