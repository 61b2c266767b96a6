import { cleanUp } from "../../../../components/verification/inPod/verify";

const BRIEF_SECONDS = 0.05;

test("a run's objects are removed in order as far as possible, and a failure to do so doesn't change the verdict", async () => {
  const tried: string[] = [];
  const failing = (what: string) => async () => {
    tried.push(what);
    throw new Error("not now");
  };
  await cleanUp([failing("group"), failing("topics")], BRIEF_SECONDS);
  expect([...new Set(tried)]).toEqual(["group", "topics"]);
});

test("the request for a coordinator that isn't known yet is retried", async () => {
  let tries = 0;
  const removeGroup = async () => {
    if (++tries < 2) throw new Error("COORDINATOR_NOT_AVAILABLE");
  };
  await cleanUp([removeGroup]);
  expect(tries).toBe(2);
});

test("a mistake in the program that removes an object is no failure to be tolerated", async () => {
  const mistaken = async () => {
    throw new TypeError("group is undefined");
  };
  await expect(cleanUp([mistaken])).rejects.toThrow(TypeError);
});
