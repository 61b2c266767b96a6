import type { AdminApiClient } from "../../../components/cluster/adminApiClient";
import { volumesNow } from "../../../components/storage/volumesOnHosts";

const failing = (error: Error) => ({ list: () => Promise.reject(error) }) as unknown as AdminApiClient;

test("an API server that can't be reached is reported with the reason", async () =>
  expect(await volumesNow(failing(new Error("connect ECONNREFUSED")))).toEqual({ failure: "connect ECONNREFUSED" }));

test("a mistake in the program fails instead of causing a warning", async () =>
  expect(volumesNow(failing(new TypeError("not a function")))).rejects.toThrow(TypeError));
