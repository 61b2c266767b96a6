import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const machine = fs.mkdtempSync(path.join(os.tmpdir(), "sweep-"));
afterAll(() => fs.rmSync(machine, { recursive: true }));

const inMachine = (...names: string[]) => path.join(machine, ...names);
const [outside, volumes, pods] = [inMachine("outside"), inMachine("volumes"), inMachine("kubelet")];

beforeEach(() => {
  for (const folder of fs.readdirSync(machine)) fs.rmSync(inMachine(folder), { recursive: true });
  for (const folder of ["record", "scratch"]) fs.mkdirSync(inMachine(folder));
  fs.writeFileSync(inMachine("record/volumes-path"), `${volumes}\n`);
  fs.writeFileSync(inMachine("record/mounts"), "");
  fs.writeFileSync(inMachine("record/node"), "worker worker\n");
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, "passwd"), "root\n");
});

/** Runs commands with the functions of these scripts, on this folder in place of a host's folders. */
function host(scripts: readonly ("record" | "undo")[], commands: string, before = "") {
  const functions = scripts
    .map((name) => readScript(name).replace(/^(begin|end_running_step)\n[^]*/m, ""))
    .join("\n")
    .replaceAll(/\/(etc|opt)\/cni/g, `${machine}/$1/cni`);
  const lib = readScript("lib/lib").replace(
    /^(RECORD|SCRATCH)=\S+/gm,
    (_, name: string) => `${name}=${inMachine(name.toLowerCase())}`,
  );
  const script = [
    "HOST=worker ACTION=undo CLUSTER=kafka ROLE=worker POD_CIDR=10.244.0.0/16",
    `VOLUMES_PATH='${volumes}'`,
    lib,
    "systemctl() { :; }",
    `watched=('${pods}') containerd_watched=() shared=() package_caches=()`,
    functions,
    commands,
  ];
  // Mounts are this process's own; a user who isn't root is in a namespace of its own.
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const unshare = [...asRoot, "--mount", "--propagation", "private", "bash", "-c", `${before}\nexec bash -s`];
  const { status, stdout, stderr } = spawnSync("unshare", unshare, { input: script.join("\n"), encoding: "utf8" });
  return { status, stdout, stderr };
}

function plantHostileTree(folder: string): void {
  const script = path.resolve(__dirname, "../../support/hostileTree.sh");
  expect(spawnSync("bash", [script, folder, outside], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
}

const undone = { status: 0, stdout: "", stderr: "" };
const undo = "read_record; unmount; sweep";
const bind = `mount --bind ${outside} "${volumes}/bound"`;

/** Records the existing files, in the form of this version or of earlier ones. */
function record(form: "paths-nul" | "paths" = "paths-nul"): void {
  const found = spawnSync("find", [volumes, pods, form === "paths" ? "-print" : "-print0"]).stdout;
  fs.writeFileSync(inMachine("record", form), found);
}

describe.each(["paths-nul", "paths"] as const)("with a record of the form %s", (form) => {
  test("all files of pods are removed, whatever their names, and nothing outside", () => {
    record(form);
    for (const folder of [volumes, pods]) plantHostileTree(folder);
    expect(host(["undo"], undo)).toEqual(undone);
    expect(fs.readdirSync(outside)).toEqual(["passwd"]);
    expect([volumes, pods].filter((folder) => fs.existsSync(folder))).toEqual([]);
  });

  test("files from before stay, whatever their names", () => {
    for (const folder of [volumes, pods]) plantHostileTree(folder);
    const before = spawnSync("find", [volumes, pods, "-print0"]).stdout;
    record(form);
    fs.mkdirSync(path.join(pods, "of-a-pod/below"), { recursive: true });
    fs.writeFileSync(path.join(pods, "of-a-pod/below/file"), "");
    expect(host(["undo"], undo)).toEqual(undone);
    expect(spawnSync("find", [volumes, pods, "-print0"]).stdout.equals(before)).toBe(true);
  });
});

describe("a folder outside that is mounted among volumes", () => {
  beforeEach(() => {
    record();
    fs.mkdirSync(path.join(volumes, "bound"), { recursive: true });
  });

  test("is unmounted, and keeps what is in it", () => {
    expect(host(["undo"], undo, bind)).toEqual(undone);
    expect(fs.readdirSync(outside)).toEqual(["passwd"]);
    expect(fs.existsSync(volumes)).toBe(false);
  });

  test("isn't entered if somebody mounts it again, and the undo reports it", () => {
    const { status, stderr } = host(["undo"], `read_record; unmount; ${bind}; sweep`);
    expect(fs.readdirSync(outside)).toEqual(["passwd"]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/bound.*busy.*\[KK780\]/) as string,
    });
  });

  test("is found whatever its name is", () => {
    const name = "two words\nof two lines\\040";
    fs.mkdirSync(path.join(volumes, name));
    const before = `mount --bind ${outside} '${path.join(volumes, name)}'`;
    expect(host(["undo"], undo, before)).toEqual(undone);
    expect(fs.readdirSync(outside)).toEqual(["passwd"]);
    expect(fs.existsSync(volumes)).toBe(false);
  });

  test("stays mounted if it was mounted before the host was prepared", () => {
    record();
    fs.writeFileSync(inMachine("record/mounts"), `${volumes}/bound\n`);
    expect(host(["undo"], `${undo}; ls ${volumes}/bound`, bind)).toEqual({ ...undone, stdout: "passwd\n" });
  });
});

test("the record has each name unchanged", () => {
  plantHostileTree(volumes);
  const inRecord =
    'mapfile -t -d "" names <$RECORD/paths-nul; for name in "${names[@]}"; do [[ -e $name || -L $name ]]; done';
  const quiet = "dpkg() { :; }; ctr() { :; }; sync() { :; }; write_record >/dev/null 2>&1";
  const { status, stderr } = host(["record"], `rm -r "$RECORD"; ${quiet}; ${inRecord}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const written = fs.readFileSync(inMachine("record/paths-nul"));
  const found = spawnSync("find", [volumes, "-print0"]).stdout;
  expect(written.subarray(0, found.length).equals(found)).toBe(true);
});
