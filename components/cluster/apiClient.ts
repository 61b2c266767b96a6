import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { isMistake, parseAnswer, UnreadableAnswer } from "../failures";
import { Unreachable } from "./unreachable";

/** Where an API server is, whom its certificate comes from, and the credential: a client certificate or a token. */
export type Access = https.RequestOptions;

export const TIMEOUT_MS = 10_000;
const NOT_FOUND = 404;

/** An API server, for whoever may look at it. Whoever may also change something does so by a class of its own. */
export class ApiClient {
  /** @param access asked before each request, since a pod's token is renewed */
  constructor(protected readonly access: () => Access) {}

  /**
   * @throws Unreachable where the API server isn't reached or refuses, with the status then
   * @throws UnreadableAnswer where its answer breaks off, or isn't JSON
   */
  async get<T>(path: string): Promise<T> {
    return parseAnswer(answerTo(path), await this.request("GET", path));
  }

  /** As `get`; undefined where there is no such object. */
  async find<T>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch(orNone);
  }

  /** The objects of a list. @throws as `get` */
  async list<T>(path: string): Promise<T[]> {
    const { items } = await this.get<{ items?: T[] }>(path);
    if (!Array.isArray(items)) throw new UnreadableAnswer(`${answerTo(path)} has no list of items`);
    return items;
  }

  /** Whether it says so itself. */
  async isReady(): Promise<boolean> {
    return this.request("GET", "/readyz").then(
      () => true,
      (error: Error) => {
        if (isMistake(error)) throw error;
        return false;
      },
    );
  }

  /** @param body as JSON, of this type */
  protected async request(method: string, path: string, body?: string, type = "application/json"): Promise<string> {
    const what = method === "GET" ? path : `${method} ${path}`;
    const access = this.access();
    // Node.js gives a DELETE's body no length by itself: the API server would take it for the next request.
    const ofBody = body !== undefined && { "content-type": type, "content-length": Buffer.byteLength(body) };
    const headers = { ...(access.headers as Record<string, string> | undefined), ...ofBody };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = https.request({ timeout: TIMEOUT_MS, ...access, method, path, headers }, resolve);
      request.on("timeout", () => request.destroy(new Error(SILENT)));
      request.on("error", (error) => reject(new Unreachable(error.message, undefined, { cause: error })));
      request.end(body);
    });
    const text = await bodyOf(response);
    if (!isGood(response)) throw refusal(what, response, text);
    if (!response.complete) throw new UnreadableAnswer(`${what}: the API server's answer broke off`);
    return text;
  }
}

export const SILENT = `the API server did not answer within ${TIMEOUT_MS / 1000} s`;

function answerTo(path: string): string {
  return `the API server's answer to ${path}`;
}

/** For `catch`: nothing in place of the error, where that is that there is no such object. */
export function orNone(error: Error): undefined {
  if (error instanceof Unreachable && error.status === NOT_FOUND) return undefined;
  throw error;
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** As much as has come when it ends or breaks off. */
export function bodyOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    response.setEncoding("utf8"); // else a character that two chunks share is lost
    response.on("data", (chunk: string) => (text += chunk));
    response.on("error", () => resolve(text));
    response.on("close", () => resolve(text));
  });
}

/** The API server puts its reason into an object; what a proxy answers is of any form. */
export function refusal(what: string, { statusCode }: IncomingMessage, body: string): Unreachable {
  let reason = "";
  try {
    reason = (JSON.parse(body) as { message?: string }).message ?? "";
  } catch {
    // The status has to do.
  }
  return new Unreachable(`${what}: the API server answered ${statusCode}${reason && `, ${reason}`}`, statusCode);
}
