import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { TIMEOUT_MS } from "./apiClient";
import { Unreachable } from "./unreachable";

/** Each message begins with a byte that says what it carries. */
const DATA = 0;
const ERROR = 1;

/**
 * The bytes to and from a pod's port inside a WebSocket that the API server has opened for `portforward`, in the
 * subprotocol `v4.channel.k8s.io`. Fails with Unreachable where the path has failed, and with another Error where the pod has: it
 * refuses the connection, or doesn't answer.
 *
 * @see k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
export class Tunnel extends Duplex {
  /** Bytes at the beginning of what each channel carries: the number of the port. */
  private readonly toSkip = [2, 2];
  /** Whether the pod itself has sent anything. */
  private isAnswered = false;
  private readonly silence: NodeJS.Timeout;

  /**
   * @param socket that was just opened, in the same turn of the event loop: nothing has come from it yet
   * @param timeoutMs after which a tunnel that nothing goes through fails
   */
  constructor(
    private readonly socket: WebSocket,
    timeoutMs = TIMEOUT_MS,
  ) {
    super();
    this.silence = setTimeout(() => this.endOfSilence(), timeoutMs);
    socket.on("error", (error) => this.destroy(unreachable(error)));
    socket.on("message", (message: Buffer) => {
      this.silence.refresh();
      if (message.length > 0) this.carry(message[0]!, message.subarray(1));
    });
    socket.on("close", () => this.finish());
    // What came with the answer to the upgrade is read once there is somebody to listen for its error.
    socket.pause();
    setImmediate(() => socket.resume());
  }

  override _read(): void {
    // What comes is passed on as it comes.
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.silence.refresh();
    this.socket.send(Buffer.concat([Buffer.from([DATA]), bytes]), (error) => done(error && unreachable(error)));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.silence);
    this.socket.terminate();
    done(error);
  }

  private endOfSilence(): void {
    if (this.isThrough()) this.destroy(new Error("its port was reached and stays silent"));
    else this.destroy(new Unreachable("nothing comes from its host"));
  }

  /** Whether the pod's host has been reached: the first that it sends is the number of the port. */
  private isThrough(): boolean {
    return this.toSkip[DATA] === 0;
  }

  /** A proxy ends connections as well as a pod does, so an end without an answer tells nothing of the pod. */
  private finish(): void {
    if (this.destroyed) return;
    if (this.isAnswered) this.push(null);
    else this.destroy(new Unreachable("the connection was closed before an answer came"));
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

function unreachable(error: Error): Unreachable {
  return new Unreachable(error.message, undefined, { cause: error });
}
