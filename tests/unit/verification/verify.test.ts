import { takeBack } from "../../../components/verification/program/verify";

test("topics are deleted when nobody asks for them any more, and also where the rest can't be taken back", async () => {
  const done: string[] = [];
  const failing = (what: string) => async () => {
    done.push(what);
    throw new Error("not now");
  };
  await takeBack({ deleteGroups: failing("group"), disconnect: failing("client") }, "g", failing("topics"));
  expect(done).toEqual(["group", "client", "topics"]);
});
