import { mayHeal } from "../../programs/inPod/waiting";
import { ask, type Ask } from "./ask";
import { metadata, type Request } from "./requests";
import type { ValueOf } from "./types";
import { Reader, Writer } from "./wire";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const CLIENT = "kubeadm-kafka";
/** How requests are framed: the version of the header that goes with "flexible" requests. */
const CORRELATION_ID = 1;

/** Sends requests to a Kafka cluster. Keeps no connection: its few requests may be minutes apart, while brokers restart. */
export class Connection {
  private brokers = new Map<number, Address>();

  /**
   * @param bootstrap brokers to begin with; those that don't answer are passed over
   * @param reach how they are reached, where not by their addresses
   */
  constructor(
    private readonly bootstrap: readonly Address[],
    private readonly reach: Ask = ask,
  ) {}

  /**
   * Asks any broker, which passes on what isn't its own to answer.
   *
   * @throws Error of the last one, where none can be reached; at once what asking another broker can't mend
   */
  async ask<Q, A>(request: Request<Q, A>, question: Q): Promise<A> {
    let failure: unknown = new Error("no broker is known to be asked");
    for (const address of [...this.bootstrap, ...this.brokers.values()]) {
      try {
        return await this.exchange(address, request, question);
      } catch (error) {
        if (!mayHeal(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Asks a certain broker. */
  async askBroker<Q, A>(id: number, request: Request<Q, A>, question: Q): Promise<A> {
    if (!this.brokers.has(id)) await this.describe();
    const address = this.brokers.get(id);
    if (!address) throw new Error(`broker ${id} is not there to be asked`);
    return this.exchange(address, request, question);
  }

  /** The cluster's brokers that serve, and all topics. */
  async describe(): Promise<ValueOf<typeof metadata.answer>> {
    const found = await this.ask(metadata, { topics: null, autoCreate: false, authorizedOperations: false });
    this.brokers = new Map(found.brokers.map(({ id, host, port }) => [id, { host, port }]));
    return found;
  }

  private async exchange<Q, A>({ host, port }: Address, request: Request<Q, A>, question: Q): Promise<A> {
    return decode(request, await this.reach(host, port, encode(request, question)));
  }
}

/** @see RequestHeader.json of Kafka, version 2 */
export function encode<Q, A>({ key, version, question }: Request<Q, A>, value: Q): Buffer {
  const writer = new Writer().int16(key).int16(version).int32(CORRELATION_ID).nullableString(CLIENT).noTags();
  question.write(writer, value);
  return writer.toBuffer();
}

/**
 * @throws UnreadableAnswer where it breaks off, or isn't what was asked for
 * @see ResponseHeader.json of Kafka, version 1
 */
export function decode<Q, A>({ answer, untaggedHeader }: Request<Q, A>, response: Buffer): A {
  const reader = new Reader(response);
  reader.int32(); // correlation id
  if (!untaggedHeader) reader.tags();
  return answer.read(reader);
}

/** `host:port`, separated by commas. */
export function parseAddresses(list: string): Address[] {
  return list.split(",").map((each) => {
    const colon = each.lastIndexOf(":");
    return { host: each.slice(0, colon), port: Number(each.slice(colon + 1)) };
  });
}
