import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";
import { STORAGE_ANNOTATION } from "../../../components/kafka/declared/changeGuard";
import { isOfRemovedNode } from "../../../components/kafka/plan/claims";
import { planKafka } from "../../../components/kafka/plan/kafkaPlan";
import { judgeVolumes } from "../../../components/storage/volumesPlan";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "nodes-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/**
 * A fake kubectl for nodes.sh. The file `ready` has the node's readiness, one word per request; the last word is repeated.
 */
const KUBECTL = `
kubectl() {
  case $* in
  *unschedulable*) [[ ! -e silent ]] && echo "worker $(<cordoned)" ;;
  *jsonpath*)
    local words
    read -r -a words <ready
    [[ \${words[0]} != silence ]] || words[0]=
    ((\${#words[@]} < 2)) || echo "\${words[@]:1}" >ready
    [[ -n \${words[0]} ]] && echo "\${words[0]}"
    ;;
  "annotate node worker kubeadm-kafka/leaves=yes --overwrite") echo marked >>log ;;
  "cordon "*) echo cordoned >>log ;;
  "drain "*) drain ;;
  esac
}
refuse() { echo "$2 [$1]"; exit 1; }`;

interface Drained {
  ready: string;
  drain: string;
  /** Whether the API server doesn't answer. @default false */
  silent?: boolean;
  /** Whether the node is cordoned already. @default false */
  cordoned?: boolean;
}

function drainNode({ ready, drain, silent = false, cordoned = false }: Drained) {
  const cwd = fs.mkdtempSync(path.join(temporary, "node-"));
  fs.writeFileSync(path.join(cwd, "ready"), `${ready}\n`);
  fs.writeFileSync(path.join(cwd, "log"), "");
  fs.writeFileSync(path.join(cwd, "cordoned"), cordoned ? "true" : "");
  if (silent) fs.writeFileSync(path.join(cwd, "silent"), "");
  const script = `set -Eeuo pipefail
    SCRATCH=. DRAIN_SECONDS=300 leaves_note=kubeadm-kafka/leaves
    ${KUBECTL}
    drain() { ${drain}; }
    ${readScript("lib/nodes")}
    drain_node worker`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8", timeout: 20_000 });
  return { status, said: stdout.trim(), log: fs.readFileSync(path.join(cwd, "log"), "utf8").trim().split("\n") };
}

const moves = "echo moved >>log";
const forever = "echo begun >>log; exec sleep 300";

test("pods of a living node are moved", () =>
  expect(drainNode({ ready: "True", drain: moves })).toEqual({
    status: 0,
    said: "",
    log: ["marked", "cordoned", "moved"],
  }));

test("a leave doesn't mark a node that is already cordoned, so that it stays cordoned if the leave is undone", () =>
  expect(drainNode({ ready: "True", drain: moves, cordoned: true })).toEqual({ status: 0, said: "", log: ["moved"] }));

test("pods of a node that is known to be dead aren't awaited", () =>
  expect(drainNode({ ready: "Unknown", drain: moves })).toEqual({ status: 0, said: "", log: ["marked", "cordoned"] }));

test("pods are no longer awaited once their node turns out to be dead", () =>
  expect(drainNode({ ready: "True True Unknown", drain: forever })).toEqual({
    status: 0,
    said: "",
    log: ["marked", "cordoned", "begun"],
  }));

test("an API server that doesn't answer doesn't make a node dead: its pods are moved", () =>
  expect(drainNode({ ready: "silence", drain: moves })).toEqual({
    status: 0,
    said: "",
    log: ["marked", "cordoned", "moved"],
  }));

test("an API server that doesn't say whether a node exists doesn't mean that it doesn't", () =>
  expect(drainNode({ ready: "True", drain: moves, silent: true }).status).toBe(1));

test("pods that don't move stop the leave, with the reason", () =>
  expect(drainNode({ ready: "True", drain: "echo 'error: disruption budget' >&2; return 1" })).toMatchObject({
    status: 1,
    said: "error: disruption budget\npods on worker would not move within 300 seconds: error: disruption budget [KK720]",
  }));

