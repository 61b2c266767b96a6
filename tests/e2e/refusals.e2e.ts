import * as net from "node:net";

import { readResult } from "../../components/cluster/hostReport";
import { actions } from "../../components/cluster/actions";
import { composeScript, hostCommand } from "../../components/cluster/hostScript";
import { type HostFacts, parsePreflightFacts, togetherMistakes } from "../../components/cluster/steps/preflightReport";
import {
  createKey,
  createMachine,
  difference,
  inContainer,
  plantHostileTrees,
  removeMachine,
  snapshot,
  tryMachine,
} from "../support/hostContainers";
import { CLUSTER, clusterSettings, preflightScript } from "../support/preflight";
import { output, type Outcome, run } from "../support/shell";
import { root } from "../support/stack";
import { residue } from "./support/residue";
import { story } from "./support/story";

/** Hosts with every fault that a container can have. Each is refused with its message, and nothing is touched. */
const machine = { container: "e2e-refusals-host", address: "172.30.0.65" };
const other = { container: "e2e-refusals-other", address: "172.30.0.66" };

story("unfit hosts are refused with the reason and the remedy, and stay unchanged", (step) => {
  let publicKey: string;

  step("set-up: an empty machine boots", async () => {
    ({ publicKey } = await createKey());
    await createMachine(machine, "host", publicKey);
  });

  step("a container whose name or address another stack uses is not made, and that stack is named", async () => {
    const before = await containerId(machine.container);
    for (const wanted of [
      { ...other, container: machine.container },
      { ...other, address: machine.address },
    ]) {
      const { code, stderr } = await tryMachine(wanted, "host", (await createKey()).publicKey);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `the container ${machine.container}, of the stack e2e machines in ${root}, has its name`,
      );
      expect(stderr).toContain(`docker rm --force --volumes ${machine.container}`);
      expect(await containerId(machine.container)).toBe(before);
      expect(await containerId(other.container)).toBe("");
    }
  });

  step("a container whose port another program uses is not made", async () => {
    const server = net.createServer().listen(22066, "127.0.0.1");
    const { code, stderr } = await tryMachine(other, "host", publicKey);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain("port 22066 on loopback is another program's [KK717]");
    expect(await containerId(other.container)).toBe("");
  });

  step("removing a host doesn't remove another stack's container with the same name", async () => {
    const before = await containerId(machine.container);
    await output("bash", [`${root}/components/hosts/scripts/remove-container.sh`], {
      env: { CONTAINER: machine.container },
      stdin: (await createKey()).publicKey,
    });
    expect(await containerId(machine.container)).toBe(before);
  });

  step("a sound host passes the preflight", async () => {
    expect(await preflight({})).toMatchObject({ code: 0, stderr: "" });
  });

  step("a VPN that takes all traffic is accepted", async () => {
    await inContainer(
      machine.container,
      `ip link add vpn type veth peer name vpn-peer && ip link set vpn up && ip link set vpn-peer up
       ip route add 0.0.0.0/1 dev vpn && ip route add 128.0.0.0/1 dev vpn`,
    );
    expect(await preflight({})).toMatchObject({ code: 0, stderr: "" });
    await inContainer(machine.container, "ip link delete vpn");
  });

  step("lost+found on a dedicated disk for etcd is accepted", async () => {
    await inContainer(machine.container, "mkdir -p /var/lib/etcd/lost+found");
    expect(await preflight({})).toMatchObject({ code: 0, stderr: "" });
    await inContainer(machine.container, "rm -r /var/lib/etcd");
  });

  step("files of an earlier cluster, and whatever else keeps a node from working, are refused", async () => {
    await inContainer(machine.container, others);
    const { code, stderr } = await preflight({});
    expect(code).toBe(1);
    expect(stderr.replaceAll(/process \d+/g, "process N")).toBe(
      [
        "host (172.30.0.65) cannot become a node, nothing was touched on any host:",
        "  kmsg      no /dev/kmsg, without which the kubelet doesn't start; link it to the console: echo 'L /dev/kmsg - - - - /dev/console' | sudo tee /etc/tmpfiles.d/kmsg.conf && sudo systemd-tmpfiles --create [KK741]",
        "  volumes   /srv is in memory (tmpfs), so volumes would be lost at a boot; set storage.path to a folder on a disk [KK744]",
        "  volumes   /srv is read-only; mount it for writing, or set storage.path to another folder [KK744]",
        "  cni       another pod network's configuration is here; if nobody needs it: sudo rm /etc/cni/net.d/05-cilium.conflist [KK740]",
        "  cni       an earlier cluster's pods have addresses here; if nobody needs them: sudo rm -r /var/lib/cni/networks/k8s-pod-network [KK740]",
        '  port      9099 is taken by "systemd-socket-" (process N); stop it [KK709]',
        "  filter    drops what comes to the API server, tcp 6443 (table ip filter, chain INPUT); accept it there, also after a boot [KK746]",
        "",
      ].join("\n"),
    );
    await inContainer(machine.container, withoutOthers);
    expect(await preflight({})).toMatchObject({ code: 0, stderr: "" });
  });

  step("a packet filter that drops other hosts' packets is reported", async () => {
    const open = await look("1");
    await inContainer(
      machine.container,
      "iptables -A INPUT -i eth0 -j DROP && iptables -I INPUT -p tcp --dport 6443 -j ACCEPT",
    );
    expect((await look("2")).closed).toEqual([]); // a rule for one network card doesn't count, since it may not be the hosts' one
    await inContainer(
      machine.container,
      "iptables -F INPUT && iptables -P INPUT DROP && iptables -A INPUT -p tcp --dport 6443 -j ACCEPT",
    );
    const closed = await look("2");
    await inContainer(machine.container, "iptables -P INPUT ACCEPT && iptables -F INPUT");
    expect(together({ open, closed })).toEqual([
      expect.stringMatching(
        /^closed's packet filter drops .*: tcp 10250 \(.*\), tcp 2379 \(.*\), tcp 2380 \(.*\); .* \[KK746\]$/,
      ),
    ]);
  });

  /** Facts of the machine's preflight, by which hosts are compared. @param machineId replaces its own machine id */
  async function look(machineId?: string): Promise<HostFacts> {
    const startedAt = now();
    const { stdout } = await preflight({}, machine.address, undefined, startedAt);
    const facts = readResult(stdout, parsePreflightFacts, { host: "host", step: "preflight" });
    return { ...facts, ...(machineId && { machineId }), answered: now() };
  }
  const together = (hosts: Record<string, HostFacts>) => togetherMistakes(new Map(Object.entries(hosts)));

  step("one machine under two names is reported", async () => {
    expect(together({ one: await look(), two: await look() })).toEqual([
      expect.stringMatching(/^one and two have the same machine id .* \[KK711\]$/),
    ]);
  });

  step("hosts with different MTUs are reported", async () => {
    const usual = await look("1");
    await inContainer(machine.container, "ip link set eth0 mtu 1400");
    const smaller = await look("2");
    await inContainer(machine.container, `ip link set eth0 mtu ${usual.mtu}`);
    expect(together({ usual, smaller })).toEqual([
      expect.stringMatching(/^hosts have different MTUs.*1400.* \[KK722\]$/),
    ]);
  });

  // Containers share the machine's clock, so a fake `date` stands in for another one.
  step("a host whose clock is an hour behind is reported, one whose clock is right isn't", async () => {
    const right = await look("1");
    const fake = '#!/bin/sh\nexec /bin/date --date "1 hour ago" "$@"\n';
    await inContainer(machine.container, `printf '${fake}' >/usr/local/bin/date; chmod +x /usr/local/bin/date`);
    const behind = await look("2");
    await inContainer(machine.container, "rm /usr/local/bin/date");
    expect(together({ right, behind })).toEqual([
      expect.stringMatching(/^behind's clock is 3[56]\d\d seconds behind the others; .* \[KK727\]$/),
    ]);
    expect(together({ right, again: await look("3") })).toEqual([]);
  });

  step("a kernel without a required module, and a host without systemd, are refused", async () => {
    const { code, stderr } = await preflight({}, machine.address, undefined, undefined, withoutKernel);
    expect(code).toBe(1);
    const remedy = "install the distribution's full kernel (in a container: load it on the machine outside) [KK706]";
    expect(stderr).toBe(
      [
        "host (172.30.0.65) cannot become a node, nothing was touched on any host:",
        "  system    systemd is not running; boot the host with it [KK701]",
        `  kernel    no overlay file system; ${remedy}`,
        `  kernel    no br_netfilter; ${remedy}`,
        "  kernel    the memory cgroup is off; boot with cgroup_enable=memory [KK706]",
        "",
      ].join("\n"),
    );
  });

  step("a user who may not become root is refused", async () => {
    const command = hostCommand("host", actions.preflight, "create", "nobody");
    const { code, stderr } = await run("docker", ["exec", "--user", "nobody", machine.container, "sh", "-c", command]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/user nobody needs sudo without a password: .* \[KK715\]/);
  });

  step("an undo removes pods' files, whatever their names, and nothing outside their folders", async () => {
    await inContainer(machine.container, "mkdir /srv/theirs && echo root >/srv/theirs/passwd");
    const before = await snapshot(machine.container);
    const inputs = {
      CLUSTER,
      ROLE: "worker",
      POD_CIDR: clusterSettings.podCidr,
      PACKAGES: "remove",
    };
    const volumes = "/var/lib/kubeadm-kafka-volumes";
    const undone = { ...actions.undo, create: ["record"] } as const;
    const stdin = composeScript("host", undone, { ...inputs, VOLUMES_PATH: volumes });
    const bash = ["exec", "--interactive", machine.container, "bash", "-s", "--"];
    await output("docker", [...bash, "create"], { stdin });
    const folders = [volumes, "/var/lib/kubelet", "/var/log/pods", "/run/calico"];
    await plantHostileTrees(machine.container, folders, "/srv/theirs");
    await output("docker", [...bash, "delete"], { stdin });
    expect(difference(before, await snapshot(machine.container), residue.always)).toEqual([]);
    expect(
      await inContainer(machine.container, "ls --almost-all /srv/theirs; ls --directory /run/calico || true"),
    ).toBe("passwd\n");
  });

  step("all findings of a host are reported together, and the host stays unchanged", async () => {
    await inContainer(machine.container, spoil);
    await output("docker", ["update", "--memory", "1g", "--memory-swap", "1g", machine.container]);
    const before = await snapshot(machine.container);
    const { code, stderr } = await preflight({ diskGiB: 999_999 }, "172.30.0.67");
    expect(code).toBe(1);
    expect(stderr.replace(/\d+ GiB free/, "N GiB free").replaceAll(/process \d+/g, "process N")).toBe(
      [
        "host (172.30.0.67) cannot become a node, nothing was touched on any host:",
        "  system    debian 11 is not supported; take Debian 12 or 13, or Ubuntu 22.04 or 24.04 [KK701]",
        "  address   172.30.0.67 is on none of its network cards (eth0 172.30.0.65/24); correct it in the configuration [KK702]",
        "  memory    1024 MiB, needs 1700; give the machine more [KK703]",
        "  cpu       1 core, a control plane needs 2; give the machine more [KK704]",
        "  disk      N GiB free for /var/lib, needs 999999; free some or enlarge it [KK705]",
        "  cluster   is a node of some other cluster (/etc/kubernetes/kubelet.conf); if that is not needed: sudo kubeadm reset [KK707]",
        "  etcd      an etcd has its data here (/var/lib/etcd/member); if nobody needs it: sudo rm -r /var/lib/etcd/member [KK721]",
        "  package   kubelet 1.33.0-1.1 is there, not 1.34.4; sudo apt-mark unhold it and apt-get purge it [KK708]",
        '  port      10250 is taken by "systemd-socket-" (process N); stop it [KK709]',
        '  port      6443 is taken by "systemd-socket-" (process N); stop it [KK709]',
        "  network   10.244.0.0/16 is routed here already (10.244.7.0/24 via 172.30.0.1 dev eth0); choose another range [KK710]",
        "",
      ].join("\n"),
    );
    expect(difference(before, await snapshot(machine.container), residue.always)).toEqual([]);
  });

  step("the API server's port may be in use on a worker, unless a proxy will listen there", async () => {
    const taken = "port      6443 is taken";
    expect((await preflight({}, machine.address, { proxy: false })).stderr).not.toContain(taken);
    expect((await preflight({}, machine.address, { proxy: true })).stderr).toContain(taken);
  });

  step("a host of another stack is refused, and that stack is named", async () => {
    await inContainer(
      machine.container,
      "mkdir /var/lib/kubeadm-kafka && echo kubeadm-kafka/theirs >/var/lib/kubeadm-kafka/owner",
    );
    const { code, stderr } = await preflight({});
    expect(code).toBe(1);
    expect(stderr).toContain(`belongs to kubeadm-kafka/theirs, not to ${CLUSTER}; destroy that first`);
  });

  step("one of several control planes at another address is refused while no other answers", async () => {
    await inContainer(
      machine.container,
      `cd /var/lib && echo ${CLUSTER} >kubeadm-kafka/owner && echo host control-plane >kubeadm-kafka/node &&
       echo /srv/volumes >kubeadm-kafka/volumes-path && touch kubeadm-kafka/cluster && mkdir -p kubelet &&
       echo 'KUBELET_KUBEADM_ARGS="--node-ip=172.30.0.64 --pod-infra-container-image=x"' >kubelet/kubeadm-flags.env`,
    );
    const { code, stderr } = await preflight({});
    expect(code).toBe(1);
    expect(stderr).toContain(
      "move      was at 172.30.0.64, and no other control plane answers (host=172.30.0.65 other=172.30.0.66), so etcd can't agree to 172.30.0.65; set hosts.existing[].address",
    );
    expect((await preflight({}, machine.address, { proxy: false })).stderr).not.toContain("KK729");
  });

  step(
    "a node listed under another name or role is refused, and an undo under that name doesn't touch it",
    async () => {
      const { code, stderr } = await preflight({}, machine.address, { proxy: false });
      expect(code).toBe(1);
      expect(stderr).toContain(
        "node      is the control-plane host of this cluster, not the worker host; set its name and role back, or take it off the list, run up, and list it anew [KK732]",
      );
      const before = await snapshot(machine.container);
      const undo = composeScript("renamed", actions.undo, { CLUSTER, PACKAGES: "remove" });
      await output("docker", ["exec", "--interactive", machine.container, "bash", "-s", "--", "delete"], {
        stdin: undo,
      });
      const log = /\/var\/log\/kubeadm-kafka\.log /;
      expect(difference(before, await snapshot(machine.container), [...residue.always, log])).toEqual([]);
    },
  );

  step.cleanUp(() => removeMachine(machine.container));
});

