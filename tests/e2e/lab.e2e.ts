import {
  createKey,
  createMachine,
  difference,
  inContainer,
  logins,
  loginsFrom,
  plantHostileTrees,
  removeMachine,
  snapshot,
} from "../support/hostContainers";
import { Report } from "./support/report";
import { residue } from "./support/residue";
import { output } from "../support/shell";
import { Stack } from "../support/stack";
import { story } from "./support/story";

const stack = new Stack("e2e-lab");
const report = new Report("lab", "e2e");

/** Machines that no stack made, listed by address and host key as in Pulumi.lab.yaml. A user with sudo logs in through a bastion. */
const machines = [
  { name: "master", role: "control-plane", container: "e2e-lab-master", address: "172.30.0.60" },
  { name: "worker", role: "worker", container: "e2e-lab-worker", address: "172.30.0.61" },
];
const bastion = { container: "e2e-lab-bastion", address: "172.30.0.62" };

story("two existing machines, from nothing to Kafka and back", (step) => {
  let before: string[][];

  step("set-up: two machines have files and rules of others, and a bastion leads to them", async () => {
    await stack.clear();
    const { privateKey, publicKey } = await createKey();
    const existing = [];
    const keyOfBastion = await createMachine(bastion, "bastion", publicKey);
    for (const machine of machines) {
      const hostKey = await createMachine(machine, machine.name, publicKey);
      existing.push({ name: machine.name, role: machine.role, address: machine.address, ssh: { hostKey } });
    }
    const ssh = { user: "admin", bastion: { host: bastion.address, hostKey: keyOfBastion } };
    await stack.create({ hosts: { ssh, existing }, kubernetes: { scheduleOnControlPlane: true } });
    await stack.setSecret("sshPrivateKey", privateKey);
    for (const { container } of machines) {
      // Files and rules of others, which have to survive the stack.
      await output("docker", [
        "exec",
        container,
        "iptables",
        "-A",
        "INPUT",
        "-s",
        "192.0.2.1",
        "-j",
        "DROP",
        "-m",
        "comment",
        "--comment",
        "foreign",
      ]);
      await output("docker", [
        "exec",
        container,
        "bash",
        "-c",
        "mkdir -p /etc/cni/net.d /srv/theirs && echo '{}' >/etc/cni/net.d/99-foreign.conf && echo root >/srv/theirs/passwd",
      ]);
    }
    // Each login prints a greeting, and sets a proxy that reaches no API server.
    for (const { container } of machines) {
      await inContainer(
        container,
        "echo 'HTTPS_PROXY=http://192.0.2.1:3128' >>/etc/environment && sed --in-place '1i echo Welcome' /home/admin/.bashrc",
      );
    }
    before = await Promise.all(machines.map(({ container }) => snapshot(container)));
  });

  step("a wrong host key is refused before anything is touched", async () => {
    const right = (await stack.config("hosts.existing[1].ssh.hostKey")).trim();
    await stack.setConfig("hosts.existing[1].ssh.hostKey", right.replace(/.{8}$/, "AAAAAAAA"));
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/host key mismatch/);
    expect(await changedSince(before)).toEqual([]);
    await stack.setConfig("hosts.existing[1].ssh.hostKey", right);
  });

  step("an unreachable host is named before anything is touched", async () => {
    const right = (await stack.config("hosts.existing[1].address")).trim();
    await stack.setConfig("hosts.existing[1].address", "172.30.0.199");
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    // The bastion's error shows that nothing answers at that address.
    expect(stdout + stderr).toMatch(/worker-preflight[\s\S]*connect failed/);
    expect(await changedSince(before)).toEqual([]);
    await stack.setConfig("hosts.existing[1].address", right);
  });

  step("up from nothing ends with a verified Kafka", async () => {
    const { seconds } = await stack.up();
    const { verification } = await stack.outputs();
    report.add("upSeconds", seconds);
    report.add("verification", verification);
    expect(verification.brokers).toBe(1);
  });

  step("only the bastion has logged in to the machines", async () => {
    for (const { container } of machines) expect(await loginsFrom(container)).toEqual([bastion.address]);
  });

  step("the second up changes nothing", async () => {
    const { changes, seconds } = await stack.up();
    report.add("secondUpSeconds", seconds);
    expect(changes).toEqual({});
  });

  // The packets are dropped where neither the preflight nor Calico sees the rule, as in a cloud's security group.
  step("a network that drops VXLAN between the machines is reported", async () => {
    const rule = "PREROUTING --table raw --source 172.30.0.60 --protocol udp --dport 4789 --jump DROP";
    const checkWorker = ["--yes", "--skip-preview", "--target-replace", "**::e2e-lab-worker-pod-network"];
    const again = () => stack.try("up", "--stack", stack.name, ...checkWorker);
    const others = await logins("e2e-lab-master");
    await inContainer("e2e-lab-worker", `iptables --insert ${rule}`);
    const start = Date.now();
    const dropped = await again();
    report.add("secondsToKK860", (Date.now() - start) / 1000);
    await inContainer("e2e-lab-worker", `iptables --delete ${rule}`);
    expect(dropped.code).not.toBe(0);
    expect(dropped.stdout + dropped.stderr).toMatch(
      /worker: pod-network: VXLAN, .* between worker \(172\.30\.0\.61\) and master \(172\.30\.0\.60\); accept UDP 4789 .* \[KK860\]/,
    );
    expect(await again()).toMatchObject({ code: 0 });
    // Kafka is verified again, since the failed step may have harmed it (KK880).
    expect((await stack.up()).changes).toEqual({ replaced: 3 });
    expect((await stack.up()).changes).toEqual({});
    expect(await logins("e2e-lab-master")).toBe(others);
  });

  step("drift finds nothing after up", async () => {
    expect(await stack.drift()).toEqual({
      code: 0,
      report: "nothing differs, hosts looked at: 2\n",
      repair: undefined,
    });
  });

  step("drift names each change on a host, and the command that repairs all of them", async () => {
    await inContainer("e2e-lab-worker", spoil);
    const { code, report: found, repair } = await stack.drift();
    report.add("drift", found);
    expect(code).not.toBe(0);
    expect(found.replace(/installed \S+?(,|$)/gm, "installed V$1")).toBe(
      [
        "worker is not as it was left:",
        "  file /etc/containerd/config.toml was edited",
        "  file /etc/modules-load.d/kubeadm-kafka.conf is missing",
        "  sysctl net.bridge.bridge-nf-call-ip6tables is 0, was 1",
        "  lines /etc/hosts is missing, was 172.30.0.61 worker,172.30.0.60 api.kubeadm-kafka.internal",
        "  unit kubelet.service is enabled inactive, was enabled active",
        "  pinned-package kubelet is install installed V, was hold installed V",
        "To repair it:",
        `  ${repair}`,
        "",
      ].join("\n"),
    );
    const steps = ["prepare", "join", "upgrade"].map((name) => ` --target-replace '**::e2e-lab-worker-${name}'`);
    expect(repair).toBe(`bin/pulumi up --stack e2e-lab${steps.join("")}`);

    const others = await logins("e2e-lab-master");
    await stack.typed(`${repair} --yes --skip-preview --non-interactive`);
    expect(await logins("e2e-lab-master")).toBe(others);
    expect(await stack.drift()).toMatchObject({ code: 0 });
    expect((await stack.up()).changes).toEqual({});
  });

  step(
    "destroy leaves the machines as they were: others' files stay, and pods' files go, whatever their names",
    async () => {
      const folders = ["/var/lib/kubeadm-kafka-volumes", "/var/lib/kubelet/theirs", "/var/lib/containerd/theirs"];
      await plantHostileTrees("e2e-lab-worker", folders, "/srv/theirs");
      const { seconds } = await stack.destroy();
      report.add("destroySeconds", seconds);
      const changes = await changedSince(before);
      report.add("residue", changes);
      expect(changes).toEqual([]);
    },
  );

  step.cleanUp(async () => {
    await stack.end();
    for (const { container } of [...machines, bastion]) await removeMachine(container);
    stack.remove();
  });
});

/** Changes that people make on hosts: one of each kind that drift compares. */
const spoil = `
set -eu
echo '# by hand' >>/etc/containerd/config.toml
rm /etc/modules-load.d/kubeadm-kafka.conf
apt-mark unhold kubelet >/dev/null
echo 0 >/proc/sys/net/bridge/bridge-nf-call-ip6tables
sed '/^# BEGIN kubeadm-kafka$/,/^# END kubeadm-kafka$/d' /etc/hosts >/tmp/hosts && cat /tmp/hosts >/etc/hosts && rm /tmp/hosts
systemctl stop kubelet
`;

async function changedSince(before: string[][]): Promise<string[]> {
  const after = await Promise.all(machines.map(({ container }) => snapshot(container)));
  return after.flatMap((lines, index) => difference(before[index]!, lines, residue.always));
}