test("volumes on a node's disk that no claim has any more are deleted with the node; one that is being given up is awaited", () => {
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
    ${readScript("lib/nodes")}
    delete_node goes`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8" });
  expect({ status, said: stdout.trim().split("\n") }).toEqual({
    status: 0,
    said: [
      "delete node goes --ignore-not-found --wait=false",
      "delete pv pv-1 --wait=false",
      "delete pv pv-3 --wait=false",
      "delete pods --all-namespaces --field-selector spec.nodeName=goes --force --grace-period 0 --wait=false",
    ],
  });
});

/** Runs the command `call` with the functions of nodes.sh, and with `kubectl` as a fake. */
function nodesScript(call: string, kubectl: string) {
  const cwd = fs.mkdtempSync(path.join(temporary, "call-"));
  const script = `set -Eeuo pipefail
    DRAIN_SECONDS=0
    kubectl() { case $* in ${kubectl} esac; }
    refuse() { echo "$2 [$1]"; exit 1; }
    ${readScript("lib/nodes").replace("since < 120", "since < 2")}
    ${call}`;
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8", timeout: 20_000 });
  return { status, said: stdout.trim() };
}

describe("a node that leaves", () => {
  /** Objects that each look finds: the node (n), its pods (a, b) and a successor of one of them (B). The last look is repeated. */
  const leave = (...looks: string[]) =>
    nodesScript(
      "echo 0 >look; delete_node goes; echo went on",
      `
      "get node goes "*)
        looks=(${looks.join(" ")}) at=$(<look)
        echo "\${looks[at]}" >left
        ((at == ${looks.length - 1})) || echo $((at + 1)) >look
        ! grep -q n left || echo "uid-n node/goes"
        ;;
      "get pods "*)
        ! grep -q a left || echo "uid-a kafka/a"
        ! grep -q b left || echo "uid-b kafka/b"
        ! grep -q B left || echo "uid-B kafka/b"
        ;;
      "get pv "*) ;;`,
    );

  test("has left when its objects are deleted, one after the other; a newly created pod isn't awaited", () =>
    expect(leave("nab", "nab", "ab", "b", "B")).toEqual({ status: 0, said: "went on" }));

  test("doesn't block the control plane forever by an object that a finalizer keeps", () =>
    expect(leave("nab", "b")).toEqual({
      status: 1,
      said:
        "goes has left, but these were deleted and don't go: kafka/b. A finalizer holds each of them: see metadata.finalizers, " +
        "and what should remove it; then run up again [KK846]",
    }));

  test("doesn't count as gone if the API server doesn't list its objects", () =>
    expect(nodesScript("delete_node goes", `"get node "*) ;; "get pods "*) return 1 ;; "get pv "*) ;;`)).toEqual({
      status: 1,
      said: "",
    }));
});

test("a volume stays if the API server doesn't say whether its claim still has it", () => {
  const answers = (what: string) =>
    nodesScript(
      "delete_node goes",
      `"get pv "*) echo "goes pv-0 kafka data-0" ;; "get pvc "*${what}*) return 1 ;; "get pvc "*) ;; "delete pv "*) echo "$*" ;;`,
    );
  for (const what of ["deletionTimestamp", "volumeName"]) expect(answers(what)).toEqual({ status: 1, said: "" });
});

test("a volume that no claim has ever had belongs to somebody else, and stays", () =>
  expect(
    nodesScript(
      "delete_node goes",
      `"get pv "*) echo "goes pv-0  " ;; "get pvc "*) return 1 ;; "delete pv "*) echo "$*" ;;`,
    ),
  ).toEqual({ status: 0, said: "" }));

describe("volumes on the disk of a node that leaves", () => {
  const volumes = `"get pv "*) printf '%s\\n' "stays pv-0" "goes pv-1" "goes pv-2" "goes-too pv-3" " pv-4" ;;`;
  const claims = (...lines: string[]) =>
    `"get pvc --all-namespaces "*) printf '%s\\n' ${lines.map((line) => `"${line}"`).join(" ")} ;;`;
  const sets = (...lines: string[]) =>
    `"get statefulsets --all-namespaces "*) printf '%s\\n' ${lines.map((line) => `"${line}"`).join(" ")} ;;`;
  const look = (...cases: string[]) => nodesScript("refuse_to_lose_volumes goes; echo went on", cases.join("\n"));
  const free = { status: 0, said: "went on" };

  test("keep the node as long as claims have them, and the error has the commands that give them up", () =>
    expect(look(volumes, claims("pv-2 kafka/data-2", "pv-0 kafka/data-0", "pv-1 shop/data-1"), sets())).toEqual({
      status: 1,
      said:
        "goes would leave with the volumes of kafka/data-2 shop/data-1, which are on its disk. Leave it in the config as it was; or, if others " +
        "have replicas of what is there, close the host to pods and give these up, so that up moves them: kubectl cordon goes; kubectl " +
        "delete pvc data-2 --namespace kafka --wait=false; kubectl delete pvc data-1 --namespace shop --wait=false; The host was not " +
        "touched [KK806]",
    }));

  test("don't keep the node after they were given up", () =>
    expect(look(volumes, claims("pv-0 kafka/data-0", "pv-3 kafka/data-3"), sets())).toEqual(free));

  test("an annotation says which StatefulSets are Kafka's", () =>
    expect(readScript("lib/nodes")).toContain(`"${STORAGE_ANNOTATION}"`));

  // The program and the script have to agree on the same cluster, once the StatefulSets are as planned.
  test.each([
    ["kafka/data-kafka-2", "of a broker that stays", true],
    ["kafka/data-kafka-3", "of a broker that was removed", false],
    ["kafka/data-1-kafka-10", "of another volume of a broker that was removed", false],
    ["kafka/data-kafka-controller-0", "of a controller that stays", true],
    ["kafka/data-kafka-controller-1", "of a controller that was removed", false],
    ["kafka/data-shop-08", "of another StatefulSet", true],
    ["kafka/kafka-7", "of another template", true],
    ["shop/data-kafka-3", "of another namespace", true],
  ])("the claim %s, %s, holds a host here and in the preview: %p", (name, _, holds) => {
    const plan = planKafka("kafka", "kafka", 3, 1);
    const nodeSets = plan.pools.map((pool) => `kafka ${pool.name} ${pool.nodes.length}`);
    expect(look(volumes, claims(`pv-1 ${name}`), sets(...nodeSets)).status).toBe(holds ? 1 : 0);

    const [namespace, claim] = name.split("/") as [string, string];
    const hostname = { key: "kubernetes.io/hostname", values: ["goes"] };
    const found = {
      nodes: [{ metadata: { name: "goes" } }],
      claims: [{ metadata: { name: claim, namespace }, spec: { volumeName: "pv-1" } }],
      volumes: [
        {
          metadata: { name: "pv-1" },
          spec: { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } } },
        },
      ],
    };
    const { refusals } = judgeVolumes(found, [], "kafka", (each) => isOfRemovedNode(plan, each));
    expect(refusals).toHaveLength(holds ? 1 : 0);
  });

  test("are still needed if somebody has scaled their StatefulSet to zero", () =>
    expect(look(volumes, claims("pv-1 kafka/data-kafka-0"), sets("kafka kafka 0")).status).toBe(1));

  test.each(["pv", "pvc", "statefulsets"])("a node stays if the API server doesn't answer for %s", (what) =>
    expect(look(`"get ${what} "*) return 1 ;;`, volumes, claims("pv-0 kafka/data-0"), sets())).toEqual({
      status: 1,
      said: "",
    }),
  );
});

test("a node has left when the StatefulSets' pods that ran there are ready elsewhere; otherwise it is an error", () => {
  const waits = (ready: string) =>
    nodesScript("wait_for_members gone kafka/kafka-1", `"wait pod kafka-1 "*) ${ready} ;;`);
  expect(waits("true")).toEqual({ status: 0, said: "" });
  expect(waits("false")).toEqual({
    status: 1,
    said:
      "gone has left, and kafka/kafka-1, which ran there, is not ready elsewhere after 0 seconds; kubectl describe pod kafka-1 " +
      "--namespace kafka says why [KK841]",
  });
});
