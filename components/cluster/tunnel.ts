import { randomBytes } from "node:crypto";
import { Duplex } from "node:stream";

const BINARY = 2;
const CLOSE = 8;
const FINAL = 0x80;
const MASKED = 0x80;
/** More than that takes a longer length in front, which the other side may send, but we needn't. */
const MOST_BYTES = 0xffff;
/** Each message begins with a byte that says what it carries. */
const [DATA, ERROR] = [0, 1];

/**
 * The bytes to and from a pod's port inside a WebSocket that the API server has opened for `portforward`, in the
 * subprotocol `v4.channel.k8s.io`.
 *
 * @see RFC 6455, 5.2, and k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
export class Tunnel extends Duplex {
  private received: Buffer = Buffer.alloc(0);
  /** Bytes at the beginning of what each channel carries: the number of the port. */
  private readonly toSkip = [2, 2];

  constructor(private readonly socket: Duplex) {
    super();
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      while (this.takeFrame());
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("timeout", () => this.destroy(new Error("did not answer")));
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
    if (kind === CLOSE) this.push(null);
    return true;
  }

  private carry(channel: number, bytes: Buffer): void {
    const skipped = Math.min(this.toSkip[channel] ?? 0, bytes.length);
    this.toSkip[channel]! -= skipped;
    const rest = bytes.subarray(skipped);
    if (rest.length === 0) return;
    if (channel === ERROR) this.destroy(new Error(rest.toString()));
    else this.push(rest);
  }
}

/** A whole message in one frame, masked as a client has to. */
function frame(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const head = Buffer.from([FINAL | BINARY, MASKED | length[0]!, ...length.slice(1)]);
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}
