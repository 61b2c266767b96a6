import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "upgrade-by-hand-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const script = path.join(__dirname, "../../../e2e/years/upgrade-by-hand.sh");

/** Stand-ins that write down what they are called with; ssh also what it is to run. */
const standIns = {
  ssh: `#!/bin/bash
printf '%s\\n' "$*" | grep --only-matching 'root@[^ ]*' >>"$CALLS"
sed 's/^/  /' >>"$CALLS"
`,
  kubectl: `#!/bin/bash
[[ $* != create\\ --filename* && $* != "set env"* ]] || cat >/dev/null
echo "kubectl $*" >>"$CALLS"
[[ -z \${FAILS:-} || $* != $FAILS* ]]
`,
};
for (const [name, text] of Object.entries(standIns))
  fs.writeFileSync(path.join(temporary, name), text, { mode: 0o755 });

/** Runs the script for a control plane and two workers. @param fails kubectl's call that fails, by its beginning */
function upgrade(fails = ""): { status: number | null; calls: string[] } {
  const calls = path.join(temporary, "calls");
  fs.writeFileSync(calls, "");
  const { status } = spawnSync("bash", [script], {
    env: {
      PATH: `${temporary}:${process.env["PATH"]}`,
      CALLS: calls,
      FAILS: fails,
      MASTER: "master=10.0.0.1",
      WORKERS: "one=10.0.0.2 two=10.0.0.3",
      VERSION: "1.35.4",
      KUBECONFIG: "none",
      LOGS: temporary,
      KEY: "none",
    },
  });
  return { status, calls: fs.readFileSync(calls, "utf8").split("\n").filter(Boolean) };
}

/** The steps of an upgrade by hand among the calls, in order. */
const steps = (calls: readonly string[]): string[] =>
  calls.flatMap((call) => {
    const [gate] = /NODE=\S+ MOMENT=\S+/.exec(call) ?? [];
    if (gate !== undefined) return [gate];
    const isStep = /^root@|^ +kubeadm |systemctl restart|^kubectl (drain|uncordon) /.test(call);
    return isStep ? [call.trim().replace(/ --(patches|ignore).*$/, "")] : [];
  });

test("each host is upgraded as kubeadm's documentation says, with Kafka's gate around its drain", () => {
  const { status, calls } = upgrade();
  expect(status).toBe(0);
  const host = (name: string, address: string, ...kubeadm: string[]) => [
    `root@${address}`,
    ...kubeadm,
    `NODE=${name} MOMENT=before`,
    `kubectl drain ${name}`,
    `root@${address}`,
    "systemctl restart kubelet",
    `kubectl uncordon ${name}`,
    `NODE=${name} MOMENT=after`,
  ];
  expect(steps(calls)).toEqual([
    ...host("master", "10.0.0.1", "kubeadm upgrade plan v1.35.4", "kubeadm upgrade apply v1.35.4 --yes"),
    ...host("one", "10.0.0.2", "kubeadm upgrade node"),
    ...host("two", "10.0.0.3", "kubeadm upgrade node"),
  ]);
});

test("each of kubeadm's commands gets flags that it knows: `upgrade plan` has none for patches", () => {
  const flags = upgrade()
    .calls.map((call) => /^ +kubeadm upgrade (\w+).*?( --(?:patches|ignore).*)$/.exec(call))
    .flatMap((match) => (match ? `${match[1]!}${match[2]!}` : []));
  const ignored = "--ignore-preflight-errors SystemVerification";
  const node = `node --patches /var/lib/kubeadm-kafka/patches ${ignored}`;
  expect(flags).toEqual([`plan ${ignored}`, `apply --patches /var/lib/kubeadm-kafka/patches ${ignored}`, node, node]);
});

test("an API server that its kubelet makes anew answers again before the node takes pods", () => {
  const { calls } = upgrade();
  const restarted = calls.findIndex((call) => call.includes("systemctl restart kubelet"));
  const answers = calls.findIndex((call) => call.startsWith("kubectl get --raw /readyz"));
  expect(answers).toBeGreaterThan(restarted);
  expect(answers).toBeLessThan(calls.indexOf("kubectl uncordon master"));
});

test("packages are of the version, and held", () => {
  const { calls } = upgrade();
  const ofMaster = calls.slice(0, calls.indexOf("root@10.0.0.2")).map((call) => call.trim());
  const install = "apt-get -qq install --yes --no-install-recommends";
  expect(ofMaster).toEqual(
    expect.arrayContaining([
      `${install} kubeadm=1.35.4-*`,
      "apt-mark hold kubeadm",
      `${install} kubelet=1.35.4-* kubectl=1.35.4-*`,
      "apt-mark hold kubelet kubectl",
    ]),
  );
});

test.each(["wait job/gate", "drain", "wait node"])(
  "a failure of `kubectl %s` ends it before the next host",
  (fails) => {
    const { status, calls } = upgrade(fails);
    expect(status).not.toBe(0);
    expect(calls).not.toContain("root@10.0.0.2");
  },
);
