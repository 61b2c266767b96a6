import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { reasonOf } from "../failures";
import { TIMEOUT_MS } from "./apiClient";
import { Unreachable } from "./unreachable";

/** Channels. The first byte of each message is the number of its channel. */
const DATA = 0;
const ERROR = 1;

/**
 * A connection to a pod's port, inside a WebSocket of the API server's `portforward` with the subprotocol `v4.channel.k8s.io`. It
 * fails with Unreachable where the path to the pod fails, and with another Error where the pod itself refuses the connection or
 * doesn't answer.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
export class Tunnel extends Duplex {
  /** Bytes still to skip, by channel: each channel begins with the port's number. */
  private readonly toSkip = [2, 2];
  /** Whether the pod itself has sent any bytes. */
  private isAnswered = false;
  private readonly silence: NodeJS.Timeout;

  /**
   * @param socket a WebSocket that opened in the same turn of the event loop, so that no message was missed
   * @param timeoutMs how long the tunnel may carry nothing before it fails, in milliseconds
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
    // Messages may have come with the answer to the upgrade. The caller first needs a turn to listen for errors.
    socket.pause();
    setImmediate(() => socket.resume());
  }

  override _read(): void {
    // `carry` pushes bytes as they arrive.
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

  /** Whether the pod's host was reached: it first sends the port's number. */
  private isThrough(): boolean {
    return this.toSkip[DATA] === 0;
  }

  /** A proxy may close connections, too, so that an end without an answer says nothing about the pod. */
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

  /** @param message error of the pod's host, such as a closed port or a missing tool */
  private fail(message: string): void {
    this.destroy(/connection refused/i.test(message) ? new Error(message) : new Unreachable(message));
  }
}

function unreachable(error: Error): Unreachable {
  return new Unreachable(reasonOf(error), undefined, { cause: error });
}
