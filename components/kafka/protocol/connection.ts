import { mayHeal } from "../../failures";
import { ask, type Ask } from "./ask";
import { metadata, type Request } from "./requests";
import type { ValueOf } from "./types";
import { Reader, Writer } from "./wire";

/** Address of a listener. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const CLIENT = "kubeadm-kafka";
/** One id for all requests, since each has a TCP connection of its own. */
const CORRELATION_ID = 1;

/** Whoever can be asked: any broker of a cluster, or one. */
export type Asker = Pick<Connection, "ask">;

/**
 * Sends requests to a Kafka cluster, each over a new TCP connection: requests may be minutes apart while brokers
 * restart.
 */
export class Connection {
  private brokers = new Map<number, Address>();

  /**
   * @param bootstrap brokers to begin with; one that doesn't answer is skipped
   * @param reach how to send a request to an address @default directly, over TCP
   */
  constructor(
    private readonly bootstrap: readonly Address[],
    private readonly reach: Ask = ask,
  ) {}

  /**
   * Asks any broker, which forwards requests for the controller.
   *
   * @throws Error of the last broker if none can be reached. An error that another broker can't heal is thrown at once
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

  /** Asks one particular broker. */
  async askBroker<Q, A>(id: number, request: Request<Q, A>, question: Q): Promise<A> {
    if (!this.brokers.has(id)) await this.describe();
    const address = this.brokers.get(id);
    if (!address) throw new Error(`broker ${id} is not there to be asked`);
    return this.exchange(address, request, question);
  }

  /** One particular broker, which forwards requests for the controller. */
  at(broker: number): Asker {
    return { ask: (request, question) => this.askBroker(broker, request, question) };
  }

  /** The serving brokers and all topics. */
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
 * @throws UnreadableAnswer if the response is truncated
 * @see ResponseHeader.json of Kafka, version 1
 */
export function decode<Q, A>({ answer, untaggedHeader }: Request<Q, A>, response: Buffer): A {
  const reader = new Reader(response);
  reader.int32(); // correlation id
  if (!untaggedHeader) reader.tags();
  return answer.read(reader);
}

/** Parses a list of `host:port`, separated by commas. */
export function parseAddresses(list: string): Address[] {
  return list.split(",").map((each) => {
    const colon = each.lastIndexOf(":");
    return { host: each.slice(0, colon), port: Number(each.slice(colon + 1)) };
  });
}