/** Gives a host every fault that a container can have. */
const spoil = `
set -eu
sed --in-place 's/^VERSION_ID=.*/VERSION_ID="11"/' /etc/os-release
mkdir -p /var/lib/etcd/member
mkdir -p /etc/kubernetes && touch /etc/kubernetes/kubelet.conf
mkdir -p /tmp/kubelet/DEBIAN
printf '%s\\n' 'Package: kubelet' 'Version: 1.33.0-1.1' 'Architecture: all' 'Maintainer: nobody' 'Description: none' >/tmp/kubelet/DEBIAN/control
dpkg-deb --build /tmp/kubelet /tmp/kubelet.deb >/dev/null
dpkg --install /tmp/kubelet.deb >/dev/null
for port in 6443 10250; do systemd-run --quiet systemd-socket-activate --listen "$port" /bin/cat; done
until [ "$(ss --no-header --listening --tcp --numeric 'sport = :6443 or sport = :10250' | wc -l)" = 2 ]; do sleep 0.1; done
ip route add 10.244.7.0/24 via 172.30.0.1
`;

/** Files of an earlier cluster, and programs that conflict with a node. */
const others = `
set -eu
mkdir -p /etc/cni/net.d /var/lib/cni/networks/k8s-pod-network
echo '{"plugins": [{"type": "cilium-cni"}]}' >/etc/cni/net.d/05-cilium.conflist
mv /dev/kmsg /dev/kmsg.away
mount --types tmpfs --options ro none /srv
systemd-run --quiet --unit felix systemd-socket-activate --listen 127.0.0.1:9099 /bin/cat
until ss --no-header --listening --tcp 'sport = :9099' | grep --quiet .; do sleep 0.1; done
iptables -A INPUT -p tcp --dport 6443 -j DROP
`;

