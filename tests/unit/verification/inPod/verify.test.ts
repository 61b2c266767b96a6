import { takeBack } from "../../../../components/verification/inPod/verify";

const BRIEF_SECONDS = 0.05;

test("what a run has made is removed as far as that can be, in order, and a failure says nothing of the verdict", async () => {
  const tried: string[] = [];
  const failing = (what: string) => async () => {
    tried.push(what);
    throw new Error("not now");
  };
  await takeBack([failing("group"), failing("topics")], BRIEF_SECONDS);
  expect([...new Set(tried)]).toEqual(["group", "topics"]);
});

test("a coordinator that isn't known yet is asked for once more", async () => {
  let tries = 0;
  const removeGroup = async () => {
    if (++tries < 2) throw new Error("COORDINATOR_NOT_AVAILABLE");
  };
  await takeBack([removeGroup]);
  expect(tries).toBe(2);
});
