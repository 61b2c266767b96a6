import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "etcd-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A fake etcdctl for etcd.sh. Each line of its file has a member's name, which is its id as well, and its address. */
const ETCD = `
timeout() { "\${@:4}"; }
crictl() { if [[ $1 == ps ]]; then echo container; else etcd "$@"; fi; }
address_of() { sed --quiet "s/^$1 //p" members; }
etcd() {
  local last=\${*: -1}
  [[ ! -e stuck ]] || return 1
  case $* in
  *"member list") awk '{print $1 ", started, " $1 ", https://" $2 ":2380, https://" $2 ":2379, false"}' members ;;
  *"move-leader "*)
    [[ $* == *"--endpoints https://$(address_of "$(<leader)"):2379 "* ]] || return 1
    echo "$last" >leader
    ;;
  *"member remove "*)
    [[ -e turn ]] || return 1 # another control plane may be about to restart its member
    [[ $last != "$(<leader)" ]] || touch stuck # the others have not heard that they are fewer now
    sed --in-place "/^$last /d" members
    if [[ -e silent ]]; then rm silent && return 1; fi
    ;;
  esac
}`;

/** Makes control plane c remove the members that aren't listed. */
function sendAway({ leader, silent }: { leader: string; silent: boolean }) {
  const cwd = fs.mkdtempSync(path.join(temporary, "cluster-"));
  const file = (name: string) => path.join(cwd, name);
  fs.writeFileSync(file("members"), "a 10.0.0.1\nb 10.0.0.2\nc 10.0.0.3\n");
  fs.writeFileSync(file("leader"), `${leader}\n`);
  if (silent) fs.writeFileSync(file("silent"), "");
  const script = `set -Eeuo pipefail
    HOST=c CONTROL_PLANES=c=10.0.0.3 SECONDS=0
    ${readScript("lib/etcd")}
    ${ETCD}
    MINUTES=60
    begin_turn() { [[ $* == 3600 ]] && touch turn; }
    remove_members c unlisted`;
  const { status } = spawnSync("bash", ["-c", script], { cwd });
  const left = { members: fs.readFileSync(file("members"), "utf8"), leader: fs.readFileSync(file("leader"), "utf8") };
  return { status, ...left };
}

const alone = { status: 0, members: "c 10.0.0.3\n", leader: "c\n" };

test.each(["a", "b", "c"])("if %s leads, a member that stays becomes the leader before any is removed", (leader) =>
  expect(sendAway({ leader, silent: false })).toEqual(alone),
);

test("a member's host that dies during a request doesn't block the others forever", () => {
  const cwd = fs.mkdtempSync(path.join(temporary, "silent-"));
  fs.writeFileSync(path.join(cwd, "kubectl"), "#!/bin/bash\nexec sleep 300\n", { mode: 0o755 });
  const script = `set -Eeuo pipefail
    HOST=c CONTROL_PLANES=c=10.0.0.3
    ${readScript("lib/etcd").replace(" 60 ", " 0.2 ")}
    members a`;
  const env = { ...process.env, PATH: `${cwd}:${process.env.PATH}` };
  expect(spawnSync("bash", ["-c", script], { cwd, env, timeout: 20_000 })).toMatchObject({ status: 124, signal: null });
});

test("a member that was removed, while the answer was lost, causes no error", () =>
  expect(sendAway({ leader: "b", silent: true })).toEqual(alone));
