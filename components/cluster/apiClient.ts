import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { isMistake, parseAnswer, reasonOf, UnreadableAnswer } from "../failures";
import { Unreachable } from "./unreachable";

/** Address of an API server, the authority of its certificate, and the credential: a client certificate or a token. */
export type Access = https.RequestOptions;

/** How long a request may stay without an answer, in milliseconds. */
export const TIMEOUT_MS = 10_000;
const NOT_FOUND = 404;

/** Reads from an API server, and changes objects. A subclass that does more adds its own methods. */
export class ApiClient {
  /** @param access called before each request, since a pod's token is renewed */
  constructor(protected readonly access: () => Access) {}

  /**
   * Gets an object.
   *
   * @example get("/api/v1/nodes/worker-1")
   * @throws Unreachable where the API server can't be reached, or refuses: then with the HTTP status
   * @throws UnreadableAnswer where the answer is cut off or isn't JSON
   */
  async get<T>(path: string): Promise<T> {
    return parseAnswer(answerTo(path), await this.request("GET", path));
  }

  /** Gets an object; undefined where it doesn't exist. @throws as `get` */
  async find<T>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch(orNone);
  }

  /** Gets the objects of a list. @throws as `get` */
  async list<T>(path: string): Promise<T[]> {
    const { items } = await this.get<{ items?: T[] }>(path);
    if (!Array.isArray(items)) throw new UnreadableAnswer(`${answerTo(path)} has no list of items`);
    return items;
  }

  /** Merges `body` into an object. @see RFC 7386 (JSON merge patch) */
  async patch(path: string, body: unknown): Promise<void> {
    await this.request("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
  }

  /** Gets a text that is no object. @example getText("/metrics") @throws Unreachable as `get` */
  async getText(path: string): Promise<string> {
    return this.request("GET", path);
  }

  /** Whether the API server answers that it is ready. @see https://kubernetes.io/docs/reference/using-api/health-checks/ */
  async isReady(): Promise<boolean> {
    return this.request("GET", "/readyz").then(
      () => true,
      (error: Error) => {
        if (isMistake(error)) throw error;
        return false;
      },
    );
  }

  /** Sends a request. @param body JSON of the media type `type` */
  protected async request(method: string, path: string, body?: string, type = "application/json"): Promise<string> {
    const what = method === "GET" ? path : `${method} ${path}`;
    const access = this.access();
    // Node.js sends a DELETE's body without a length, and the API server would take the body for the next request.
    const ofBody = body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) };
    const headers = { ...(access.headers as Record<string, string> | undefined), ...ofBody };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = https.request({ timeout: TIMEOUT_MS, ...access, method, path, headers }, resolve);
      request.on("timeout", () => request.destroy(new Error(SILENT)));
      request.on("error", (error) => reject(new Unreachable(reasonOf(error), undefined, { cause: error })));
      request.end(body);
    });
    const { text, error: cause } = await bodyOf(response);
    if (!isGood(response)) throw refusal(what, response, text);
    if (!response.complete) throw new UnreadableAnswer(`${what}: the API server's answer broke off`, { cause });
    return text;
  }
}

export const SILENT = `the API server did not answer within ${TIMEOUT_MS / 1000} s`;

function answerTo(path: string): string {
  return `the API server's answer to ${path}`;
}

/** For `catch`: undefined where the error says that the object doesn't exist. @throws any other error */
export function orNone(error: Error): undefined {
  if (error instanceof Unreachable && error.status === NOT_FOUND) return undefined;
  throw error;
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The body of a response, as far as it arrived, and the error that cut it off. */
export function bodyOf(response: IncomingMessage): Promise<{ readonly text: string; readonly error?: Error }> {
  return new Promise((resolve) => {
    let text = "";
    response.setEncoding("utf8"); // otherwise a character that two chunks share is lost
    response.on("data", (chunk: string) => (text += chunk));
    response.on("error", (error) => resolve({ text, error }));
    response.on("close", () => resolve({ text }));
  });
}

/** The error for a refused request. The API server gives its reason in a Status object; a proxy's answer may have any form. */
export function refusal(what: string, { statusCode }: IncomingMessage, body: string): Unreachable {
  let reason = "";
  try {
    reason = (JSON.parse(body) as { message?: string }).message ?? "";
  } catch {
    // The HTTP status alone must do.
  }
  return new Unreachable(`${what}: the API server answered ${statusCode}${reason && `, ${reason}`}`, statusCode);
}
