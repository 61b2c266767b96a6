import * as net from "net";
import { decode, describeQuorum, encode } from "../../../components/verification/program/describeQuorum";
import { Writer } from "../../../components/verification/program/wire";

function response(topError: number, partitionError: number, voters: number[], observers: number[]): Buffer {
  const int64 = (writer: Writer) => writer.int32(0).int32(7);
  const writer = new Writer().int32(1).noTags().int16(topError);
  writer.compactLength(1).compactString("__cluster_metadata").compactLength(1).int32(0).int16(partitionError);
  int64(writer.int32(2).int32(5));
  for (const replicas of [voters, observers]) {
    writer.compactLength(replicas.length);
    replicas.forEach((id) => int64(writer.int32(id)).noTags());
  }
  return writer.noTags().noTags().noTags().toBuffer();
}

test("the request is spelt as Kafka's DescribeQuorumRequest.json says", () =>
  expect(encode().toString("hex")).toBe(
    "0037" +
      "0000" +
      "00000001" +
      "000c" +
      Buffer.from("verification").toString("hex") +
      "00" +
      "02" +
      "13" +
      Buffer.from("__cluster_metadata").toString("hex") +
      "02" +
      "00000000" +
      "00" +
      "00" +
      "00",
  ));

test("leader, voters and observers are read", () =>
  expect(decode(response(0, 0, [0, 1, 300], [4]))).toEqual({ leader: 2, voters: [0, 1, 300], observers: [4] }));

test("a list may be longer than one byte of length tells", () => {
  const many = Array.from({ length: 200 }, (_, id) => id);
  expect(decode(response(0, 0, [0], many)).observers).toEqual(many);
});

test.each([
  [31, 0],
  [0, 6],
])("an error of Kafka's (%i, %i) is no empty quorum", (top, partition) =>
  expect(() => decode(response(top, partition, [], []))).toThrow(`Kafka's error ${top || partition}`),
);

describe("over a connection", () => {
  let server: net.Server;
  const listen = async (onData: (socket: net.Socket) => void): Promise<number> => {
    server = net.createServer((socket) => socket.once("data", () => onData(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as net.AddressInfo).port;
  };
  afterEach(() => server.close());

  test("an answer may come in pieces", async () => {
    const body = response(0, 0, [0], []);
    const framed = Buffer.concat([new Writer().int32(body.length).toBuffer(), body]);
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
    expect((await describeQuorum("127.0.0.1", port)).voters).toEqual([0]);
  });

  test("a broker that hangs up is named", async () => {
    const port = await listen((socket) => socket.end());
    await expect(describeQuorum("127.0.0.1", port)).rejects.toThrow(`127.0.0.1:${port} closed the connection`);
  });
});
