import * as net from "net";

const TIMEOUT_MS = 10_000;

/** Sends one request of Kafka's protocol and returns its response, both without their length in front. */
export function ask(host: string, port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(request.length);
    let received = Buffer.alloc(0);
    const socket = net.connect({ host, port, timeout: TIMEOUT_MS }, () => socket.write(Buffer.concat([size, request])));
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (received.length >= 4 + length) end(() => resolve(received.subarray(4, 4 + length)));
    });
    const fail = (why: string): void => end(() => reject(new Error(`${host}:${port} ${why}`)));
    socket.on("timeout", () => fail("did not answer"));
    socket.on("error", (error) => fail(error.message));
    socket.on("end", () => fail("closed the connection"));
  });
}
