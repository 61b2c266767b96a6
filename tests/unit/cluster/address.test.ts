import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

/** A machine whose kubelet was last told 10.0.0.1, with folders for /var/lib and /etc. */
const machine = fs.mkdtempSync(path.join(os.tmpdir(), "address-"));
afterAll(() => fs.rmSync(machine, { recursive: true }));
const write = (file: string, text: string): void => {
  fs.mkdirSync(path.dirname(path.join(machine, file)), { recursive: true });
  fs.writeFileSync(path.join(machine, file), text);
};
const read = (file: string): string => fs.readFileSync(path.join(machine, file), "utf8");
const flags = "var/lib/kubelet/kubeadm-flags.env";

beforeEach(() => {
  fs.rmSync(machine, { recursive: true });
  write(flags, 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1 --pod-infra-container-image=pause"\n');
  write("var/lib/kubeadm-kafka/owner", "us");
  write("var/lib/etcd/member/snap/db", "records");
  write("etc/kubernetes/manifests/etcd.yaml", "of 10.0.0.1");
});

/** Runs commands with the functions of the host scripts. @returns their output and exit code */
function run(commands: string, inputs = "ADDRESS=10.0.0.2 HOST=a CONTROL_PLANES='a=10.0.0.2 b=10.0.0.3'") {
  const functions = ["lib", "etcd", "address"].map((name) => readScript(`lib/${name}`)).join("\n");
  const script = `${inputs}\nsystemctl() { :; }\n${functions}\n${commands}`.replaceAll(
    /(?<= |=|"|\{)\/(var\/lib|etc)\//g,
    `${machine}/$1/`,
  );
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input: script, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("a node counts as moved when its kubelet has another address, until the move is complete", () => {
  expect(run("has_moved", "ADDRESS=10.0.0.1").status).toBe(1);
  expect(run("has_moved").status).toBe(0);
  expect(run("move_kubelet").stderr).toBe("");
  expect(read(flags)).toContain("--node-ip=10.0.0.2 --pod");
  expect(run("has_moved").status).toBe(0);
  expect(run('rm "$moving" && has_moved').status).toBe(1);
});

test("an interrupted move remembers the first address, even if there is a third by then", () => {
  run("move_kubelet");
  run("move_kubelet", "ADDRESS=10.0.0.3");
  expect(run('cat "$moving"').stdout).toBe("10.0.0.1\n");
  expect(read(flags)).toContain("--node-ip=10.0.0.3 ");
});

test("the backup is from before the move: a repeated move doesn't overwrite it", () => {
  run("keep_copy; note_move");
  write("etc/kubernetes/manifests/etcd.yaml", "half of 10.0.0.2");
  expect(run("keep_copy; note_move").status).toBe(0);
  const copy = "var/lib/etcd/kubeadm-kafka-before-move";
  expect(read(`${copy}/etc-kubernetes/manifests/etcd.yaml`)).toBe("of 10.0.0.1");
  expect(read(`${copy}/etcd-member/snap/db`)).toBe("records");
  expect(run('rm "$moving"; keep_copy').status).toBe(0);
  expect(read(`${copy}/etc-kubernetes/manifests/etcd.yaml`)).toBe("half of 10.0.0.2");
});

test("a member at another address than listed is not removed, since it is about to move", () => {
  const isUnlisted = (name: string, address: string) => run(`unlisted peer id ${name} ${address}`).status === 0;
  expect(isUnlisted("a", "10.0.0.1")).toBe(false);
  expect(isUnlisted("c", "10.0.0.4")).toBe(true);
  expect(isUnlisted("-", "10.0.0.3")).toBe(true);
});

test("a joining machine replaces the member of its name, and that of its address only if no listed host has it", () => {
  const givesWay = (name: string, address: string) => run(`has_my_place peer id ${name} ${address}`).status === 0;
  expect(givesWay("a", "10.0.0.9")).toBe(true);
  expect(givesWay("c", "10.0.0.2")).toBe(true);
  expect(givesWay("b", "10.0.0.2")).toBe(false);
});

describe("one of several control planes asks the others whether it may move", () => {
  const functions = readScript("preflight").split("\ncheck_system\n")[0]!;
  /** The preflight's findings if the API servers at these addresses answer. */
  function findings(answering: string[], inputs: string): string {
    write("var/lib/kubeadm-kafka/cluster", "");
    const kubectl = `kubectl() { [[ " ${answering.map((each) => `https://${each}:6443`).join(" ")} " == *" $4 "* ]]; }`;
    const { stderr, stdout } = run(`${functions}\n${kubectl}\ncheck_move\nprintf '%s\n' "\${findings[@]}"`, inputs);
    expect(stderr).toBe("");
    return stdout.trim();
  }
  const moved = "ROLE=control-plane ADDRESS=10.0.0.2 HOST=a CONTROL_PLANES='a=10.0.0.2 b=10.0.0.3 c=10.0.0.4'";

  test("it may while one serves: etcd has a majority then", () => {
    expect(findings(["10.0.0.4"], moved)).toBe("");
  });

  test("it is refused while none does, since all may have moved at once", () => {
    expect(findings([], moved)).toMatch(
      /^move .*was at 10\.0\.0\.1, and no other .*existing\[\]\.address.*\[KK729\]$/s,
    );
  });

  test("it isn't asked if it stays, is the only one, or is a worker", () => {
    expect(findings([], moved.replace("ADDRESS=10.0.0.2", "ADDRESS=10.0.0.1"))).toBe("");
    expect(findings([], "ROLE=control-plane ADDRESS=10.0.0.2 HOST=a CONTROL_PLANES='a=10.0.0.2'")).toBe("");
    expect(findings([], "ROLE=worker ADDRESS=10.0.0.2 HOST=a CONTROL_PLANES=''")).toBe("");
  });
});
