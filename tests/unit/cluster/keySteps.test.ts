import { record, type Recording } from "../../golden/record";
import { configOf } from "../../golden/stacks";

// Generous: it is about what is declared, not about how busy the machine is.
jest.setTimeout(120_000);

const names = ["master", "second", "third"];
const containers = names.map((name) => ({ name, role: "control-plane" }));

/** What the stack dev declares if its config manages the key. The golden files show that it declares no such steps otherwise. */
let declared: Recording;
beforeAll(async () => {
  const changes = { hosts: { containers }, kubernetes: { secretsEncryption: { keyGeneration: 2 } } };
  declared = await record("dev", configOf({ file: "", stack: "dev", settings: "dev", changes }), false);
});

/** The steps, of all hosts, that a step depends on itself. */
function dependenciesOf(name: string, type = "command:remote:Command"): string[] {
  const { request } = declared.get(`${type}::${name}`)!;
  return request.getDependenciesList().map((urn) => urn.split("::").at(-1)!);
}

const ofAll = (step: string): string[] => names.map((name) => `dev-${name}-${step}`);

test("API servers get the new key one after the other, after all control planes have their settings and certificates", () => {
  for (const name of names)
    expect(dependenciesOf(`dev-${name}-key-add`)).toEqual(expect.arrayContaining(ofAll("certificates")));
  expect(dependenciesOf("dev-second-key-add")).toContain("dev-master-key-add");
  expect(dependenciesOf("dev-third-key-add")).toContain("dev-second-key-add");
});

test.each([
  ["key-use", "key-add"],
  ["key-drop", "key-use"],
])("%s begins when %s has ended on all control planes, on the first one first", (pass, before) => {
  for (const name of names)
    expect(dependenciesOf(`dev-${name}-${pass}`)).toEqual(expect.arrayContaining(ofAll(before)));
  for (const name of ["second", "third"]) expect(dependenciesOf(`dev-${name}-${pass}`)).toContain(`dev-master-${pass}`);
});

test("objects of the cluster wait for the exchange, since their provider does", () =>
  expect(dependenciesOf("dev", "pulumi:providers:kubernetes")).toEqual(expect.arrayContaining(ofAll("key-drop"))));