const withoutOthers = `
set -eu
rm -r /etc/cni /var/lib/cni
mv /dev/kmsg.away /dev/kmsg
umount /srv
systemctl stop felix
iptables -D INPUT -p tcp --dport 6443 -j DROP
`;

/** Hides the kernel's modules and systemd from the command that runs after it. */
const withoutKernel = `
mount --bind /dev/null /proc/filesystems
mount --bind /dev/null /proc/cgroups
for place in /proc/sys/net /sys/fs/cgroup /run/systemd; do mount --types tmpfs none "$place"; done
exec "$@"`;

/** Time of this machine, in seconds since 1970. */
const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Runs the preflight as `pulumi up` would compose it; on one core if a requirement is given.
 *
 * @param worker settings of a worker @default the host is a control plane
 * @param startedAt time of this machine, in seconds since 1970
 * @param setting shell command that runs first, in a mount namespace of its own
 */
function preflight(
  needs: { diskGiB?: number },
  address = machine.address,
  worker?: { proxy: boolean },
  startedAt?: number,
  setting?: string,
): Promise<Outcome> {
  const cores = Object.keys(needs).length > 0 ? "0" : "0-1";
  const host = { name: "host", role: worker ? "worker" : "control-plane", address } as const;
  const another = { name: "other", role: "control-plane", address: other.address } as const;
  const controlPlanes = worker ? [] : [host, another];
  const script = preflightScript(host, clusterSettings, controlPlanes, worker?.proxy ?? false, needs);
  const bash = [
    "taskset",
    "--cpu-list",
    cores,
    "bash",
    "-s",
    "--",
    "create",
    ...(startedAt ? [String(startedAt)] : []),
  ];
  const within = setting ? ["unshare", "--mount", "sh", "-c", setting, "sh"] : [];
  return run("docker", ["exec", "--interactive", machine.container, ...within, ...bash], { stdin: script });
}

/** The container's id; empty if there is no such container. */
function containerId(container: string): Promise<string> {
  return output("docker", ["ps", "--all", "--quiet", "--filter", `name=^${container}$`]);
}
