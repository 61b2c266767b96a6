import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { eventually } from "../../support/eventually";
import { run } from "../../support/shell";

/** bin/pulumi in a checkout of its own, with a `pulumi` that records its arguments. */

const root = path.resolve(__dirname, "../../..");
const checkout = fs.mkdtempSync(path.join(tmpdir(), "interrupted-"));
const calls = path.join(checkout, "calls");
beforeAll(() => {
  for (const name of ["components", "node_modules", "tsconfig.json"])
    fs.symlinkSync(path.join(root, name), path.join(checkout, name));
  for (const folder of ["bin", "build/toolchain", "programs"])
    fs.mkdirSync(path.join(checkout, folder), { recursive: true });
  fs.copyFileSync(path.join(root, "bin/pulumi"), path.join(checkout, "bin/pulumi"));
  fs.writeFileSync(
    path.join(checkout, "build/toolchain/env"),
    `PATH=${checkout}/programs:${root}/node_modules/.bin:$PATH`,
  );
  const program = `#!/bin/sh
    printf '%s\\n' "$*" >>'${calls}'
    case "$*" in
      "stack export"*) cat '${checkout}/exported' ;;
      "stack --show-name"*) echo dev ;;
      "stack import"*) cat >'${checkout}/imported'; [ ! -e '${checkout}/locked' ] || { echo the stack is locked >&2; exit 255; } ;;
      refresh*) echo no API server; exit 1 ;;
      *--event-log*)
        [ "$PULUMI_DEBUG_COMMANDS" = true ] || exit 255 # there is no such option
        log=$(printf '%s\\n' "$@" | sed -n '/^--event-log$/{n;p}')
        [ ! -e '${checkout}/events' ] || { cat '${checkout}/events' >"$log"; exit 1; } ;;
    esac`;
  fs.writeFileSync(path.join(checkout, "programs/pulumi"), program, { mode: 0o755 });
});
afterAll(() => fs.rmSync(checkout, { recursive: true }));

const urn = "urn:pulumi:dev::kubeadm-kafka::kubernetes:core/v1:Service::kafka-3";
const inputs = { metadata: { name: "kafka-3" } };
const outputs = { ...inputs, __inputs: inputs };
const service = { urn, type: "kubernetes:core/v1:Service", custom: true, inputs, outputs };
const interruptedWhile = (type: string) => ({
  resources: [service],
  pending_operations: [{ type, resource: service }],
});

/** The arguments of Pulumi's calls, without the checkout's path, and the printed messages. */
async function called(deployment: object, ...args: string[]) {
  fs.rmSync(calls, { force: true });
  fs.writeFileSync(path.join(checkout, "exported"), JSON.stringify({ deployment }, undefined, 2));
  const env = { PULUMI_HOME: checkout, PULUMI_BACKEND_URL: "file:///nowhere", PULUMI_CONFIG_PASSPHRASE: "" };
  const { code, stderr } = await run(path.join(checkout, "bin/pulumi"), args, { env });
  return {
    code,
    stderr,
    calls: fs
      .readFileSync(calls, "utf8")
      .replaceAll(checkout, "ROOT")
      .replaceAll(/\/dev\/fd\/\d+/g, "PIPE")
      .trimEnd()
      .split("\n"),
  };
}

test("an `up` after one that was killed during an update repeats the update, and says so", async () => {
  const outcome = await called(interruptedWhile("updating"), "up", "--stack", "dev", "--yes");
  expect(outcome.calls).toEqual([
    "stack export --cwd ROOT --stack dev --non-interactive",
    "stack import --cwd ROOT --stack dev --non-interactive",
    "--cwd ROOT up --event-log PIPE --stack dev --yes",
  ]);
  expect(outcome.stderr).toContain("killed while it was\n  updating Service kafka-3\n");
  expect(outcome.stderr).toContain("[KK866]");
  expect(fs.readFileSync(path.join(checkout, "imported"), "utf8")).toContain("kubeadm-kafka/interrupted");
});

test("objects that were being deleted are looked up first; `up` continues if the API server doesn't answer", async () => {
  const outcome = await called(interruptedWhile("deleting"), "--cwd", "elsewhere", "up", "-s", "dev");
  expect(outcome.calls.slice(1)).toEqual([
    "stack import --cwd ROOT --cwd elsewhere -s dev --non-interactive",
    `refresh --yes --skip-preview --cwd ROOT --cwd elsewhere -s dev --target ${urn} --non-interactive`,
    "--cwd ROOT --cwd elsewhere up --event-log PIPE -s dev",
  ]);
  expect(outcome.stderr).toMatch(/no API server[^]*kafka-3[^]*\[KK867\]/);
  expect(outcome.code).toBe(0);
});

test("a preview only warns, since another `up` may be running", async () => {
  const outcome = await called(interruptedWhile("updating"), "preview", "--stack=dev");
  expect(outcome.calls).toEqual([
    "stack export --cwd ROOT --stack=dev --non-interactive",
    "--cwd ROOT preview --stack=dev",
  ]);
  expect(outcome.stderr).toContain("[KK865]");
});

test("while another `up` has the stack, nothing is changed", async () => {
  fs.writeFileSync(path.join(checkout, "locked"), "");
  const outcome = await called(interruptedWhile("updating"), "up", "--stack", "dev");
  fs.rmSync(path.join(checkout, "locked"));
  expect(outcome.calls.at(-1)).toMatch(/^stack import/);
  expect([outcome.code, outcome.stderr]).toEqual([255, "the stack is locked\n"]);
});

