import * as pulumi from "@pulumi/pulumi";

import { hostKeyIn } from "../../components/hosts/hostKey";
import { Refusal } from "../../components/refusal";

/** The message that the user reads if two resources have an input whose promise is rejected by `refuse`. */
async function messageOf(refuse: () => unknown): Promise<string> {
  const refused = (async () => refuse())();
  for (const name of ["master", "worker"]) {
    await pulumi.runtime.serializeProperties(name, { stdin: refused }).catch(() => undefined);
  }
  return refused.then(
    () => "nothing was refused",
    (error: Error) => error.message,
  );
}

const refuse = (): never => {
  throw new Refusal("worker-3 would leave [KK806]");
};

test("Pulumi shows a refused input's sentence as it is", async () =>
  expect(await messageOf(refuse)).toBe("worker-3 would leave [KK806]"));

test("Pulumi shows a refusal without a stack trace", () => expect(refuse).toThrow(pulumi.RunError));

test("a host key that isn't there is a refusal", async () =>
  expect(await messageOf(() => hostKeyIn("Goodbye", "master"))).toMatch(/^master: no host key .*\[KK783\]$/));
