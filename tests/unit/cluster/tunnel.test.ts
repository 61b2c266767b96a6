import { Unreachable } from "../../../components/cluster/unreachable";
import { openTunnel, type OpenTunnel, ofData, ofErrors, PORT, socketOf } from "../../support/tunnel";

/** Longer than an exchange on loopback takes on a busy machine. */
const PATIENCE_MS = 5000;
/** Time after which a tunnel counts as silent. */
const BRIEF_MS = 200;

const openTunnels: OpenTunnel[] = [];
async function open(timeoutMs = PATIENCE_MS): Promise<OpenTunnel & { read: () => Promise<Buffer> }> {
  const opened = await openTunnel(timeoutMs);
  openTunnels.push(opened);
  const { tunnel } = opened;
  const read = () => new Promise<Buffer>((resolve, reject) => tunnel.once("data", resolve).once("error", reject));
  return { ...opened, read };
}

afterEach(() => {
  for (const { tunnel, host } of openTunnels.splice(0)) {
    tunnel.on("error", () => undefined).destroy();
    host.terminate();
  }
});

/** The host has been reached, and has opened both channels. */
const reached = ({ host }: OpenTunnel) => [ofData(PORT), ofErrors(PORT)].forEach((each) => host.send(each));

test("an answer arrives as it was sent, without the port in front, even if both share a message", async () => {
  const { host, read } = await open();
  const answer = read();
  host.send(ofData(PORT, "answer"));
  expect(String(await answer)).toBe("answer");
});

test("the port's number may arrive in two messages", async () => {
  const { host, read } = await open();
  const answer = read();
  host.send(ofData(PORT.subarray(0, 1)));
  host.send(ofData(PORT.subarray(1), "answer"));
  expect(String(await answer)).toBe("answer");
});

test("an empty message is ignored", async () => {
  const { host, read } = await open();
  const answer = read();
  host.send(Buffer.alloc(0));
  host.send(ofData(PORT, "answer"));
  expect(String(await answer)).toBe("answer");
});

describe("is an error of the pod, which says that it isn't well:", () => {
  test("its port is closed", async () => {
    const tunnel = await open();
    const failure = tunnel.read();
    reached(tunnel);
    tunnel.host.send(ofErrors("dial tcp4 127.0.0.1:9092: connect: connection refused"));
    await expect(failure).rejects.toThrow("connection refused");
    await expect(failure).rejects.not.toBeInstanceOf(Unreachable);
  });

  test("it is silent, though its host was reached", async () => {
    const tunnel = await open(BRIEF_MS);
    const failure = tunnel.read();
    reached(tunnel);
    const pings = setInterval(() => tunnel.host.ping(), BRIEF_MS / 10);
    await expect(failure).rejects.toThrow("its port was reached and stays silent");
    await expect(failure).rejects.not.toBeInstanceOf(Unreachable);
    clearInterval(pings);
  });
});

describe("is a failure of the path, which says nothing about the pod:", () => {
  test.each<[string, (tunnel: OpenTunnel) => unknown, string]>([
    ["its host can't forward", ({ host }) => host.send(ofErrors(PORT, "no socat")), "no socat"],
    ["it is closed without an answer", (tunnel) => (reached(tunnel), tunnel.host.close()), "was closed before"],
    ["it ends at once", ({ host }) => host.terminate(), "was closed before"],
    [
      "what comes isn't a WebSocket's",
      ({ host }) => socketOf(host).write(Buffer.alloc(9, 0xff)),
      "Invalid WebSocket frame",
    ],
  ])("%s", async (_what, happens, message) => {
    const tunnel = await open();
    const failure = tunnel.read();
    happens(tunnel);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(Unreachable);
  });

  test("nothing comes from its host", async () => {
    const { read } = await open(BRIEF_MS);
    await expect(read()).rejects.toThrow("nothing comes from its host");
  });
});

test("a tunnel with traffic isn't silent, whichever side sends", async () => {
  const { tunnel, host, read } = await open(BRIEF_MS);
  const received: string[] = [];
  host.on("message", (message: Buffer) => received.push(String(message.subarray(1))));
  for (const word of ["a", "b", "c"]) {
    tunnel.write(word);
    await new Promise((resolve) => setTimeout(resolve, BRIEF_MS / 2));
  }
  const answer = read();
  host.send(ofData(PORT, "answer"));
  expect(String(await answer)).toBe("answer");
  expect(received).toEqual(["a", "b", "c"]);
});

test("an error before anybody listens for it is kept", async () => {
  const { tunnel, host } = await openTunnel();
  host.send(ofErrors(PORT, "no socat"));
  await expect(new Promise((_resolve, reject) => tunnel.once("error", reject))).rejects.toThrow("no socat");
});

test("the other side's end after an answer is a normal end", async () => {
  const tunnel = await open();
  const ended = new Promise((resolve) => tunnel.tunnel.resume().once("end", resolve));
  reached(tunnel);
  tunnel.host.send(ofData("answer"));
  tunnel.host.close();
  await ended;
});

test("a write to a closed tunnel is a failure of the path", async () => {
  const tunnel = await open();
  reached(tunnel);
  tunnel.host.send(ofData("answer"));
  tunnel.host.close();
  await new Promise((resolve) => tunnel.tunnel.resume().once("end", resolve));
  const failure = tunnel.read();
  tunnel.tunnel.write("more");
  await expect(failure).rejects.toBeInstanceOf(Unreachable);
});
