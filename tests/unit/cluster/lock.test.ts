import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions, type HostAction } from "../../../components/cluster/actions";
import { composeScript, hostCommand, type ScriptInputs } from "../../../components/cluster/hostScript";
import { eventually } from "../../support/eventually";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const machine = fs.mkdtempSync(path.join(os.tmpdir(), "lock-"));
afterAll(() => fs.rmSync(machine, { recursive: true }));

const work = path.join(machine, "run/kubeadm-kafka-scripts");

for (const folder of ["bin", "run", "var/log", "var/lib"])
  fs.mkdirSync(path.join(machine, folder), { recursive: true });
for (const program of ["ctr", "systemctl"])
  fs.writeFileSync(path.join(machine, "bin", program), "#!/bin/sh\n", { mode: 0o755 });

interface Ended {
  readonly status: number;
  readonly stderr: string;
}

/** Mounts a full disk at a folder, with the folder's present content. Only this process sees the mount. */
const fill = (folder: string, keeps = "") =>
  `mount -t tmpfs -o size=64k none ${folder}; ${keeps} head --bytes 1M /dev/zero >${folder}/others 2>/dev/null;`;

/** Runs a host's composed script on this folder in place of the host's root. */
function run(
  action: HostAction,
  moment: "create" | "delete",
  inputs: ScriptInputs,
  edit = (script: string) => script,
  before = "",
) {
  const script = edit(composeScript("worker", action, inputs))
    .replaceAll(/\/(run\/|var\/log\/kubeadm|var\/lib\/kubeadm)/g, `${machine}/$1`)
    .replace("export HOME", `export PATH=${machine}/bin:${process.env["PATH"]} HOME`);
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const own = before ? ["unshare", ...asRoot, "--mount", "--propagation", "private"] : [];
  const [program, ...words] = [...own, "sh", "-c", `${before} ${hostCommand("worker", action, moment, "root")}`];
  const shell = spawn(program, words, { stdio: ["pipe", "ignore", "pipe"] });
  let stderr = "";
  shell.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  shell.stdin.end(script);
  return new Promise<Ended>((resolve) => shell.on("close", (code) => resolve({ status: code!, stderr })));
}

/** Records the host's state, as a stack does before it changes anything. @param seconds time limit of the wait for the lock */
function claim(stack: string, patience = 1800, volumes = "volumes"): Promise<Ended> {
  const inputs = { CLUSTER: stack, ROLE: "worker", POD_CIDR: "10.244.0.0/16", VOLUMES_PATH: `${machine}/${volumes}` };
  return run({ name: "prepare", create: ["record"] }, "create", inputs, (script) =>
    script.replace("--wait 1800", `--wait ${patience}`),
  );
}

test("if two stacks claim a host at the same moment, one gets it, and the other's error names that one", async () => {
  const [one, other] = await Promise.all([claim("project/one"), claim("project/other")]);
  const [refused, owner] = one.status === 0 ? [other, "project/one"] : [one, "project/other"];
  expect([one.status, other.status].sort()).toEqual([0, 1]);
  expect(refused.stderr).toBe(`worker: prepare: this host belongs to ${owner}; destroy that first [KK707]\n`);
  expect(await claim(owner)).toEqual({ status: 0, stderr: "" });
  expect(await claim(owner, undefined, "elsewhere")).toEqual({
    status: 1,
    stderr: `worker: prepare: storage.path can't change, the volumes of this host lie below ${machine}; set it back [KK714]\n`,
  });
});

test("only one script runs on a host at a time", async () => {
  const scratch = path.join(work, "scratch");
  fs.mkdirSync(scratch, { recursive: true });
  const holder = spawn("flock", [path.join(work, "lock"), "bash", "-c", "echo; cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  const { status, stderr } = await claim("project/one", 0.1).finally(() => holder.stdin.end());
  expect(fs.existsSync(scratch)).toBe(true); // the running script's own scratch file
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("[KK712]") as string });
});

describe("only root can hold the scripts' lock, or put something in its place", () => {
  beforeEach(() => fs.rmSync(work, { recursive: true, force: true }));
  afterAll(() => fs.rmSync(work, { recursive: true, force: true }));

  test("its folder is open to root only, even if it was open to all", async () => {
    for (const made of [() => undefined, () => fs.mkdirSync(work, { mode: 0o777 })]) {
      made();
      expect((await claim("project/mine")).stderr).not.toContain("KK781");
      expect((fs.statSync(work).mode & 0o777).toString(8)).toBe("700");
      fs.rmSync(work, { recursive: true });
    }
  });

  test.each([
    ["a link", () => fs.symlinkSync(machine, work)],
    // A user other than root can't give a folder away, so the test uses one of root's.
    ["somebody else's", () => (process.getuid?.() === 0 ? givenTo(65534) : fs.symlinkSync("/usr", work))],
    ["a file", () => fs.writeFileSync(work, "")],
  ])("%s in the folder's place is refused, and nothing in it is touched", async (_, make) => {
    make();
    const before = fs.readdirSync(machine);
    const { status, stderr } = await claim("project/mine");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("remove it: sudo rm -r") as string,
    });
    expect(stderr).toContain("[KK781]");
    expect(fs.readdirSync(machine)).toEqual(before);
  });

  function givenTo(uid: number): void {
    fs.mkdirSync(work);
    fs.chownSync(work, uid, uid);
  }
});

