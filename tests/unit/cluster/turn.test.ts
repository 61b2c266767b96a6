import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";
import { KUBECTL_WITH_TURNS } from "../../support/turns";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "turn-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A stand-in whose Lease a holder gives back after being asked for, or never. */
const KUBECTL = `#!/bin/bash
${KUBECTL_WITH_TURNS}
case "$*" in
"wait lease kubeadm-kafka-certificates "*)
  echo "wait \${*: -1}" >>"$DIR/turns"
  [[ ! -e $DIR/never ]] || exit 1
  rm "$DIR/lease"
  ;;
*) exit 1 ;;
esac`;

/** Runs a command of lib/turn.sh on the host `own`. */
class Host {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "host-"));

  constructor() {
    fs.mkdirSync(path.join(this.dir, "bin"));
    fs.writeFileSync(path.join(this.dir, "bin/kubectl"), KUBECTL, { mode: 0o755 });
    fs.writeFileSync(path.join(this.dir, "bin/sleep"), `#!/bin/bash\necho "sleep $*" >>"$DIR/turns"`, { mode: 0o755 });
  }

  write(name: string, text: string): this {
    fs.writeFileSync(path.join(this.dir, name), text);
    return this;
  }

  /** @param age of the Lease, in seconds @param seconds that it lasts */
  lease(holder: string, age: number, seconds = 1500): this {
    return this.write("lease", `7 ${holder} ${new Date(Date.now() - age * 1000).toISOString()} ${seconds}\n`);
  }

  /** @param patience seconds that the host waits */
  run(command: string, patience = 100) {
    const prelude = 'set -Eeuo pipefail\nHOST=own LOG=the-log\nstep() { :; }\nrefuse() { echo "$2 [$1]" >&2; exit 1; }';
    const script = [prelude, readScript("lib/turn").replaceAll("turn_seconds + 60", String(patience)), command].join(
      "\n",
    );
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    const { status, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", env });
    return { status, stderr, turns: this.read("turns").split("\n").filter(Boolean), lease: this.read("lease") };
  }

  private read(name: string): string {
    const file = path.join(this.dir, name);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  }
}

test("a turn begins at once if it is nobody's, lasts as long as is asked for, and ends", () => {
  expect(new Host().run("begin_turn 3600; begin_turn; end_turn")).toEqual({
    status: 0,
    stderr: "",
    turns: ["create own 3600", "end"],
    lease: "",
  });
});

test("it waits for that of another host, for no longer than that one lasts", () => {
  expect(new Host().lease("other", 1440).run("begin_turn").turns).toEqual([
    expect.stringMatching(/^wait ([1-5]?\d|60)s$/),
    "create own 1500",
  ]);
});

test("a turn that lasts for long, as an upgrade's, isn't taken over before its end", () => {
  const { status, stderr, turns } = new Host().write("never", "").lease("other", 2000, 3600).run("begin_turn", 2);
  expect({ status, turns: turns.filter((line) => !/^(wait|sleep)/.test(line)) }).toEqual({ status: 1, turns: [] });
  expect(stderr).toMatch(/it is the turn of other to restart its static pods.* \[KK969\]\n$/s);
});

test.each([
  ["of a host that died in it, once it has expired", "other", 1501],
  ["of this host's killed script, at once", "own", 1],
  ["of this host's reboot, which has ended", "own/reboot", 1],
  ["of a host whose clock was wrong, so that it would last for a year", "other", -365 * 86_400],
])("a turn is taken over: that %s", (_, holder, age) => {
  expect(new Host().lease(holder, age).run("begin_turn").turns).toEqual(["replace own 1500"]);
});

test("only the turn that is meant ends", () => {
  const end = (command: string, holder: string) => new Host().lease(holder, 1).run(command).turns;
  expect(end("end_turn", "other")).toEqual([]);
  expect(end("end_turn", "own/reboot")).toEqual([]);
  expect(end("end_turn", "own")).toEqual(["end"]);
  expect(end("turn_holder=$HOST/reboot; end_turn", "own/reboot")).toEqual(["end"]);
  expect(end("turn_holder=$HOST/reboot; end_turn", "own")).toEqual([]);
});

test("a polite host lets others be faster, each time that the turn is nobody's", () => {
  expect(new Host().run("take_turn 1500 4").turns).toEqual(["sleep 4", "create own 1500"]);
  expect(new Host().lease("other", 1000).run("take_turn 1500 4").turns.slice(-2)).toEqual([
    "sleep 4",
    "create own 1500",
  ]);
});
