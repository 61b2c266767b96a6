import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readResult } from "../../../components/cluster/hostReport";
import { actions } from "../../../components/cluster/actions";
import { composeScript, shellQuote } from "../../../components/cluster/hostScript";
import { podNetworkInputs, uncheckedWarning } from "../../../components/cluster/steps/podNetworkPlan";
import { output, run } from "../../support/shell";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "pod-network-"));

/** Network namespaces need root: the user itself, a user namespace in which it is root, or sudo. */
const isRoot = process.getuid?.() === 0;
const canMapRoot = !isRoot && spawnSync("unshare", ["--map-root-user", "--net", "true"]).status === 0;
const sudo = isRoot || canMapRoot ? [] : ["sudo", "--non-interactive"];
const unshare = [...sudo, "unshare", ...(canMapRoot ? ["--map-root-user"] : [])];
afterAll(() => output("env", [...sudo, "rm", "--recursive", temporary]));

/** A certificate about as large as a kubelet's two, so that the server's part of a handshake needs more than one packet. */
const certificate = ["key", "cert"].map((name) => path.join(temporary, `${name}.pem`)) as [string, string];
const names = Array.from({ length: 20 }, (_, index) => `DNS:a-name-of-this-node-${index}.internal`).join();
const subject = ["-subj", "/CN=kubelet", "-addext", `subjectAltName=${names}`];
const files = ["-keyout", certificate[0], "-out", certificate[1]];
execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...files], { stdio: "ignore" });

/** A kubelet as clients without a certificate see it. It counts its connections in the file CONNECTIONS. */
const KUBELET = `
const { readFileSync, writeFileSync } = require("fs");
const [key, cert, connections] = process.argv.slice(2);
const files = { key: readFileSync(key), cert: readFileSync(cert), maxHeaderSize: 1 << 20 };
const server = require("https").createServer(files, (_, response) => setTimeout(() => response.writeHead(401).end(), 200));
let open = 0, most = 0, all = 0;
server.on("connection", (socket) => {
  most = Math.max(most, ++open);
  all++;
  socket.on("close", () => {
    open--;
    writeFileSync(connections, JSON.stringify({ most, all }));
  });
});
server.listen(10250);
`;

/** A kubectl that prints nodes.1 on the first request, nodes.2 on the second and so on; the last one is repeated. */
const KUBECTL = `#!/bin/bash
[[ $* == *"--kubeconfig $DIR/etc/cni/net.d/calico-kubeconfig --server https://api.internal:6443 "*" get nodes "* ]] || exit 1
printf . >>"$DIR/asked"
for ((last = $(wc -c <"$DIR/asked"); last > 0; last--)); do [[ ! -e $DIR/nodes.$last ]] || exec cat "$DIR/nodes.$last"; done
`;

/** Cluster settings that don't affect these tests. */
const fixed = { version: "1.34.4", serviceCidr: "10.96.0.0/12", scheduleOnControlPlane: true, encryptSecrets: true };

const first = "first True <none> 192.0.2.1 10.244.1.0";
const second = "second True <none> 192.0.2.2 10.244.2.0";

interface Circumstances {
  /** The API server's lists of nodes, one per request; the last one is repeated. @default both nodes */
  lists?: readonly (readonly string[])[];
  /** Requirements of the pod network. @default VXLAN's */
  ports?: readonly string[];
  /** Seconds for which the check continues after the last node that passed. @default 60, enough for checks that pass in the end */
  patience?: number;
  /** Seconds for which the check waits for an answer. @default 1 */
  timeout?: number;
  /** A ping that the first node has. @default it has none */
  ping?: string;
}

interface Ended {
  status: number;
  /** The script's output between its marks. */
  result: unknown;
  stderr: string;
  /** The first node's files. */
  dir: string;
}

/**
 * Runs the check on the first of two nodes in network namespaces.
 *
 * @param fault commands for the second node; `at_first` runs one at the first, whose files are in $DIR
 */
