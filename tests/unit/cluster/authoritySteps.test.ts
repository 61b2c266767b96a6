import { record, type Recording } from "../../golden/record";
import { configOf } from "../../golden/stacks";

// Generous: it is about what is declared, not about how busy the machine is.
jest.setTimeout(120_000);

const masters = ["master", "second", "third"];
const workers = ["worker", "unjoined"];
const containers = [
  ...masters.map((name) => ({ name, role: "control-plane" })),
  ...workers.map((name) => ({ name, role: "worker" })),
];

/** What the stack dev declares if its config manages authorities. The golden files show that it declares no such steps otherwise. */
let declared: Recording;
beforeAll(async () => {
  const changes = { hosts: { containers }, kubernetes: { certificates: { authorityGeneration: 2 } } };
  declared = await record("dev", configOf({ file: "", stack: "dev", settings: "dev", changes }), false);
});

/** The steps, of all hosts, that a step depends on itself. */
function dependenciesOf(name: string, type = "command:remote:Command"): string[] {
  const { request } = declared.get(`${type}::${name}`)!;
  return request.getDependenciesList().map((urn) => urn.split("::").at(-1)!);
}

/** What a step's request has, its script among that. */
const script = (name: string): string =>
  JSON.stringify(declared.get(`command:remote:Command::${name}`)!.request.toObject());

const of = (step: string, hosts: readonly string[]): string[] => hosts.map((name) => `dev-${name}-authority-${step}`);
const expectAfter = (steps: readonly string[], before: readonly string[]): void => {
  for (const step of steps) expect(dependenciesOf(step)).toEqual(expect.arrayContaining([...before]));
};

test.each(["add", "use", "drop"])("control planes pass authority-%s one after the other", (pass) => {
  const [first, second, third] = of(pass, masters);
  expectAfter([second!], [first!]);
  expectAfter([third!], [first!, second!]);
});

test("it begins after all control planes have their settings, which let the controller manager sign by a file of its own", () =>
  expectAfter(
    of("add", masters),
    masters.map((name) => `dev-${name}-certificates`),
  ));

test("each pass begins when the one before has ended on all hosts", () => {
  expectAfter(of("add", workers), of("add", masters));
  expectAfter(of("use", masters), of("add", [...masters, ...workers]));
  expectAfter(of("kubelet", [...masters, ...workers]), of("use", masters));
  expectAfter(of("drop", masters), of("kubelet", [...masters, ...workers]));
  expectAfter(of("drop", workers), of("drop", masters));
});

test("a worker's passes don't wait for its join, which comes after the exchange and needs the new authority", () => {
  for (const step of ["add", "kubelet", "drop"])
    expect(of(step, workers).flatMap((name) => dependenciesOf(name))).not.toContain("dev-worker-join");
  const all = of("drop", [...masters, ...workers]);
  expectAfter(["dev-worker-admit", "dev-kubeconfig"], all);
});

test("control planes are upgraded and reached by the kubeconfig afterwards", () =>
  expectAfter(["dev-master-before-upgrade"], of("drop", ["master"])));

test("control planes know which workers were no nodes in the pass before", () => {
  for (const step of [...of("use", masters), ...of("drop", masters)])
    expect(script(step)).toContain("UNJOINED='unjoined'");
});

test("a worker gets what control planes trust after the same pass", () => {
  const trusted = (pass: string): string =>
    Buffer.from(`-----BEGIN CERTIFICATE-----\nauthority of dev-third-authority-${pass}\n`).toString("base64");
  for (const pass of ["add", "drop"])
    expect(script(`dev-worker-authority-${pass}`)).toContain(`AUTHORITY='${trusted(pass)}'`);
  expect(script("dev-worker-authority-kubelet")).toContain(`AUTHORITY='${trusted("use")}'`);
});