test("nothing is written if no `up` was killed, and other commands don't read the state", async () => {
  expect((await called({ resources: [service] }, "up")).calls).toEqual([
    "stack export --cwd ROOT --non-interactive",
    "--cwd ROOT up --event-log PIPE",
  ]);
  expect((await called(interruptedWhile("updating"), "stack", "output")).calls).toEqual(["--cwd ROOT stack output"]);
});

test("a creation that was killed is forgotten before `up` does it again, so that no later `up` takes it for killed", async () => {
  const killed = { resources: [], pending_operations: [{ type: "creating", resource: service }] };
  const outcome = await called(killed, "up", "--stack", "dev");
  expect(outcome.calls[1]).toBe("stack import --cwd ROOT --stack dev --non-interactive");
  expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
});

describe("an `up` in which a host's step failed", () => {
  const prepare = "urn:pulumi:dev::kubeadm-kafka::command:remote:Command::prepare";
  const step = { urn: prepare, type: "command:remote:Command", custom: true, inputs: { create: "bash" }, outputs: {} };
  const deployment = { resources: [step] };
  const folder = path.join(checkout, "state/failed");
  /** As Pulumi logs it, the script and all. */
  const event = (op: string, urn: string, type: string) =>
    `{"sequence":7,"timestamp":1,"resOpFailedEvent":{"metadata":{"op":"${op}","urn":"${urn}","type":"${type}",` +
    `"old":{"inputs":{"stdin":"{\\"resOpFailedEvent\\":{"}}},"status":2,"steps":0}}\n`;
  const notes = () => fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
  const ofLab = `${prepare.replace("dev", "lab")}\n`;

  beforeEach(async () => {
    const events = [
      event("update", prepare, "command:remote:Command"),
      event("create-replacement", prepare.replace("prepare", "join"), "command:remote:Command"),
      event("create", prepare.replace("prepare", "new"), "command:remote:Command"),
      event("update", urn, "kubernetes:core/v1:Service"),
      event("update", prepare.replace("prepare", "ended"), "command:remote:Command").replace("OpFailed", "Outputs"),
    ];
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(checkout, "events"), events.join(""));
    expect((await called(deployment, "--color", "never", "up", "--stack", "dev")).code).toBe(1);
    fs.rmSync(path.join(checkout, "events"));
    // sed ends after `up` does
    await eventually(5, async () => expect(notes()).toEqual([`${prepare}\n${prepare.replace("prepare", "join")}\n`]));
    fs.writeFileSync(path.join(folder, "of-lab"), ofLab);
  });

  test("is followed by one that runs the step again, whatever the config is, and says so; other stacks' failures are kept", async () => {
    const outcome = await called(deployment, "up", "--stack", "dev");
    expect(outcome.calls.slice(1)).toEqual([
      "stack import --cwd ROOT --stack dev --non-interactive",
      "--cwd ROOT up --event-log PIPE --stack dev",
    ]);
    expect(outcome.stderr).toBe(
      "An earlier `up` failed in\n  Command prepare\n`up` runs all of this again, as the config is now. [KK880]\n",
    );
    expect(fs.readFileSync(path.join(checkout, "imported"), "utf8")).toContain('"logging":"stderr"');
    await eventually(5, async () => expect(notes()).toEqual([ofLab]));
  });

  test("is followed by a preview that only warns", async () => {
    const outcome = await called(deployment, "preview", "--stack", "dev");
    expect(outcome.calls.slice(1)).toEqual(["--cwd ROOT preview --stack dev"]);
    expect(outcome.stderr).toMatch(/failed in\n {2}Command prepare\n[^]*\[KK880\]\n$/);
  });

  test("is remembered while another `up` has the stack", async () => {
    fs.writeFileSync(path.join(checkout, "locked"), "");
    expect((await called(deployment, "up", "--stack", "dev")).code).toBe(255);
    fs.rmSync(path.join(checkout, "locked"));
    expect(notes().join("")).toContain(prepare);
  });

  test("nothing of it concerns a stack that was destroyed and is made anew", async () => {
    expect((await called({ resources: [] }, "up", "--stack", "dev")).calls).not.toContain("stack import");
    await eventually(5, async () => expect(notes()).toEqual([ofLab]));
    const outcome = await called(deployment, "up", "--stack", "dev");
    expect([outcome.stderr, outcome.calls.at(-1)]).toEqual(["", "--cwd ROOT up --event-log PIPE --stack dev"]);
  });

  test("an `up` in which nothing fails leaves no file, and takes away none that another `up` still writes", async () => {
    fs.writeFileSync(path.join(folder, "running"), "");
    await called({ resources: [service] }, "up", "--stack", "dev");
    await eventually(5, async () => expect(fs.readdirSync(folder).sort()).toEqual(["of-lab", "running"]));
  });
});

test.each(["stack init up", "config set update up", "-v 1 preview", "--unheard-of value up"])(
  "`%s` gets no option that it doesn't support",
  async (line) => {
    const { calls: made } = await called({ resources: [service] }, ...line.split(" "));
    expect(made.at(-1)).toBe(`--cwd ROOT ${line}`);
  },
);