async function check(
  fault = "",
  { lists = [[first, second]], ports = ["udp 4789"], patience = 60, timeout = 1, ping }: Circumstances = {},
): Promise<Ended> {
  const dir = fs.mkdtempSync(path.join(temporary, "node-"));
  for (const folder of ["bin", "run", "var/log", "var/lib/kubeadm-kafka", "etc/cni/net.d"])
    fs.mkdirSync(path.join(dir, folder), { recursive: true });
  const write = (file: string, text: string) => fs.writeFileSync(path.join(dir, file), text, { mode: 0o755 });
  write("var/lib/kubeadm-kafka/owner", "kafka\n");
  write("etc/cni/net.d/calico-kubeconfig", "Calico's\n");
  write("bin/kubectl", KUBECTL);
  if (ping) write("bin/ping", `#!/bin/bash\n${ping}\n`);
  write("kubelet.js", KUBELET);
  lists.forEach((lines, index) => write(`nodes.${index + 1}`, lines.join("\n") + "\n"));

  const settings = { ...fixed, endpoint: "api.internal", podCidr: "10.244.0.0/16", podNetwork: { ports, mtu: 1450 } };
  const inputs = podNetworkInputs("192.0.2.1", settings);
  const stdin = composeScript("first", actions.podNetwork, { CLUSTER: "kafka", ...inputs })
    .replaceAll(/\/(run\/|var\/log\/|var\/lib\/|etc\/cni\/)/g, `${dir}/$1`)
    .replace("export HOME", `export DIR=${dir} PATH=${dir}/bin:$PATH HOME`)
    .replace("SECONDS + 600)", "SECONDS + 2)")
    .replaceAll(/patience=\d+/g, `patience=${patience}`)
    .replaceAll(/timeout (5|10) /g, `timeout ${timeout} `);
  const isolated = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const twoNodes = ["bash", path.join(__dirname, "../../support/twoNodes.sh"), fault.replaceAll("$DIR", dir)];
  const kubelet = [process.execPath, path.join(dir, "kubelet.js"), ...certificate, path.join(dir, "connections")];
  const [program = "", ...args] = [...unshare, ...isolated, ...twoNodes, ...kubelet];
  const { code: status, stdout, stderr } = await run(program, args, { stdin });
  const result = status === 0 ? readResult(stdout, JSON.parse, { host: "first", step: "pod-network" }) : undefined;
  return { status, result, stderr, dir };
}

/** The check's message about a permanent fault. It checks only once. */
async function refusal(fault: string, circumstances: Circumstances = {}): Promise<string> {
  const { status, stderr } = await check(fault, { patience: 0, ...circumstances });
  expect(status).toBe(1);
  return stderr;
}

/** Result of a check that passes without a message. */
const passed = expect.objectContaining({ status: 0, result: { unchecked: [] }, stderr: "" }) as Ended;
const between = "between first (192.0.2.1) and second (192.0.2.2)";
const drop = (rule: string, chain = "input") =>
  `nft add table ip f && nft 'add chain ip f c { type filter hook ${chain} priority 0; }' && nft add rule ip f c ${rule} drop`;
const atFirst = (commands: string) => `at_first bash -ec ${shellQuote(commands)}`;

test.concurrent("packets that get through, in both directions and of full size, are said nothing about", async () => {
  expect(await check()).toEqual(passed);
});

const wrapped = (name: string, protocol: string) =>
  `first: pod-network: ${name}, in which pods' packets travel, doesn't get through ${between}; accept ${protocol} in both ` +
  "directions, on the hosts and in whatever filters between them (a cloud's security group, for instance), then run bin/pulumi " +
  `up again. If it is accepted, a host drops what ${name} brings: accept TCP 10250 from 10.244.0.0/16 there [KK860]\n`;

test.concurrent.each([
  ["on its way there", drop("udp dport 4789")],
  ["on its way back", atFirst(drop("udp dport 4789"))],
  ["by the other host, once it has been unwrapped", drop("iifname vxlan.calico")],
])("VXLAN that is dropped %s is named with both hosts and the port", async (_, fault) => {
  expect(await refusal(fault)).toBe(wrapped("VXLAN", "UDP 4789"));
});

test.concurrent("so is IPIP", async () => {
  const fault = `${atFirst("ip link set vxlan.calico name tunl0")} && ${drop("udp dport 4789")}`;
  expect(await refusal(fault, { ports: ["tcp 179", "ipip"] })).toBe(wrapped("IPIP", "IP protocol 4"));
});

test.concurrent("so are packets that travel as they are, to a host of the same network", async () => {
  const direct = atFirst("ip route replace 10.244.2.0/26 via 192.0.2.2 dev eth0");
  expect(await check(direct)).toEqual(passed);
  expect(await refusal(`${direct} && ${drop("iifname eth0 ip daddr 10.244.0.0/16")}`)).toContain(
    `packets of pods, which travel here as they are, don't get through ${between}; accept 10.244.0.0/16`,
  );
});

test.concurrent("so is BGP; a node where nothing listens for it yet refuses it, which is an answer", async () => {
  expect(await check("", { ports: ["tcp 179"] })).toEqual(passed);
  expect(await refusal(drop("tcp dport 179"), { ports: ["tcp 179"] })).toContain(
    `doesn't get through ${between}; accept TCP 179 in both directions`,
  );
});

describe("large packets that are dropped while small ones get through are reported", () => {
  test.concurrent.each([
    ["there", drop("udp dport 4789 meta length 1491-65535")],
    ["back", atFirst(drop("udp dport 4789 meta length 1491-65535"))],
  ])("on their way %s", async (_, fault) => {
    const stderr = await refusal(fault);
    expect(stderr).toContain(
      `pods' packets of 1450 bytes don't get through ${between}, while small ones do; set network.mtu (now 1450) to less than 1450`,
    );
    expect(stderr).toContain("[KK861]");
  });
});

