import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "nodes-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/**
 * The API server as far as nodes.sh asks it: the file `ready` has what it says of the node, one word for each time that it is
 * asked, of which the last one stays.
 */
const KUBECTL = `
kubectl() {
  case $* in
  *jsonpath*)
    local words
    read -r -a words <ready
    [[ \${words[0]} != silence ]] || words[0]=
    ((\${#words[@]} < 2)) || echo "\${words[@]:1}" >ready
    [[ -n \${words[0]} ]] && echo "\${words[0]}"
    ;;
  "get node"*) echo worker ;;
  "cordon "*) echo cordoned >>log ;;
  "drain "*) drain ;;
  esac
}
refuse() { echo "$2 [$1]"; exit 1; }`;

function drainNode({ ready, drain }: { ready: string; drain: string }) {
  const cwd = fs.mkdtempSync(path.join(temporary, "node-"));
  fs.writeFileSync(path.join(cwd, "ready"), `${ready}\n`);
  fs.writeFileSync(path.join(cwd, "log"), "");
  const script = `set -Eeuo pipefail
    SCRATCH=. DRAIN_SECONDS=300 leaves_note=kubeadm-kafka/leaves
    ${KUBECTL}
    drain() { ${drain}; }
    ${readScript("nodes")}
    drain_node worker`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8", timeout: 20_000 });
  return { status, said: stdout.trim(), log: fs.readFileSync(path.join(cwd, "log"), "utf8").trim().split("\n") };
}

const moves = "echo moved >>log";
const forever = "echo begun >>log; exec sleep 300";

test("pods of a node that lives are moved", () =>
  expect(drainNode({ ready: "True", drain: moves })).toEqual({ status: 0, said: "", log: ["cordoned", "moved"] }));

test("nobody waits for the pods of a node that is known to be dead", () =>
  expect(drainNode({ ready: "Unknown", drain: moves })).toEqual({ status: 0, said: "", log: ["cordoned"] }));

test("nor any longer where it turns out to be dead meanwhile", () =>
  expect(drainNode({ ready: "True True Unknown", drain: forever })).toEqual({
    status: 0,
    said: "",
    log: ["cordoned", "begun"],
  }));

test("an API server that says nothing doesn't make a node dead: its pods are moved", () =>
  expect(drainNode({ ready: "silence", drain: moves })).toEqual({ status: 0, said: "", log: ["cordoned", "moved"] }));

test("pods that don't move stop it, with the reason", () =>
  expect(drainNode({ ready: "True", drain: "echo 'error: disruption budget' >&2; return 1" })).toMatchObject({
    status: 1,
    said: "error: disruption budget\npods on worker would not move within 300 seconds: error: disruption budget [KK720]",
  }));

test("with a node go the volumes on its disk that no claim has any more; one that is being given up is waited for", () => {
  const cwd = fs.mkdtempSync(path.join(temporary, "volumes-"));
  const script = `set -Eeuo pipefail
    kubectl() {
      case $* in
      "get pv "*) printf '%s\\n' "stays pv-0 kafka data-0" "goes pv-1 kafka data-1" "goes pv-2 kafka data-2" "goes pv-3 kafka data-3" ;;
      "get pvc data-1 --namespace kafka"*deletionTimestamp*) [[ -e gone ]] || echo "2026-11-22T00:00:00Z" ;;
      "wait pvc data-1 --namespace kafka --for delete"*) touch gone ;;
      "get pvc data-1 "*volumeName*) [[ -e gone ]] && echo pv-1-elsewhere || echo pv-1 ;;
      "get pvc data-2 "*volumeName*) echo pv-2 ;;
      "delete "*) echo "$*" ;;
      esac
    }
    ${readScript("nodes")}
    delete_node goes`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8" });
  expect({ status, said: stdout.trim().split("\n") }).toEqual({
    status: 0,
    said: [
      "delete node goes --ignore-not-found",
      "delete pv pv-1 --wait=false",
      "delete pv pv-3 --wait=false",
      "delete pods --all-namespaces --field-selector spec.nodeName=goes --force --grace-period 0",
    ],
  });
});