describe("a host that leaves the cluster", () => {
  const record = path.join(machine, "var/lib/kubeadm-kafka");
  const log = path.join(machine, "var/log/kubeadm-kafka.log");
  const inputs = { CLUSTER: "project/one", LABELS: "", TAINTS: "", PACKAGES: "keep" };

  beforeEach(() => {
    fs.rmSync(record, { recursive: true, force: true });
    fs.rmSync(path.join(machine, "looked"), { force: true });
    fs.mkdirSync(record);
    fs.writeFileSync(path.join(record, "owner"), "project/one\n");
    fs.writeFileSync(path.join(record, "node"), "worker worker\n");
  });

  /** Starts a step that runs only this command. Resolves when it has the lock. */
  async function start(name: string, commands: string): Promise<{ ended: Promise<Ended> }> {
    const ended = run({ name, create: ["labels"] }, "create", inputs, (script) =>
      script.replace('step "wait for the API server" && wait_for_api', `step "wait"; ${commands}; exit 0`),
    );
    await eventually(60, () => fs.promises.access(path.join(work, "scratch/running")));
    return { ended };
  }

  /** Runs the beginning of the undo, without the part that would change this machine. */
  const undo = () =>
    run(actions.undo, "delete", inputs, (script) =>
      script
        .replace(/step "look for the record"[^]*?\n(?=;;\nesac)/, "echo undone >&4\n")
        .replace("\nend_running_step\n", `$&touch ${machine}/looked\n`),
    );

  test("doesn't wait for a step that hangs: the step is ended, and says why", async () => {
    const step = await start("join", "sleep 600");
    expect(await undo()).toEqual({ status: 0, stderr: "undone\n" });
    const { status, stderr } = await step.ended;
    expect(status).not.toBe(0);
    expect(stderr).toBe('worker: join: stopped at "wait", since this host leaves the cluster [KK731]\n');
  });

  test("waits for a preparation, in the middle of which dpkg may be", async () => {
    const step = await start("prepare", `until [[ -e ${machine}/goes-on ]]; do sleep 0.1; done; echo prepared >&4`);
    const undone = undo();
    await eventually(60, () => fs.promises.access(path.join(machine, "looked")));
    fs.writeFileSync(path.join(machine, "goes-on"), "");
    expect(await step.ended).toEqual({ status: 0, stderr: "prepared\n" });
    expect(await undone).toEqual({ status: 0, stderr: "undone\n" });
  });

  describe.each([
    ["and has a log", `head --bytes 4096 /dev/zero >${log};`],
    ["and has none yet", ""],
  ])("whose disk for logs is full, %s,", (_, keeps) => {
    const full = fill(`${machine}/var/log`, keeps);

    test("is undone nevertheless", async () => {
      const script = (text: string) =>
        text.replace(/(step "look for the record"\n)[^]*?\n(?=;;\nesac)/, "$1echo undone >&4\n");
      const ended = await run(actions.undo, "delete", inputs, script, full);
      expect(ended).toEqual({ status: 0, stderr: "undone\n" });
    });

    test("has the reason in the error of a step that needs the disk", async () => {
      const edit = (text: string) =>
        text.replace(
          'step "wait for the API server" && wait_for_api',
          `step "write"; head --bytes 1M /dev/zero >${machine}/var/log/more; exit 0`,
        );
      const { status, stderr } = await run({ name: "join", create: ["labels"] }, "create", inputs, edit, full);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^worker: join failed at "write" [^]*No space left on device\n$/);
    });
  });

  test("has the output of a step that was killed", async () => {
    fs.mkdirSync(path.join(work, "scratch"), { recursive: true });
    fs.writeFileSync(path.join(work, "scratch/output"), "the last words\n");
    fs.writeFileSync(log, "");
    await run({ name: "join", create: ["labels"] }, "create", inputs, (script) =>
      script.replace('step "wait for the API server" && wait_for_api', 'step "wait"; exit 0'),
    );
    expect(fs.readFileSync(log, "utf8")).toMatch(/^the last words\n\S+ join: wait\n$/);
  });

  test("refuses a step that has waited for the undo's end", async () => {
    fs.rmSync(record, { recursive: true });
    fs.rmSync(log, { force: true });
    const { status, stderr } = await run({ name: "join", create: ["labels"] }, "create", inputs);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "worker: join: this host is no longer prepared for the cluster [KK731]\n",
    });
    expect([record, log].filter((path) => fs.existsSync(path))).toEqual([]);
  });
});
