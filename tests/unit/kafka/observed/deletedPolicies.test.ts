import { Unreachable } from "../../../../components/cluster/unreachable";
import { deletedPolicies } from "../../../../components/kafka/observed/deletedPolicies";

/** An API server with these StatefulSets and network policies. */
const serverWith = (sets: string[], policies: string[]) => ({
  list: <T>(path: string) => {
    const names = path.endsWith("/networkpolicies") ? policies : sets;
    return Promise.resolve(names.map((name) => ({ metadata: { name } })) as T[]);
  },
});
const made = ["kafka-deny-all", "kafka-hosts"];

test("each policy that somebody has deleted is named; another tool's don't matter", async () => {
  const deletedOf = (policies: string[]) => deletedPolicies(serverWith(["kafka"], policies), "kafka", made);
  expect(await deletedOf([...made, "theirs"])).toEqual([]);
  expect(await deletedOf(["kafka-hosts", "theirs"])).toEqual(["kafka-deny-all"]);
});

test("a namespace that was deleted with all that was in it is another finding's", async () => {
  expect(await deletedPolicies(serverWith([], []), "kafka", made)).toEqual([]);
});

test("nothing is known while the API server doesn't answer; a mistake in the program is none of its silence", async () => {
  const failing = (error: Error) => ({ list: () => Promise.reject(error) });
  expect(await deletedPolicies(failing(new Unreachable("busy")), "kafka", made)).toEqual([]);
  await expect(deletedPolicies(failing(new TypeError("of ours")), "kafka", made)).rejects.toThrow("of ours");
});
