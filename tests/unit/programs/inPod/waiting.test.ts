import { Fatal } from "../../../../components/failures";
import { Deadline } from "../../../../components/programs/inPod/waiting";
import { useVirtualTime } from "../../../support/virtualTime";

useVirtualTime();

const shortDeadline = () => new Deadline(0.05, 5);

test("waiting ends as soon as there are no objections", async () => {
  const answers = [["not yet"], ["almost"], []];
  await new Deadline(10, 1).waitUntil("it", async () => answers.shift()!);
  expect(answers).toEqual([]);
});

test("at the deadline the last objections are the reason", async () => {
  await expect(shortDeadline().waitUntil("a quorum", async () => ["node 2 is missing"])).rejects.toThrow(
    "a quorum did not come true within 0.05 seconds: node 2 is missing",
  );
});

test("a refused connection is an objection like any other", async () => {
  let tries = 0;
  await new Deadline(10, 1).waitUntil("it", async () => {
    if (++tries < 3) throw new Error("ECONNREFUSED");
    return [];
  });
  expect(tries).toBe(3);
});

test("an error without a message is reported with its reasons", async () => {
  const failure = new AggregateError([new Error("ECONNREFUSED"), new Error("ETIMEDOUT")]);
  const refused = async () => Promise.reject(failure);
  await expect(shortDeadline().waitUntil("it", refused)).rejects.toThrow(/: ECONNREFUSED; ETIMEDOUT$/);
  await expect(shortDeadline().bound("it", refused())).rejects.toThrow("it failed: ECONNREFUSED; ETIMEDOUT");
});

test("a request without an answer is retried", async () => {
  let tries = 0;
  const question = async () => {
    if (++tries < 3) throw new Error("ECONNREFUSED");
    return undefined;
  };
  await expect(new Deadline(10, 1).answer("it", question)).resolves.toBeUndefined();
  expect(tries).toBe(3);
});

test("an error that waiting can't heal is not retried", async () => {
  let tries = 0;
  const problems = async () => {
    tries++;
    throw new Fatal("another cluster");
  };
  await expect(new Deadline(10, 1).waitUntil("it", problems)).rejects.toThrow(Fatal);
  expect(tries).toBe(1);
});

test("a step that never ends is given up", async () => {
  await expect(shortDeadline().bound("joining", new Promise(() => undefined))).rejects.toThrow(
    "joining did not end within 0.05",
  );
});

test("an error names the step that failed", async () => {
  await expect(shortDeadline().bound("writing", Promise.reject(new Error("no leader")))).rejects.toThrow(
    "writing failed: no leader",
  );
});

describe("a slow step", () => {
  test("may continue as long as something changes", async () => {
    let left = 30;
    await new Deadline(0.05, 5).waitWhileChanging("moving", async () => (--left > 0 ? [`${left} to go`] : []));
    expect(left).toBe(0);
  });

  test("is given up when nothing changes", async () => {
    await expect(shortDeadline().waitWhileChanging("moving", async () => ["7 to go"])).rejects.toThrow(
      "moving did not come true within 0.05 seconds: 7 to go",
    );
  });
});

describe("progress", () => {
  test("restarts the time limit of a bounded step, however long the whole step takes", async () => {
    const deadline = new Deadline(0.05, 5);
    const ticks = setInterval(() => deadline.progress(), 10);
    const slow = new Promise<string>((resolve) => setTimeout(() => resolve("written"), 200));
    await expect(deadline.bound("writing", slow)).resolves.toBe("written");
    clearInterval(ticks);
  });

  test("that never completes the step ends at the overall limit", async () => {
    let looks = 0;
    const flapping = new Deadline(10, 5, 0.05).waitWhileChanging("replicas in sync", async () => [`${looks++ % 2}`]);
    await expect(flapping).rejects.toThrow(
      "replicas in sync did not come true within the 0.05 seconds that all may take",
    );
  });
});

describe("a mistake in the program", () => {
  const mistake = new TypeError("Cannot read properties of undefined (reading 'id')");
  const waits: [string, (deadline: Deadline, problems: () => Promise<never>) => Promise<unknown>][] = [
    ["waitUntil", (deadline, problems) => deadline.waitUntil("it", problems)],
    ["waitWhileChanging", (deadline, problems) => deadline.waitWhileChanging("it", problems)],
    ["answer", (deadline, problems) => deadline.answer("it", problems)],
    ["bound", (deadline, problems) => deadline.bound("it", problems())],
  ];

  test.each(waits)("ends %s at once, as it is", async (_name, wait) => {
    let tries = 0;
    const problems = async (): Promise<never> => {
      tries++;
      throw mistake;
    };
    await expect(wait(shortDeadline(), problems)).rejects.toBe(mistake);
    expect(tries).toBe(1);
  });
});

describe("the error of a wait that was given up has the last error as its cause:", () => {
  const refused = new Error("ECONNREFUSED");
  const causeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error as Error).cause);

  test("a wait", async () =>
    expect(await causeOf(shortDeadline().waitUntil("it", () => Promise.reject(refused)))).toBe(refused));
  test("a bounded step", async () =>
    expect(await causeOf(shortDeadline().bound("it", Promise.reject(refused)))).toBe(refused));
});
