import * as assert from "node:assert";
import { connect, createServer, type AddressInfo } from "node:net";

import { lookupOf } from "../support/lookup";
import { isMistake, parseAnswer, reasonOf, UnreadableAnswer } from "../../components/failures";

/** What an action throws or rejects with. */
async function errorOf(action: () => unknown): Promise<Error> {
  return Promise.resolve()
    .then(action)
    .then(
      () => Promise.reject(new Error("nothing was thrown")),
      (error: Error) => error,
    );
}

describe("is a mistake in the program, which no retry heals:", () => {
  test.each<[string, () => unknown]>([
    ["a property of nothing", () => (undefined as unknown as { id: number }).id],
    ["a number that can't be", () => (1).toFixed(101)],
    ["bytes that aren't there", () => Buffer.alloc(1).readInt32BE(0)],
    ["a name that nobody has given", () => eval("nobody")],
    ["text that isn't JSON, and no peer's", () => JSON.parse("{")],
    ["an assertion", () => assert.ok(false)],
    ["an argument of the wrong type", () => Buffer.from(7 as unknown as string)],
    ["a URL that isn't one", () => new URL("no url")],
    ["such a URL, to fetch", () => fetch("http://a b/")],
  ])("%s", async (_what, action) => {
    expect(isMistake(await errorOf(action))).toBe(true);
  });
});

describe("may heal:", () => {
  test("a connection that fetch was refused", async () => {
    const error = await errorOf(() => fetch("http://127.0.0.1:1/"));
    expect(error.name).toBe("TypeError");
    expect(isMistake(error)).toBe(false);
  });

  test("a connection that was closed during a request", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(isMistake(await errorOf(() => fetch(`http://127.0.0.1:${port}/`)))).toBe(false);
    server.close();
  });

  test("a peer's answer that isn't JSON; the parser's error is the cause", async () => {
    const error = await errorOf(() => parseAnswer("the answer", '{"items": ['));
    expect(error).toBeInstanceOf(UnreadableAnswer);
    expect(error.message).toMatch(/^the answer can't be read: Unexpected end of JSON input/);
    expect((error.cause as Error).name).toBe("SyntaxError");
    expect(isMistake(error)).toBe(false);
  });

  test("any other error", () => expect(isMistake(new Error("ECONNREFUSED"))).toBe(false));
});

describe("the reason of", () => {
  test("the reason names both addresses of a silent host, although Node.js' error has no message", async () => {
    const lookup = lookupOf("127.0.0.1", "127.0.0.2");
    const error = await errorOf(
      () => new Promise((_, reject) => connect({ host: "two.test", port: 1, lookup }).on("error", reject)),
    );
    expect(error.message).toBe("");
    expect(reasonOf(error)).toBe("connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1");
  });

  test("several errors with a message of their own begins with that, and has each reason once", () => {
    const errors = [new Error("a"), new Error("a"), new AggregateError([new Error("b")])];
    expect(reasonOf(new AggregateError(errors, "all have failed"))).toBe("all have failed: a; b");
  });

  test("an error without a message is its name, and what is no error is itself", () => {
    expect(reasonOf(new TypeError())).toBe("TypeError");
    expect(reasonOf("why")).toBe("why");
    expect(reasonOf(undefined)).toBe("undefined");
  });

  test("any other error is its message", () => expect(reasonOf(new Error("ECONNREFUSED"))).toBe("ECONNREFUSED"));
});
