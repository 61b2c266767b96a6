import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import { Unreachable } from "../../../../components/cluster/unreachable";
import { loginFiles } from "../../../../components/kafka/observed/userLogin";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";

const plan = planKafka("kafka", "kafka", 1);

/** The files in an `up` or a preview: whether they are known and secret, and what they are. */
async function read(answer: () => Promise<unknown>, preview: boolean) {
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, "kubeadm-kafka", "dev", preview);
  jest.spyOn(AdminApiClient.prototype, "get").mockImplementation(answer);
  const known = pulumi.output("text");
  const output = loginFiles({ plan, secret: "kafka-user-orders", kubeconfig: known, after: known });
  const { isKnown, isSecret, promise } = output as unknown as {
    isKnown: Promise<boolean>;
    isSecret: Promise<boolean>;
    promise: () => Promise<unknown>;
  };
  const found = { isKnown: await isKnown, isSecret: await isSecret, files: await promise() };
  await pulumi.runtime.disconnect();
  return found;
}
const unreachable = () => Promise.reject(new Unreachable("connect ECONNREFUSED"));
let warned: jest.SpyInstance;
beforeEach(() => (warned = jest.spyOn(pulumi.log, "warn").mockResolvedValue()));
afterEach(() => jest.restoreAllMocks());

test("a login is the Secret's files, and secret", async () => {
  const data = { password: Buffer.from("hunter2").toString("base64") };
  expect(await read(async () => ({ data }), false)).toEqual({
    isKnown: true,
    isSecret: true,
    files: { password: "hunter2" },
  });
});

test("one that can't be read is unknown in a preview", async () => {
  expect(await read(unreachable, true)).toMatchObject({ isKnown: false, isSecret: true });
  expect(warned).not.toHaveBeenCalled();
});

test("in an up it is missing, which is a warning that says where it is", async () => {
  expect(await read(unreachable, false)).toMatchObject({ isSecret: true, files: {} });
  expect(warned).toHaveBeenCalledWith(
    expect.stringMatching(/^The output users lacks the login in the Secret kafka\/kafka-user-orders: .*ECONNREFUSED/),
  );
});