describe("no alarm about", () => {
  test.concurrent("a packet filter that refuses the kubelet's port, since a refusal is an answer", async () => {
    expect(await check(drop("tcp dport 10250").replace(/drop$/, "reject with tcp reset"))).toEqual(passed);
  });

  test.concurrent("one that drops that port and answers a ping of full size, where the host has ping", async () => {
    expect(await check(drop("tcp dport 10250"), { ping: "echo 1 received" })).toEqual(passed);
  });

  test.concurrent("but a small ping alone doesn't do", async () => {
    const ping = 'echo; [[ $* == *" -s 0 "* ]]';
    expect(await refusal(drop("tcp dport 10250"), { ping })).toContain("[KK861]");
  });

  test.concurrent("a route that is there a little later than its node", async () => {
    const later =
      "ip route delete 10.244.2.0/26 && (sleep 2; ip route add 10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink) &";
    expect(await check(atFirst(later))).toEqual(passed);
  });

  test.concurrent("a node that leaves, or has no agent yet: it will look itself", async () => {
    const leaving = second.replace("<none>", "yes");
    expect(await check(drop("udp dport 4789"), { lists: [[first, leaving]] })).toEqual(passed);
    const starting = second.replace("10.244.2.0", "<none>");
    expect(await check(drop("udp dport 4789"), { lists: [[first, starting]] })).toEqual(passed);
  });

  test.concurrent("a node that is dead, also if it dies meanwhile; it is listed as unchecked", async () => {
    const dead = second.replace("True", "Unknown");
    const lists = [[first, second], [first, second], [first, dead]]; // prettier-ignore
    const { status, result } = await check(drop("udp dport 4789"), { lists });
    expect({ status, result }).toEqual({ status: 0, result: { unchecked: ["second"] } });
  });
});

test.concurrent("an answer that comes by another route than Calico's counts for nothing", async () => {
  const fault = "ip route delete 10.244.2.0/26 && ip route add default via 192.0.2.2 dev eth0";
  const stderr = await refusal(atFirst(fault));
  expect(stderr).toContain("Calico has no route from first (192.0.2.1) to pods on second (192.0.2.2)");
  expect(stderr).toContain("[KK863]");
});

test.concurrent(
  "a node whose own agent doesn't start is told; as soon as it has started, it looks for others",
  async () => {
    const without = first.replace("10.244.1.0", "<none>");
    expect(await check("", { lists: [[without, second], [first, second]] })).toEqual(passed); // prettier-ignore
    expect(await refusal("", { lists: [[without, second]] })).toContain("[KK862]");
  },
);

test.concurrent("it goes on no longer than the host is the cluster's", async () => {
  const undone = `${drop("udp dport 4789")}; (sleep 1; rm $DIR/var/lib/kubeadm-kafka/owner) &`;
  expect(await refusal(undone, { patience: 60 })).toBe(
    "first: pod-network: this host is no longer prepared for the cluster [KK731]\n",
  );
});

test.concurrent("many nodes are looked at side by side, sixteen at a time", async () => {
  const numbers = Array.from({ length: 50 }, (_, index) => index + 1);
  const nodes = numbers.map((number) => `node-${number} True <none> 192.0.2.2 10.244.2.${number}`);
  const fault = numbers.map((number) => `ip address add 10.244.2.${number}/32 dev vxlan.calico`).join("; ");
  const ended = await check(fault, { lists: [[first, ...nodes]], timeout: 60 });
  expect(ended).toEqual(passed);
  const counted = JSON.parse(fs.readFileSync(path.join(ended.dir, "connections"), "utf8")) as Record<string, number>;
  expect(counted["all"]).toBe(50);
  expect(counted["most"]).toBeGreaterThan(2);
  expect(counted["most"]).toBeLessThanOrEqual(16);
});

describe("a node that was dead when another one joined", () => {
  const printed = JSON.stringify({ unchecked: ["dead", "gone"] });

  test.concurrent("is warned about as long as it is to be a node, with the command that checks the two", async () => {
    expect(uncheckedWarning("new", printed, ["new", "dead"], "bin/pulumi up again")).toBe(
      "dead gave no sign of life when new joined the pod network, so nobody knows whether packets get through between them. " +
        "Once all of these nodes are Ready: bin/pulumi up again [KK864]",
    );
    expect(uncheckedWarning("new", printed, ["new"], "bin/pulumi up again")).toBeUndefined();
  });
});

test.concurrent(
  "another node changes nothing for one that is there; another address, encapsulation or MTU does",
  async () => {
    const settings = { ...fixed, endpoint: "api.internal", podCidr: "10.244.0.0/16" };
    const inputs = (address = "192.0.2.1", ports = ["udp 4789"], mtu = 0) =>
      JSON.stringify(podNetworkInputs(address, { ...settings, podNetwork: { ports, mtu } }));
    const different = [
      inputs(),
      inputs("192.0.2.9"),
      inputs(undefined, ["tcp 179", "ipip"]),
      inputs(undefined, undefined, 1400),
    ];
    expect(new Set(different).size).toBe(4);
  },
);
