import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";
import { Unreachable } from "./unreachable";

const BINARY = 2;
const CLOSE = 8;
const FINAL = 0x80;
const MASKED = 0x80;
/** More than that takes a longer length in front, which the other side may send, but we needn't. */
const MOST_BYTES = 0xffff;
/** Each message begins with a byte that says what it carries. */
const DATA = 0;
const ERROR = 1;

/**
 * The bytes to and from a pod's port inside a WebSocket that the API server has opened for `portforward`, in the
 * subprotocol `v4.channel.k8s.io`. Fails with Unreachable where the path has failed, and with another Error where the pod has: it
 * refuses the connection, or doesn't answer.
 *
 * @see RFC 6455, 5.2, and k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
export class Tunnel extends Duplex {
  private received: Buffer = Buffer.alloc(0);
  /** Bytes at the beginning of what each channel carries: the number of the port. */
  private readonly toSkip = [2, 2];
  /** Whether the pod itself has sent anything. */
  private isAnswered = false;

  constructor(private readonly socket: Duplex) {
    super();
    socket.on("error", (error) => this.destroy(new Unreachable(error.message)));
    socket.on("timeout", () =>
      this.destroy(
        this.isThrough()
          ? new Error("its port was reached and stays silent")
          : new Unreachable("nothing comes from its host"),
      ),
    );
    // What came with the answer to the upgrade is read once there is somebody to listen for its error.
    setImmediate(() => {
      socket.on("data", (chunk: Buffer) => {
        this.received = Buffer.concat([this.received, chunk]);
        while (this.takeFrame());
      });
      socket.on("end", () => this.finish());
    });
  }

  override _read(): void {
    // What comes is passed on as it comes.
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    for (let at = 0; at < bytes.length; at += MOST_BYTES - 1) {
      this.socket.write(frame(Buffer.concat([Buffer.from([DATA]), bytes.subarray(at, at + MOST_BYTES - 1)])));
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }

  /** Whether the pod's host has been reached: the first that it sends is the number of the port. */
  private isThrough(): boolean {
    return this.toSkip[DATA] === 0;
  }

  /** A proxy ends connections as well as a pod does, so an end without an answer tells nothing of the pod. */
  private finish(): void {
    if (this.isAnswered) this.push(null);
    else this.destroy(new Unreachable("the connection was closed before an answer came"));
  }

  /** Whether there was a whole one. */
  private takeFrame(): boolean {
    const bytes = this.received;
    if (bytes.length < 2) return false;
    const short = bytes[1]!;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < start) return false;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (bytes.length < start + length) return false;
    this.received = bytes.subarray(start + length);
    const [kind, payload] = [bytes[0]! & 0x0f, bytes.subarray(start, start + length)];
    if (kind === BINARY && payload.length > 0) this.carry(payload[0]!, payload.subarray(1));
    if (kind === CLOSE) this.finish();
    return true;
  }

  private carry(channel: number, bytes: Buffer): void {
    const skipped = Math.min(this.toSkip[channel] ?? 0, bytes.length);
    this.toSkip[channel]! -= skipped;
    const rest = bytes.subarray(skipped);
    if (rest.length === 0) return;
    if (channel === ERROR) this.fail(rest.toString());
    else {
      this.isAnswered = true;
      this.push(rest);
    }
  }

  /** @param message of the pod's host, which a port that is closed is one reason for, and a missing tool another */
  private fail(message: string): void {
    this.destroy(/connection refused/i.test(message) ? new Error(message) : new Unreachable(message));
  }
}

/** A whole message in one frame, masked as a client has to. */
function frame(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const head = Buffer.from([FINAL | BINARY, MASKED | length[0]!, ...length.slice(1)]);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}
